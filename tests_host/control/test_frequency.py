# SPDX-License-Identifier: MIT
"""Frequency by least squares, its validity, and what may not disturb it."""

from array import array

from control.frequency import Frequency

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


def test_one_missing_edge_is_bridged_and_two_are_no_frequency():
    meter = Frequency()
    end = run(meter, 49900, 60)
    run(meter, 49900, 30, start_us=end + 20040)
    assert meter.valid and meter.repairs == 1
    assert abs(meter.slow_mhz - 49900) <= 1, meter.slow_mhz
    run(meter, 49900, 3, start_us=end + 30 * 20040 + 20040 * 3)
    assert not meter.valid


def test_a_second_edge_within_a_cycle_is_ignored():
    meter = Frequency()
    end = run(meter, 50000, 60)
    BUFFER[0] = (end + 300) & 0x3FFFFFFF
    meter.step(10, BUFFER, 1, 230000)
    run(meter, 50000, 20, start_us=end)
    assert meter.valid and meter.slow_mhz == 50000 and meter.fast_mhz == 50000


def worst(meter, base_mhz, at_us, cycles, mhz, mhz_range):
    """Feed cycles and widen the list [lowest fast, highest fast]."""
    for _ in range(cycles):
        at_us = run(meter, mhz, 1, start_us=at_us)
        if meter.fast_mhz:
            mhz_range[0] = min(mhz_range[0], meter.fast_mhz)
            mhz_range[1] = max(mhz_range[1], meter.fast_mhz)
    return at_us


def test_a_phase_step_of_10_degrees_is_no_frequency():
    for step_us in (555, -555, 400, -333):
        meter = Frequency()
        end = run(meter, 50000, 60)
        seen = [99999, 0]
        worst(meter, 50000, end + step_us, 40, 50000, seen)
        assert meter.valid and meter.repairs == 1
        assert seen[0] >= 49995 and seen[1] <= 50005, (step_us, seen)


def test_a_small_phase_step_moves_the_fast_window_but_not_the_median():
    meter = Frequency()
    end = run(meter, 50000, 60)
    at_us = end + 100
    lowest = 99999
    for _ in range(30):
        at_us = run(meter, 50000, 1, start_us=at_us)
        assert abs(meter.median_mhz - 50000) <= 3
        lowest = min(lowest, meter.fast_mhz)
    assert lowest < 49970  # that is why the latch wants the median to agree


def test_the_sober_frequency_is_what_it_was_before_a_phase_step():
    for step_us in (60, 110, -60, -110):
        meter = Frequency()
        end = run(meter, 49800, 60)
        end = run(meter, 49800, 1, start_us=end + step_us)
        fakes = []
        for _ in range(8):
            assert abs(meter.sober_mhz(step_us < 0) - 49800) <= 2, step_us
            end = run(meter, 49800, 1, start_us=end)
            fakes.append(abs(meter.fast_mhz - 49800))
        assert max(fakes) > 30
    meter.inject(49000, 1000)
    run(meter, 49800, 1, start_us=end)
    assert meter.sober_mhz(False) == 49000


def test_one_bad_cycle_is_repaired():
    meter = Frequency()
    end = run(meter, 50000, 60)
    end = run(meter, 48600, 1, start_us=end)
    seen = [99999, 0]
    worst(meter, 50000, end, 40, 50000, seen)
    assert seen[0] >= 49995 and meter.valid


def test_one_displaced_edge_is_repaired():
    meter = Frequency()
    end = run(meter, 50000, 60)
    run(meter, 50000, 1, start_us=end + 700)
    seen = [99999, 0]
    worst(meter, 50000, end + 20000, 40, 50000, seen)
    assert seen[0] >= 49995 and seen[1] <= 50005 and meter.valid


