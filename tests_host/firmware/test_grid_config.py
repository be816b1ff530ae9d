# SPDX-License-Identifier: MIT
"""The "grid" object: one clear error for what is wrong, every service from its defaults."""

from firmware import settings
from firmware.grid_config import build, problem
from firmware.settings import defaults

N = {"mode": "fcr_n", "capacity_ma": 2000}
ALL = {
    "baseline_ma": 13000,
    "fleet": True,
    "pause": True,
    "frequency": {"clock_ppm": -12},
    "fcr": [N, {"mode": "fcr_d_up", "capacity_w": 690}],
    "ffr": {"option": "nordic_a", "capacity_ma": 2000, "support_s": 5},
    "frr": {},
    "volt_watt": {},
    "lfsm": {},
    "ride_through": {},
    "island": {},
    "enter_service": {},
    "random_delay": {},
    "inertia": {"gain_ma": 100},
    "log": {"max_kb": 32},
}


def test_nothing_configured_is_nothing():
    assert build({}, defaults()) is None


def test_all_services_at_once():
    grid = build(ALL, defaults())
    assert len(grid.reserves) == 2 and len(grid.lfsm) == 2
    assert 49490 <= grid.ffr.level_mhz <= 49500  # spread over the fleet, downward only
    assert grid.frr and grid.inertia and grid.arming and grid.pause_allowed
    watch = grid.watch
    assert watch.ride_through and watch.island and watch.enter and watch.random
    assert watch.volt_watt and watch.wants.full_ms == 3900
    assert grid.values["clock_ppm"] == -12 and grid.values["max_kb"] == 32


def test_only_what_is_configured_is_there():
    grid = build({"fcr": [N], "baseline_ma": 13000}, defaults())
    watch = grid.watch
    assert grid.ffr is None and grid.frr is None and grid.inertia is None and not grid.lfsm
    assert watch.island is None and watch.enter is None and watch.volt_watt is None
    grid = build({"fcr": [N], "baseline_ma": 13000, "arming": {"required": False}}, defaults())
    assert grid.arming is None


def test_one_clear_error_for_what_is_wrong():
    for config, words in (
        ([], "grid: expected an object"),
        ({"fcr": N}, "grid.fcr: expected a list"),
        ({"fcr": [N] * 5}, "5 curves"),
        ({"fcs": []}, "grid.fcs: unknown service"),
        ({"fcr": [{"mode": "fcr_m", "capacity_ma": 1}]}, "grid.fcr[0].mode: 'fcr_m': expected"),
        ({"fcr": [{"mode": "fcr_n"}]}, "grid.fcr[0]: expected capacity_ma or capacity_w"),
        ({"fcr": [dict(N, capacity_w=5)]}, "capacity_ma or capacity_w"),
        ({"fcr": [dict(N, capacitty=5)]}, "grid.fcr[0].capacitty: unknown key"),
        ({"fcr": [dict(N, curve=[[1, 1], [2, 2]])]}, "only for mode custom"),
        ({"fcr": [{"curve": [[50100, 0], [49900, 5]], "unit": "ma"}]}, "knot 2"),
        ({"fcr": [{"curve": [[49900, 5], [50000, 0]], "unit": "ma"}]}, "draw less below nominal"),
        ({"fcr": [{"curve": [[49900, -1001], [50000, 0]], "capacity_ma": 9}]}, "-1000 to 1000"),
        (
            {"fcr": [{"curve": [[49900], [50000, 0]], "unit": "ma"}]},
            "knot 1: expected [x, y]",
        ),
        ({"fcr": [{"curve": [[49900, -5]], "unit": "w"}]}, "1 knots"),
        ({"baseline_ma": 5000}, "grid.baseline_ma: 5000"),
        ({"baseline_ma": 17000}, "max_current_ma (16000)"),
        ({"fleet": 1}, "grid.fleet: 1: expected true or false"),
        ({"ffr": {"option": "nordic_d", "capacity_ma": 1}}, "nordic_d"),
        ({"ffr": {"option": "ercot", "capacity_ma": 1}}, "60000 mHz"),
        ({"ffr": {"option": "nordic_a"}}, "capacity"),
        ({"ffr": {"capacity_ma": 100, "level_mhz": 50100}}, "below it"),
        ({"ffr": {"capacity_ma": 100, "levl_mhz": 49700}}, "grid.ffr.levl_mhz: unknown key"),
        ({"ffr": {"capacity_ma": 100, "ready_s": 20}}, "ready_s"),
        ({"ffr": {"capacity_ma": 11000}}, "has room for 10000"),
        ({"fcr": [N], "ffr": {"capacity_ma": 8500}, "baseline_ma": 14000}, "10500 mA to take off"),
        ({"fcr": [dict(N, capacity_ma=4000)], "baseline_ma": 14000}, "4000 mA to add"),
        ({"fcr": [dict(N, capacity_ma=4000)]}, "to add"),
        ({"frr": {"ramp_ma_s": 0}}, "grid.frr.ramp_ma_s: 0"),
        ({"volt_watt": {"curve": [[850, 0], [900, 1500]]}}, "grid.volt_watt"),
        ({"volt_watt": {"curve": [[850], 3]}}, "grid.volt_watt.curve: knot 1"),
        ({"lfsm": {"under_mhz": 50100}}, "grid.lfsm"),
        ({"ride_through": {"curve": [[0, 500], [850, 100]]}}, "grid.ride_through"),
        ({"island": {"low_mhz": 52000}}, "grid.island"),
        ({"enter_service": {"delay_s": -1}}, "grid.enter_service.delay_s: -1"),
        ({"random_delay": {"max_s": 1801}}, "0 to 1800"),
        ({"inertia": {"gain_ma": "1"}}, "grid.inertia.gain_ma"),
        ({"frequency": {"clock_ppm": 300}}, "clock_ppm: 300"),
        ({"log": {"max_kb": 1}}, "max_kb"),
        ({"arming": {"self_test": False}, "fcr": [N], "baseline_ma": 13000}, "response_ms"),
    ):
        wrong = problem(config, defaults())
        assert wrong and words in wrong, (config, wrong)


def test_settings_file_with_a_grid_object():
    made, errors = settings.validate({"grid": {"fcr": [N], "baseline_ma": 13000}})
    assert not errors and made.grid["baseline_ma"] == 13000
    for values, words in (
        ({"grid": 5}, "grid: 5: expected an object"),
        ({"grid": {"ffr": {"option": "x", "capacity_ma": 1}}}, "grid.ffr.option"),
        ({"grid": {"fcr": [N], "baseline_ma": 13000}, "fcr_enabled": True}, "no fcr_enabled"),
        ({"grid": {"baseline_ma": 20000}}, "max_current_ma (16000)"),
    ):
        _, errors = settings.validate(values)
        assert len(errors) == 1 and words in errors[0], (values, errors)


def test_a_fleet_has_staggered_curves_and_a_single_charger_an_exact_one():
    seen = set()
    for i in range(12):
        site = defaults()
        site.device_id = "GP-%04d" % i
        config = {"fcr": [N], "baseline_ma": 13000}
        exact = build(config, site).reserves[0]
        assert exact.target_ma(49900) == -2000 and exact.target_ma(49950) == -1000
        staggered = build(dict(config, fleet=True), site).reserves[0]
        off_ma = staggered.target_ma(49950) + 1000
        assert -520 <= off_ma <= 520  # within half a step of 1 A
        seen.add(off_ma)
    assert len(seen) >= 6, seen
