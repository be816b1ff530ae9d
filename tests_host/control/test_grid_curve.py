# SPDX-License-Identifier: MIT
"""Curves: exact at the knots, monotone, deadbands of both styles, hysteresis, the presets."""

from control.grid.curve import OFFSET, STEP, Curve, Play
from control.grid.droop import droop
from control.grid.identity import device_hash, spread, stagger_mhz
from control.grid.presets import MODES, preset
from control.grid.reserve import PM_OF_BASE, Reserve, W


def refused(make, *values):
    """The text of the ValueError that `make` raises."""
    try:
        make(*values)
    except ValueError as error:
        return str(error)
    assert False, values
    return ""


def test_exact_at_unevenly_spaced_knots_and_monotone_between():
    knots = [[49000, -9001], [49001, -9000], [49499, -4567], [49990, 0], [50777, 13]]
    curve = Curve(knots)
    for mhz, value in knots:
        assert curve.at(mhz) == value
    last = -9001
    for mhz in range(48990, 50800):
        assert curve.at(mhz) >= last
        last = curve.at(mhz)
    assert curve.at(10) == -9001 and curve.at(99999) == 13


def test_wrong_curves_are_refused_with_the_knot():
    for knots, word in (
        ([], "expected 2 to 20"),
        ([[1, 1]], "expected 2 to 20"),
        ([[i, i] for i in range(21)], "21 knots"),
        ([[1, 1], [1, 2]], "knot 2"),
        ([[2, 1], [1, 2]], "knot 2"),
        ([[1, "1"], [2, 2]], "knot 1"),
        ([[1, True], [2, 2]], "knot 1"),
        ([[0, 0], [900000, 900000]], "too far"),
        ([[0, 0], [1, 2000000]], "out of range"),
    ):
        assert word in refused(Curve, knots), knots


def test_deadband_as_a_step_and_as_an_offset():
    step = Play(50000, 10, STEP)
    offset = Play(50000, 10, OFFSET)
    for mhz, by_step, by_offset in (
        (50000, 50000, 50000),
        (50010, 50000, 50000),
        (49990, 50000, 50000),
        (50011, 50011, 50001),
        (49900, 49900, 49910),
    ):
        assert step.step(mhz) == by_step and offset.step(mhz) == by_offset


def test_hysteresis_waits_and_then_is_exact():
    play = Play(50000, hysteresis_mhz=5)
    assert play.step(49950) == 49950
    assert play.step(49954) == 49950
    assert play.step(49946) == 49950
    assert play.step(49955) == 49955


def test_droop_of_the_simple_settings():
    line = droop(4000, 200, 10)
    assert line.target_ma(49800) == -4000 and line.target_ma(50200) == 4000
    assert line.target_ma(49990) == 0 and line.target_ma(50010) == 0
    assert line.target_ma(49900) == -2000 and line.target_ma(50100) == 2000
    for mhz in range(49700, 50301):
        assert line.target_ma(mhz) == -line.target_ma(100000 - mhz)
    for values in ((-1, 200, 10), (4000, 0, 0), (4000, 200, 200), (90000, 200, 10)):
        assert "fcr_" in refused(droop, *values)


def test_presets_at_the_operators_own_points():
    for mode, points in (
        ("fcr_n", ((49900, -1000), (49950, -500), (50000, 0), (50050, 500), (50200, 1000))),
        ("fcr_d_up", ((49900, 0), (49700, -500), (49500, -1000), (49000, -1000), (50500, 0))),
        ("fcr_d_down", ((50100, 0), (50300, 500), (50500, 1000), (49000, 0))),
        ("ce", ((49990, -50), (49900, -500), (49800, -1000), (50200, 1000))),
        ("gb_dc", ((49985, 0), (49800, -50), (49650, -525), (49500, -1000), (50350, 525))),
        ("gb_dc_low", ((49650, -525), (50500, 0))),
        ("gb_dm", ((49900, -50), (49800, -1000), (50015, 0))),
        ("gb_dr", ((49800, -1000), (50200, 1000), (50015, 0))),
    ):
        curve = Curve(preset(mode)[0])
        for mhz, value in points:
            assert curve.at(mhz) == value, (mode, mhz, curve.at(mhz))
    assert preset("no_such") is None
    for mode in MODES[:-1]:
        knots = preset(mode)[0]
        curve = Curve(knots)
        for mhz in range(48000, 52001, 7):
            assert (curve.at(mhz) <= 0) if mhz < 50000 else (curve.at(mhz) >= 0)


def test_watts_are_shared_by_the_phases_that_the_car_uses():
    reserve = Reserve(Curve([[49900, -2070], [50100, 2070]]), Play(50000), W)
    assert reserve.target_ma(49900, 3) == -3000
    assert reserve.target_ma(49900, 1) == -9000
    assert reserve.up_ma(2, 0) == 4500 and reserve.down_ma(2, 0) == 4500


def test_per_mille_of_the_baseline():
    reserve = Reserve(Curve([[47300, -1000], [49800, 0]]), Play(50000), PM_OF_BASE)
    assert reserve.target_ma(48550, 3, 10000) == -5000


def test_static_reserve_stays_until_the_frequency_is_back():
    knots, _, static = preset("fcr_d_up_static")
    reserve = Reserve(Curve([[x, y * 4] for x, y in knots]), Play(50000), static=static)
    reserve.step(49700, 3, 0)
    assert reserve.shift_ma == -2000
    reserve.step(49850, 3, 0)
    assert reserve.shift_ma == -2000
    reserve.step(49600, 3, 0)
    assert reserve.shift_ma == -3000
    reserve.step(49901, 3, 0)
    assert reserve.shift_ma == 0


def test_a_device_keeps_its_numbers_and_a_fleet_spreads():
    numbers = [device_hash("GP-%04d" % i) for i in range(200)]
    assert numbers[7] == device_hash("GP-0007")
    offsets = [stagger_mhz(number, 40) for number in numbers]
    assert min(offsets) >= -20 and max(offsets) <= 20
    low = sum(1 for offset in offsets if offset < 0)
    assert 70 <= low <= 130, low
    delays = [spread(number, 1, 300) for number in numbers]
    assert min(delays) < 20 and max(delays) > 280 and 100 < sum(delays) // 200 < 200
    again = [spread(number, 2, 300) for number in numbers]
    assert sum(1 for i in range(200) if again[i] != delays[i]) > 150
