# SPDX-License-Identifier: MIT
"""The fast reserve latch: trips in time and on nothing else, holds, lets go, is ready again."""

from array import array

from control.frequency import Frequency
from control.grid import ffr
from tests_host.control.grid_rig import latch

STATES = ffr.NAMES


class Mains:
    """What a Frequency would say."""

    def __init__(self):
        self.fast_mhz = self.median_mhz = 50000
        self.noise_mhz = 0
        self.steady = True
        self.updates = 0
        self.sober = 0

    def sober_mhz(self, _over):
        return self.sober or self.median_mhz

    def at(self, mhz, median=0):
        self.fast_mhz = mhz
        self.median_mhz = median or mhz
        return self


def run(unit, mains, ms, armed=True, capacity_ma=4000):
    """Steps of 10 ms, a new window each 20 ms."""
    for i in range(ms // 10):
        if i & 1 == 0:
            mains.updates += 1
        unit.step(10, mains, armed, capacity_ma)


def tripped(**changes):
    unit = latch(**changes)
    mains = Mains()
    run(unit, mains, 1200)
    run(unit, mains.at(49650), 60)
    assert unit.latched and unit.shift_ma == -4000
    return unit, mains


def test_waits_while_eight_cycles_without_the_oddest_do_not_agree():
    unit = latch()
    mains = Mains()
    run(unit, mains, 1200)
    mains.sober = 49720
    run(unit, mains.at(49690), 200)
    assert not unit.latched
    mains.sober = 49700
    run(unit, mains, 20)
    assert unit.latched


JITTER_US = (7, -8, 2, 9, -6, -10, 6, 0, -3, 4, -7)


def phase_step(distance_mhz, step_us, at_cycle=120, sober=True):
    """Activations of option C by one phase step so far above its level."""
    unit = latch()
    meter = Frequency()
    if not sober:
        meter.sober_mhz = lambda _over: 0
    mhz = 49700 + distance_mhz
    period_ns = 1000000000000 // mhz
    buffer = array("i", [0])
    for cycle in range(160):
        at_us = cycle * period_ns // 1000
        if cycle >= at_cycle:
            at_us += step_us
        buffer[0] = at_us + JITTER_US[cycle % 11]
        meter.step(10, buffer, 1, 230000)
        unit.step(10, meter, cycle > 110, 4000)
        meter.step(10, buffer, 0, 230000)
        unit.step(10, meter, cycle > 110, 4000)
    return unit.trips


def test_a_phase_step_just_above_the_level_is_no_crossing():
    for step_us in (50, 60, 70, 80, 100, 150, 300, 555):
        for at_cycle in range(120, 131):
            assert phase_step(20, step_us, at_cycle) == 0, (step_us, at_cycle)
    # Without that opinion some of them are.
    assert sum(phase_step(20, 70, at_cycle, False) for at_cycle in range(120, 131))


def test_trips_in_the_third_window_below_the_level():
    unit = latch()
    mains = Mains()
    run(unit, mains, 1200)
    run(unit, mains.at(49699), 40)
    assert not unit.latched
    run(unit, mains, 10)
    assert unit.latched and unit.trips == 1


def test_at_the_level_it_does_not_trip():
    unit = latch()
    run(unit, Mains().at(49700), 5000)
    assert unit.trips == 0


def test_two_windows_or_a_jump_or_a_median_that_disagrees_do_not_trip():
    unit = latch()
    mains = Mains()
    run(unit, mains, 1200)
    for _ in range(5):
        run(unit, mains.at(49000), 40)
        run(unit, mains.at(50000), 20)
    mains.steady = False
    run(unit, mains.at(49000), 1000)
    mains.steady = True
    run(unit, mains.at(49650, median=49990), 1000)
    assert unit.trips == 0


def test_not_armed_does_not_trip_and_arming_while_low_neither():
    unit = latch()
    mains = Mains()
    run(unit, mains.at(49600), 1000, armed=False)
    run(unit, mains, 1000)
    assert unit.trips == 0
    run(unit, mains.at(50000), 1100)
    run(unit, mains.at(49600), 60)
    assert unit.trips == 1


def test_support_30_s_then_20_percent_a_second_then_buffer_and_recovery():
    unit, mains = tripped()
    mains.at(49950)
    run(unit, mains, 29000)
    assert unit.latched and unit.recover_ma == 0
    run(unit, mains, 2000)
    assert not unit.latched and -3600 <= unit.shift_ma <= -2800
    before = unit.shift_ma
    run(unit, mains, 1000)
    assert 780 <= unit.shift_ma - before <= 820
    run(unit, mains, 4000)
    assert unit.shift_ma == 0 and STATES[unit.state] == "buffer" and unit.recover_ma == 0
    run(unit, mains, 10000)
    assert STATES[unit.state] == "recovery" and unit.recover_ma == 1000
    run(unit, mains, 900000 - 46000)
    assert STATES[unit.state] == "waiting" and unit.recover_ma > 80000


def test_support_5_s():
    unit, mains = tripped(support_ms=5000)
    run(unit, mains.at(49900), 4900)
    assert unit.latched
    run(unit, mains, 200)
    assert not unit.latched


def test_ready_again_after_the_buffer_and_when_the_frequency_was_good():
    unit, mains = tripped(support_ms=5000)
    run(unit, mains, 30000)
    assert STATES[unit.state] == "recovery" and not unit.ready()
    run(unit, mains, 30000)
    assert unit.trips == 1  # still low: the same event
    run(unit, mains.at(49950), 1100)
    assert unit.ready()
    run(unit, mains.at(49600), 60)
    assert unit.trips == 2 and unit.latched


def test_over_frequency_adds():
    unit = latch("australia_l1")
    mains = Mains()
    run(unit, mains, 1200)
    run(unit, mains.at(50200), 60)
    assert unit.shift_ma == 4000 and unit.latched


def test_without_a_frequency_it_lets_go_by_the_ramp():
    unit, _ = tripped()
    unit.abort()
    for _ in range(490):
        unit.idle(10)
    assert -200 < unit.shift_ma < 0
    for _ in range(20):
        unit.idle(10)
    assert unit.shift_ma == 0


def test_times_that_contradict_each_other_are_refused():
    try:
        latch(ready_ms=10000)
    except ValueError as error:
        assert "ready_s" in str(error)
    else:
        assert False


def test_options_have_the_operators_levels_and_times():
    for name, level, full in (
        ("nordic_a", 49500, 700),
        ("nordic_b", 49600, 1000),
        ("nordic_c", 49700, 1300),
        ("ercot", 59850, 250),
        ("ireland", 49800, 2000),
    ):
        unit = latch(name)
        assert unit.level_mhz == level and unit.full_ms == full