def ramp(meter, mhz_s, cycles, at_us, mhz=50000):
    """Cycles of a frequency that moves by mhz_s; returns (end, frequency at the end)."""
    micro = mhz * 1000
    for _ in range(cycles):
        micro += mhz_s * 20
        at_us = run(meter, micro // 1000, 1, start_us=at_us)
    return at_us, micro // 1000


def test_rate_of_change_over_500_ms():
    for mhz_s in (0, 240, -240, 1000, -2500, 2500):
        meter = Frequency()
        end = run(meter, 50000, 60)
        ramp(meter, mhz_s, 40, end)
        assert abs(meter.rocof_mhz_s - mhz_s) <= 20 + abs(mhz_s) // 20, (
            mhz_s,
            meter.rocof_mhz_s,
        )


def test_on_a_ramp_the_droop_follows_closely_and_does_not_saw():
    for mhz_s in (-240, 1000):
        meter = Frequency()
        end = run(meter, 50000, 60)
        assert meter.mhz == meter.slow_mhz and not meter.moving
        mhz, lags = 50000, []
        for _ in range(60):
            end, mhz = ramp(meter, mhz_s, 1, end, mhz)
            lags.append(abs(meter.mhz - mhz) * 1000 // abs(mhz_s))
        assert meter.moving
        assert max(lags[20:]) <= 110, (mhz_s, lags)  # ms behind; the slow window is 250
        assert abs(meter.slow_mhz - mhz) * 1000 // abs(mhz_s) > 200


def test_after_a_step_droop_is_there_within_nine_cycles_and_stays():
    for step_mhz, cycles in ((-50, 7), (50, 7), (-100, 6), (200, 6), (20, 10), (-20, 10)):
        meter = Frequency()
        end = run(meter, 50000, 150, jitter=(3, -4, 0, 5, -2, -5, 4, 1))
        after = []
        for _ in range(60):
            end = run(meter, 50000 + step_mhz, 1, start_us=end)
            after.append(meter.mhz - 50000)
        # No step back to an older window: from then on it never loses a tenth of it again.
        for value in after[cycles:]:
            assert abs(value - step_mhz) * 10 <= abs(step_mhz) + 20, (step_mhz, after)
        assert not meter.moving and meter.mhz == meter.slow_mhz, step_mhz


def test_on_a_calm_grid_the_window_of_droop_stays_long():
    meter = Frequency()
    end = run(meter, 50000, 150, jitter=(5, -5, -4, 3, 5, -2, 0))
    for _ in range(200):
        end = run(meter, 50000, 7, start_us=end, jitter=(5, -5, -4, 3, 5, -2, 0))
        assert not meter.moving


def test_a_small_phase_step_does_not_cut_the_window():
    for step_us in (50, -50, 100, -110):
        meter = Frequency()
        end = run(meter, 50000, 60)
        end = run(meter, 50000, 1, start_us=end + step_us)
        for _ in range(40):
            end = run(meter, 50000, 1, start_us=end)
            assert abs(meter.mhz - 50000) <= 18, (step_us, meter.mhz)


def test_own_switching_blanks_the_fast_window_for_60_ms():
    meter = Frequency()
    end = run(meter, 50000, 60)
    assert meter.steady
    meter.blank()
    end = run(meter, 50000, 2, start_us=end)
    assert not meter.steady and meter.valid
    run(meter, 50000, 3, start_us=end)
    assert meter.steady


def test_the_clock_can_be_trimmed():
    meter = Frequency()
    meter.trim(40)  # fast by 40 ppm: it counts too many microseconds
    run(meter, 50000, 60)
    assert meter.slow_mhz == 50002
    try:
        meter.trim(201)
    except ValueError as error:
        assert "clock_ppm" in str(error)
    else:
        assert False


def test_injected_frequency_replaces_the_measured_one_for_its_time():
    meter = Frequency()
    end = run(meter, 50000, 60)
    meter.inject(49650, 1000)
    end = run(meter, 50000, 40, start_us=end)
    assert meter.valid and meter.fast_mhz == 49650 and meter.mhz == 49650
    run(meter, 50000, 20, start_us=end)
    assert meter.mhz == 50000
    try:
        meter.inject(30000, 1000)
    except ValueError as error:
        assert "30000" in str(error)
    else:
        assert False
