# SPDX-License-Identifier: MIT
"""The ESP32's drivers against a pilot, a mains and interrupts as signals in time."""

from array import array

from tests_host.drivers import fake_esp32

world = fake_esp32.install()

from control.frequency import Frequency  # noqa: E402
from drivers.esp32.burst_sense import BurstSense  # noqa: E402
from drivers.esp32.mains_pcnt import MainsPcnt  # noqa: E402
from drivers.esp32.mains_soft import MainsSoft  # noqa: E402
from drivers.esp32.peak_sense import MicrovoltInput, PeakSense  # noqa: E402
from drivers.esp32.pilot_pwm import PilotPwm, duty_u16  # noqa: E402

RUNTIMES = ("mp",)  # CPython needs its own time module


def pilot(duty_ppm, high_mv, low_mv=-12000, tau_us=4):
    """A square wave with rounded edges behind a divider by 11 around 1300 mV."""

    def uv(at_us):
        phase_us = at_us % 1000
        width_us = duty_ppm / 1000
        high = phase_us < width_us
        to, since = (high_mv, phase_us) if high else (low_mv, phase_us - width_us)
        start = low_mv if high else high_mv
        if duty_ppm >= 1000000:
            start = to = high_mv
        elif duty_ppm <= 0:
            start = to = low_mv
        mv = to + (start - to) * 2.718281828 ** (-since / tau_us)
        return int(1300000 + mv * 1000 / 11)

    return uv


def burst(duty_ppm, high_mv, low_mv=-12000, bursts=6, read_us=48, noise_uv=3000):
    world.signal = pilot(duty_ppm, high_mv, low_mv)
    world.read_us = read_us
    world.noise_uv = noise_uv
    sense = BurstSense(36, 1300, 11)
    results = []
    for _ in range(bursts):
        sense.check()
        results.append((sense.high_mv(), sense.low_mv()))
    return sense, results


def test_burst_finds_both_plateaus_for_every_duty_and_state():
    for duty_ppm in (100000, 166667, 266667, 533333, 850000, 900000):
        for high_mv in (12000, 9000, 6000, 3000, 700):
            for read_us in (25, 35, 48, 50, 58):
                sense, results = burst(duty_ppm, high_mv, read_us=read_us)
                for high, low in results[2:]:
                    assert abs(high - high_mv) < 150, (duty_ppm, high_mv, read_us, results)
                    assert abs(low + 12000) < 150, (duty_ppm, high_mv, read_us, results)


def test_burst_reads_a_missing_diode_and_static_levels():
    assert abs(burst(266667, 6000, -6000)[1][-1][1] + 6000) < 150
    for duty_ppm, level in ((1000000, 9000), (0, -12000)):
        sense, results = burst(duty_ppm, level if duty_ppm else 12000, -12000)
        assert abs(results[-1][0] - level) < 150 and abs(results[-1][1] - level) < 150


def test_burst_takes_no_longer_than_four_milliseconds():
    world.signal = pilot(100000, 9000)
    world.read_us = 48
    sense = BurstSense(36, 1300, 11)
    before = world.us
    sense.check()
    assert 2500 < world.us - before < 4000


def test_burst_believes_a_lost_pwm_only_the_second_time_and_then_at_once():
    sense, results = burst(266667, 6000)
    world.signal = pilot(266667, 0, 0)  # short to earth
    sense.check()
    assert abs(sense.high_mv() - 6000) < 150
    sense.check()
    assert abs(sense.high_mv()) < 150 and abs(sense.low_mv()) < 150


def test_burst_ignores_one_stray_read_at_each_end():
    clean = pilot(266667, 6000)
    count = [0]

    def stray(at_us):
        count[0] += 1
        return {20: 2600000, 40: 100000}.get(count[0] % 60, clean(at_us))

    world.signal = stray
    world.noise_uv = 0
    sense = BurstSense(36, 1300, 11)
    assert sense.stale and sense.high_mv() == 0
    for _ in range(5):
        sense.check()
        assert abs(sense.high_mv() - 6000) < 50 and abs(sense.low_mv() + 12000) < 50


