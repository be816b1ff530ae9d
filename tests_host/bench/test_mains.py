# SPDX-License-Identifier: MIT
"""The grid: interpolation and the times of zero crossings."""

from tools.bench.sim.events import Noise
from tools.bench.sim.mains import Mains


def mains(points, jitter_us=0):
    return Mains(points, jitter_us, Noise(1, 1))


def edges(grid, count):
    return [grid.next_edge_us() for _ in range(count)]


def test_fifty_hertz_has_an_edge_every_twenty_milliseconds():
    grid = mains([[0, 50000, 1000, 1000, 1000]])
    assert edges(grid, 5) == [20000, 40000, 60000, 80000, 100000]


def test_no_drift_at_a_period_that_is_no_whole_number():
    grid = mains([[0, 49993, 1000, 1000, 1000]])
    last = edges(grid, 49993)[-1]
    assert abs(last - 1000000000) <= 25, last  # 49993 cycles at 49.993 Hz are 1000 s


def test_a_ramp_integrates_to_its_mean_frequency():
    # 50 to 49 Hz within 10 s: 495 cycles.
    grid = mains([[0, 50000, 1000, 1000, 1000], [10000, 49000, 1000, 1000, 1000]])
    last = edges(grid, 495)[-1]
    assert abs(last - 10000000) < 30, last


def test_jitter_is_bounded_centred_and_does_not_accumulate():
    grid = mains([[0, 50000, 1000, 1000, 1000]], jitter_us=5)
    errors = [at - 20000 * (k + 1) for k, at in enumerate(edges(grid, 5000))]
    assert min(errors) >= -5
    assert max(errors) <= 5
    assert len(set(errors)) > 5
    assert abs(sum(errors)) < 5000


def test_frequency_and_voltages_between_points():
    grid = mains([[0, 50000, 1000, 900, 0], [1000, 49800, 900, 1000, 100]])
    grid.update(500000)
    assert grid.mhz == 49900
    assert grid.v_pm == [950, 950, 50]
    assert grid.v_mv == [218500, 218500, 11500]
    grid.update(5000000)  # the last point holds
    assert grid.mhz == 49800
    assert grid.v_pm == [900, 1000, 100]


def test_edges_vanish_with_the_voltage():
    grid = mains([[0, 50000, 1000, 1000, 1000]])
    assert grid.edges_seen()
    grid.override(v_pm=290)
    grid.update(0)
    assert not grid.edges_seen()


def test_override_holds_until_follow():
    grid = mains([[0, 50000, 1000, 1000, 1000]])
    grid.override(mhz=49000)
    grid.update(1000000)
    assert grid.mhz == 49000
    assert grid.v_pm[0] == 1000
    grid.follow_trace()
    grid.update(1020000)
    assert grid.mhz == 50000


def test_a_grid_without_points_is_refused():
    try:
        mains([])
        refused = False
    except ValueError as error:
        refused = "grid.points" in str(error)
    assert refused
