# SPDX-License-Identifier: MIT
"""Frequency by least squares, its validity, and the droop curve."""

from array import array

from control.frequency import Frequency
from control.grid.droop import Droop

BUFFER = array("i", [0] * 16)


def run(meter, mhz, cycles, start_us=0, mv=230000, jitter=()):
    """Feed `cycles` edges at `mhz`, in 10 ms steps; returns the time of the last edge."""
    period_ns = 1000000000000 // mhz
    count = 0
    step_ms = 0
    at_us = start_us
    while count < cycles:
        step_ms += 10
        found = 0
        while count < cycles and (count + 1) * period_ns // 1000 <= step_ms * 1000:
            count += 1
            at_us = start_us + count * period_ns // 1000
            if jitter:
                at_us += jitter[count % len(jitter)]
            BUFFER[found] = at_us & 0x3FFFFFFF
            found += 1
        meter.step(10, BUFFER, found, mv)
    return at_us


def test_both_windows_within_a_millihertz_across_the_wrap():
    for mhz in (47500, 49000, 49800, 49990, 50000, 50013, 50200, 51500):
        meter = Frequency()
        run(meter, mhz, 60, start_us=(1 << 30) - 600000)
        assert meter.valid
        assert abs(meter.slow_mhz - mhz) <= 1, (mhz, meter.slow_mhz)
        assert abs(meter.fast_mhz - mhz) <= 2, (mhz, meter.fast_mhz)


def test_sixty_hertz():
    meter = Frequency(60000)
    run(meter, 59950, 60)
    assert meter.valid and abs(meter.slow_mhz - 59950) <= 1


def test_jitter_of_5_us_stays_below_2_mhz_in_the_slow_window():
    meter = Frequency()
    run(meter, 49900, 200, jitter=(5, -5, -4, 3, 5, -2, 0))
    assert abs(meter.slow_mhz - 49900) <= 2


def test_fast_window_is_there_after_5_cycles_and_slow_after_25():
    meter = Frequency()
    run(meter, 50000, 6)
    assert meter.fast_mhz and not meter.valid
    meter = Frequency()
    run(meter, 50000, 26)
    assert meter.valid


def test_below_half_voltage_it_is_invalid_though_edges_go_on():
    meter = Frequency()
    end = run(meter, 50000, 60)
    assert meter.valid
    run(meter, 50000, 2, start_us=end, mv=114999)
    assert not meter.valid and meter.slow_mhz == 0 and meter.fast_mhz == 0


def test_silence_for_200_ms_makes_it_invalid():
    meter = Frequency()
    run(meter, 50000, 60)
    for _ in range(19):
        meter.step(10, BUFFER, 0, 230000)
    assert meter.valid
    meter.step(10, BUFFER, 0, 230000)
    assert not meter.valid


def test_a_missing_edge_is_no_frequency():
    meter = Frequency()
    end = run(meter, 50000, 60)
    run(meter, 50000, 3, start_us=end + 20000)
    assert not meter.valid


def test_curve_exact_at_the_knots_and_monotone():
    droop = Droop(4000, 200, 10)
    assert droop.target_ma(49800) == -4000
    assert droop.target_ma(50200) == 4000
    assert droop.target_ma(49700) == -4000
    assert droop.target_ma(49990) == 0 and droop.target_ma(50010) == 0
    assert droop.target_ma(49900) == -2000 and droop.target_ma(50100) == 2000
    last = -4000
    for mhz in range(49700, 50301):
        assert droop.target_ma(mhz) >= last
        assert droop.target_ma(mhz) == -droop.target_ma(100000 - mhz)
        last = droop.target_ma(mhz)


def test_invalid_frequency_freezes_1_s_then_walks_to_the_baseline():
    droop = Droop(4000, 200, 10)
    droop.step(10, 49800, True)
    assert droop.shift_ma == -4000
    for _ in range(99):
        droop.step(10, 0, False)
    assert droop.shift_ma == -4000
    for _ in range(500):
        droop.step(10, 0, False)
    assert droop.shift_ma == 0


def test_wrong_curves_are_refused():
    for values in ((-1, 200, 10), (4000, 0, 0), (4000, 200, 200), (90000, 200, 10)):
        try:
            Droop(*values)
        except ValueError as error:
            assert "fcr_" in str(error)
        else:
            assert False, values