def test_peak_sense_and_microvolts():
    world.noise_uv = 0
    world.signal = lambda at_us: 1300000 + 9000 * 1000 // 11
    sense = PeakSense(36, 39, 1300, 11)
    assert abs(sense.high_mv() - 9000) < 20 and abs(sense.low_mv() - 9000) < 20
    world.signal = lambda at_us: 595000  # 220 ohm against 1 kohm at 3.3 V
    code = MicrovoltInput(34).read_u16()
    assert abs(1000 * code // (65535 - code) - 220) < 3


def test_duty_in_steps_of_ledc():
    for duty_ppm in range(80000, 960001, 4999):
        steps = duty_u16(duty_ppm)
        assert abs(steps * 1000000 / 65535 - duty_ppm) < 16
    output = PilotPwm(25)
    assert world.duty[25] == 65535
    output.drive(1, 266666)
    assert abs(world.duty[25] - 17476) <= 1
    output.drive(2, 0)
    assert world.duty[25] == 0
    output.drive(0, 0)
    assert world.duty[25] == 65535


def frequency_of(mains, hz, cycles, lateness):
    """Run `cycles` of a mains whose interrupts come late; returns the windows' extremes."""
    frequency = Frequency(50000)
    into = array("i", [0] * 16)
    handler = world.handlers[34]
    start = world.us
    errors = []
    for i in range(cycles):
        edge_us = start + int((i + 1) * 1000000 / hz)
        world.us = edge_us + lateness()
        handler(None)
        world.us = max(world.us, edge_us + 12000)
        frequency.step(20, into, mains.take(into), 230000)
        if i > 40 and frequency.slow_mhz:
            errors.append(frequency.slow_mhz - hz * 1000)
    return errors


def test_soft_interrupts_with_late_stamps_still_give_the_frequency_for_droop():
    mains = MainsSoft(34)

    def late():  # 20 to 80 us; each thirtieth one milliseconds
        return 20 + world.chance(60) + (3000 + world.chance(5000) if not world.chance(30) else 0)

    errors = frequency_of(mains, 49.9, 500, late)
    assert len(errors) > 400
    assert max(abs(error) for error in errors) < 12, errors
    assert mains.late > 5
    assert not mains.good_for_ffr


def test_soft_stamps_follow_a_frequency_that_moves_and_a_mains_that_was_gone():
    mains = MainsSoft(34)
    errors = frequency_of(mains, 50.0, 100, lambda: 30)
    assert max(abs(error) for error in errors) <= 1
    world.us += 777777
    errors = frequency_of(mains, 51.0, 150, lambda: 30)
    assert errors and abs(errors[-1]) <= 1


def test_pulse_counter_gives_edges_to_a_microsecond_however_late_it_is_read():
    world.us = 0
    rises = [5000 + int(i * 1000000 / 49.87) for i in range(200)]
    world.mains_edges = tuple(t for us in rises for t in (us, us + 9000))  # 45 % high
    mains = MainsPcnt(34, 18, 19)
    into = array("i", [0] * 16)
    found = []
    while world.us < rises[-1] + 5000:
        mains.look()
        world.wait(3900 + world.chance(3000))  # each look up to 3 ms late
        for i in range(mains.take(into)):
            found.append(into[i])
    gaps = [found[i + 1] - found[i] for i in range(len(found) - 1)]
    assert len(found) > 190
    for gap in gaps:
        periods = (gap + 10000) // 20052
        assert abs(gap - periods * 1000000 / 49.87) <= 2, gap
    assert mains.good_for_ffr and mains.jitter_us == 1


def test_pulse_counter_missed_for_long_leaves_a_gap_and_no_wrong_edge():
    world.us = 0
    rises = [5000 + 20000 * i for i in range(60)]
    world.mains_edges = tuple(t for us in rises for t in (us, us + 10000))
    mains = MainsPcnt(34, 18, 19)
    into = array("i", [0] * 16)
    found = []
    for i in range(240):
        mains.look()
        world.wait(25000 if i == 100 else 4000)
        for k in range(mains.take(into)):
            found.append(into[k])
    assert len(found) >= 45
    for i in range(len(found) - 1):
        assert (found[i + 1] - found[i] + 1) % 20000 <= 2, found
