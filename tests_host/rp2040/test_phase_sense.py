# SPDX-License-Identifier: MIT
"""The pilot's sampling on an emulated RP2040: when it converts and what it reads."""

import pytest

from tests_host.rp2040.chip import Chip
from tests_host.rp2040.emulate import emulate, why_not

needs_emulator = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def code(cp_mv):
    """ADC code of a pilot level on a converter with the wide codes of the RP2040."""
    ideal = (1650 + cp_mv / 8) / 3300 * 4128
    for wide in (512, 1536, 2560, 3584):
        ideal = ideal if ideal <= wide else max(wide, ideal - 8)
    return int(ideal)


def build(chip, duty_pin=13, duty_ns=None):
    pilot = chip.load("drivers.pilot_pwm").PilotPwm(2)
    if duty_ns is not None:
        pilot.drive(1, duty_ns)
    sense = chip.load("drivers.rp2.phase_sense").PhaseSense(
        2, 26, 28, 1650, 8, slices=(5, 3, 4), duty_pin=duty_pin
    )
    return pilot, sense


def world(high_mv=6000, low_mv=-12000):
    return {
        "cp": {"pwm_pin": 2, "tau_us": 4, "high": code(high_mv), "low": code(low_mv)},
        "pp": 730,
        "loop": [2, 13],
    }


def run(duty_ns, run_us=20500, high_mv=6000, low_mv=-12000):
    chip = Chip()
    _, sense = build(chip, duty_ns=duty_ns)
    seen = emulate(chip, [(chip.writes, run_us, [])], **world(high_mv, low_mv))
    sense.check()
    return sense, seen


@needs_emulator
@pytest.mark.parametrize("duty_ns", [80000, 100000, 266667, 533333, 960000])
def test_conversions_begin_in_phase_with_the_pilot_in_each_period(duty_ns):
    _, seen = run(duty_ns)
    rises = [us for us, high in seen["edges"] if high]
    first, period = rises[1], 999.998
    for channel, at_us in ((0, 40), (2, 500), (0, 990)):
        phases = [
            (us - first) % period
            for number, us in seen["conversions"]
            if number == channel and abs((us - first) % period - at_us) < 20
        ]
        assert len(phases) in (20, 21), (channel, at_us, seen["conversions"][:6])
        assert max(phases) - min(phases) < 0.05
        assert abs(phases[0] - at_us) < 0.1
    assert len(seen["conversions"]) in range(61, 64)  # and none besides


@needs_emulator
@pytest.mark.parametrize("duty_ns", [80000, 100000, 266667, 533333, 850000, 960000])
@pytest.mark.parametrize("high_mv", [9000, 6000, 3000])
def test_both_plateaus_and_the_duty_are_read_back(duty_ns, high_mv):
    sense, _ = run(duty_ns, high_mv=high_mv)
    assert not sense.stale
    assert abs(sense.high_mv() - high_mv) <= 15
    assert abs(sense.low_mv() + 12000) <= 25
    assert abs(sense.duty_ppm() - duty_ns) <= 40  # two counts of 15 ns, rounded twice


@needs_emulator
def test_static_levels_read_the_same_on_both_plateaus():
    chip = Chip()
    pilot, sense = build(chip)
    first = list(chip.writes)
    chip.writes.clear()
    pilot.drive(2, 0)
    # Five periods are enough: the newest samples count, not the older ones in the ring.
    emulate(chip, [(first, 20500, []), (list(chip.writes), 5500, [])], **world(12000))
    sense.check()
    assert abs(sense.high_mv() + 12000) <= 15 and abs(sense.low_mv() + 12000) <= 25
    chip.writes.clear()
    pilot.drive(0, 0)
    emulate(chip, [(first, 20500, []), (list(chip.writes), 20500, [])], **world(12000))
    assert abs(sense.high_mv() - 12000) <= 15 and abs(sense.low_mv() - 12000) <= 15


@needs_emulator
def test_a_new_duty_is_taken_at_the_period_without_a_glitch():
    chip = Chip()
    pilot, sense = build(chip, duty_ns=100000)
    first = list(chip.writes)
    chip.writes.clear()
    pilot.drive(1, 533333)
    seen = emulate(chip, [(first, 10300, []), (list(chip.writes), 10300, [])], **world())
    edges = seen["edges"]
    widths = {
        round(edges[i + 1][0] - edges[i][0]) for i in range(1, len(edges) - 1) if edges[i][1]
    }
    assert widths == {100, 533}
    assert abs(sense.duty_ppm() - 533333) <= 40


@needs_emulator
def test_proximity_comes_from_the_same_converter():
    sense, _ = run(100000)
    ohm = 1000 * sense.read_u16() // (65535 - sense.read_u16())
    assert abs(sense.read_u16() / 65535 - (730 + 12) / 4128) < 0.002
    assert 215 < ohm < 225


@needs_emulator
def test_samples_that_stand_still_are_not_believed():
    sense, _ = run(266667)
    sense.check()
    sense.check()
    assert not sense.stale
    sense.check()
    assert sense.stale
    assert sense.high_mv() == 0 and sense.low_mv() == 0


def test_without_a_sample_yet_the_pilot_reads_a_fault():
    _, sense = build(Chip())
    assert sense.stale and sense.high_mv() == 0


def test_without_a_comparator_there_is_no_duty_and_one_channel_less():
    chip = Chip(free_channels=6)
    _, sense = build(chip, duty_pin=-1)
    assert sense.duty_ppm() == -1


@pytest.mark.parametrize("wrong", [{"duty_pin": 12}, {"cp_pin": 5}])
def test_wrong_pins_are_refused(wrong):
    chip = Chip()
    chip.load("drivers.pilot_pwm").PilotPwm(2)
    module = chip.load("drivers.rp2.phase_sense")
    values = {"pwm_pin": 2, "cp_pin": 26, "pp_pin": 28, "duty_pin": 13, **wrong}
    with pytest.raises(ValueError, match="expected"):
        module.PhaseSense(offset_mv=1650, ratio=8, slices=(5, 3, 4), **values)


def test_too_few_channels_are_an_oserror():
    with pytest.raises(OSError):
        build(Chip(free_channels=6))


def test_each_request_line_paces_one_channel_only():
    chip = Chip()
    build(chip)
    lines = [
        chip.memory[0x50000010 + 0x40 * channel] >> 15 & 0x3F for channel in range(chip.channels)
    ]
    paced = [line for line in lines if line != 0x3F]
    assert sorted(paced) == [24 + 3, 24 + 4, 24 + 5]


@needs_emulator
def test_after_stop_nothing_converts_and_the_pilot_stays():
    chip = Chip()
    pilot, sense = build(chip, duty_ns=100000)
    first = list(chip.writes)
    chip.writes.clear()
    pilot.drive(0, 0)
    sense.stop()
    seen = emulate(chip, [(first, 10300, []), (list(chip.writes), 10000, [])], **world())
    assert seen["conversions"] and max(us for _, us in seen["conversions"]) < 10310
    assert max(us for us, _ in seen["edges"]) < 11400 and seen["edges"][-1][1] == 1
    assert sense.high_mv() == 0
