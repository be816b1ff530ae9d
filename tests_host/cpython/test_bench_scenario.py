# SPDX-License-Identifier: MIT
"""A wrong scenario is found before the run, with one line: file, key, what was expected."""

from pathlib import Path

import pytest

from tools.bench import controls, grid_input, vehicles
from tools.bench.__main__ import main
from tools.bench.errors import ScenarioError
from tools.bench.scenario import load, parse

SHIPPED = sorted((Path(__file__).parents[2] / "tools" / "bench" / "scenarios").glob("*.toml"))


def test_nothing_but_a_duration_is_a_scenario():
    scenario = parse("duration_s = 60\n")
    assert scenario.duration_ms == 60000
    assert scenario.points == [[0, 50000, 1000, 1000, 1000]]
    assert scenario.csms == "none"
    assert [event["do"] for event in scenario.events] == ["plug"]
    assert scenario.events[0]["vehicle"] == vehicles.car("three_phase_16")


def test_even_the_duration_is_optional():
    assert parse("").duration_ms == 600000


WRONG = [
    ("[[event]]\ndo = 'unplug'", "event[1].at_s: missing, expected seconds, or when"),
    ("[[event]]\ndo = 'unplug'\nat_s = 1\nnth = 2", "event[1].nth: needs when"),
    ("[[event]]\ndo = 'unplug'\nat_s = 1\nwhen = 'rcd:1'", "expected at_s or when, not both"),
    ("[[event]]\ndo = 'unplug'\nwhen = 'moving'", "when: expected text like phases:moving"),
    ("[[event]]\ndo = 'unplug'\nwhen = 'phase:moving'", 'did you mean "phases"'),
    ("[[event]]\ndo = 'unplug'\nwhen = 'phases:movin'", 'did you mean "moving"'),
    ("[[event]]\ndo = 'temperature'\nat_s = 1\nc = 300", "c: expected degrees Celsius"),
    ("duration_s = 'x'", "duration_s: expected a number"),
    ("duration_s = 0", "duration_s: expected a number from 0.1"),
    ("duration_s = true", "duration_s: expected a number"),
    ("seed = 1.5", "seed: expected a whole number"),
    ("durations = 3", 'durations: unknown key (did you mean "duration_s"?)'),
    ("[grid]\njiter_us = 3", 'grid.jiter_us: unknown key (did you mean "jitter_us"?)'),
    ("[grid]\ntrace = 'no.csv'", "grid.trace: no.csv: No such file"),
    ("[grid]\ntrace = 3", "grid.trace: expected text"),
    ("[grid]\ntrace_to_s = 3", "grid.trace_to_s: needs grid.trace"),
    ("[grid]\nbreakpoints = 3", "grid.breakpoints: expected a list"),
    ("[grid]\nbreakpoints = [[0, 50], [5]]", "grid.breakpoints: entry 2: expected [t_s, hz]"),
    ("[grid]\nbreakpoints = [[0, 5]]", "entry 1: frequency 5 Hz: expected 40 to 70"),
    ("[grid]\nbreakpoints = [[5, 50], [4, 50]]", "time 4 s comes after 5 s"),
    ("[grid]\nbreakpoints = [[0, 50]]\ntrace = 'x'", "expected trace or breakpoints, not both"),
    ("grid = 3", "grid: expected a [grid] table"),
    ("[vehicle]\nmodel = 'zoee'", "vehicle.model: unknown car 'zoee', expected one of"),
    ("[vehicle]\nmodel = 'zoee'", 'did you mean "zoe"?'),
    ("[vehicle]\nmax_am = 3", 'vehicle.max_am: unknown field (did you mean "max_ma"?)'),
    ("[vehicle]\nphases = 4", "vehicle.phases: expected a whole number from 1 to 3, got 4"),
    ("[vehicle]\nwakes_on = 'x9'", "vehicle.wakes_on: expected one of x2, f, cp_break, none"),
    ("[board]\nsupply = 'sun'", 'board.supply: expected "mains" or "backup"'),
    ("[csms]\nembedded = 3", "csms.embedded: expected true or false"),
    ("[csms]\nblocked = 'x'", "csms.blocked: expected a list"),
    ("[csms]\ntransport = 'tls'", 'csms.transport: expected "ws" or "wss", got \'tls\''),
    ("[[csms.action]]\ndo = 'reset'", "csms.action[1].at_s: missing"),
    ("[[csms.action]]\nat_s = 1\ndo = 'resett'", "csms.action[1].do:"),
    ("[[csms.action]]\nat_s = 1\ndo = 'remote_start'", "csms.action[1].id_tag: missing"),
    ("[[event]]\ndo = 'unplug'", "event[1].at_s: missing"),
    ("[[event]]\nat_s = 1\ndo = 'fly'", "event[1].unknown command 'fly': expected one of plug"),
    ("[[event]]\nat_s = 1", "event[1].do: missing"),
    ("[[event]]\nat_s = 1\ndo = 'ready'", "event[1].on: missing, ready needs it"),
    ("[[event]]\nat_s = 1\ndo = 'fault'\nname = 'diod'\non = true", 'did you mean "diode"?'),
    ("[[event]]\nat_s = 1\ndo = 'grid'", "grid: expected mhz, v_pu or follow"),
    ("[[event]]\nat_s = 1\ndo = 'grid'\nmhz = 50", "mhz: expected a whole number from 40000"),
    ("[[event]]\nat_s = 1\ndo = 'tap'\nid_tag = ''", "id_tag: expected 1 to 20 ASCII"),
    ("[[event]]\nat_s = 1\ndo = 'plug'\nvehicle = 'bus'", "vehicle.model: unknown car 'bus'"),
    ("[[event]]\nat_s = 1\ndo = 'state'", "unknown command 'state'"),
    ("[firmware]\nmax_current_ma = 'x'", "[firmware] max_current_ma"),
    ("[firmware]\nmax_curent_ma = 16000", "[firmware] max_curent_ma"),
    ("[expect]\nfalt = 'rcd'", 'expect.falt: unknown key (did you mean "fault"?)'),
    ("[[expect.at]]\nstate = 'B1'", "expect.at[1].t_s: expected seconds"),
    ("[expect.final]\nstates = 'B1'", "expect.final.states: unknown key"),
    ("[[expect.edge]]\nsignal = 'contacter'\nvalue = 1", "expect.edge[1].signal: unknown signal"),
    ("[[expect.edge]]\nsignal = 'contactor'", "expect.edge[1].value: missing"),
    ("a = [", "not TOML:"),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_wrong_scenario(text, expected):
    with pytest.raises(ScenarioError) as caught:
        parse(text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_ends_with_2_and_one_line(tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text("duration_s = -3\n")
    assert main(["run", str(path), "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert str(path) in captured.err
    assert "duration_s" in captured.err
    assert not (tmp_path / "out").exists()


def test_a_missing_file_ends_with_2(tmp_path, capsys):
    assert main(["run", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: cannot be read" in capsys.readouterr().err


def test_toml_errors_tell_the_line(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("duration_s = 3\nseed = = 4\n")
    with pytest.raises(ScenarioError, match="line 2"):
        load(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_good(path):
    scenario = load(path)
    assert scenario.title != path.stem.replace("_", " "), "a shipped scenario says what it shows"
    assert all(event.get("at_ms", 0) <= scenario.duration_ms for event in scenario.events)


def test_trace_in_straight_lines_with_window_and_lost_samples(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text(
        "t_s,note,f_hz,v_l1_pu,v_l2_pu,v_l3_pu\n"
        "0,a,50.0,1.0,1.0,1.0\n10,b,49.8,0.9,1.0,1.1\n15,c,nan,nan,nan,nan\n20,d,50.2,1,1,1\n"
    )
    assert grid_input.from_csv(path) == [
        [0, 50000, 1000, 1000, 1000], [10000, 49800, 900, 1000, 1100],
        [20000, 50200, 1000, 1000, 1000],
    ]  # fmt: skip
    assert grid_input.from_csv(path, 5, 12) == [
        [0, 49900, 950, 1000, 1050], [5000, 49800, 900, 1000, 1100],
        [7000, 49880, 920, 1000, 1080],
    ]  # fmt: skip


def test_trace_repeats_to_the_end():
    points = grid_input.repeat([[0, 50000, 1, 1, 1], [8000, 49900, 1, 1, 1]], 25000)
    assert [item[0] for item in points] == [0, 8000, 10000, 18000, 20000, 28000]


def test_bad_traces_name_the_line(tmp_path):
    path = tmp_path / "trace.csv"
    for text, expected in (
        ("t_s,hz\n0,50\n", "column f_hz is missing"),
        ("t_s,f_hz\n0,fifty\n", "line 2"),
        ("t_s,f_hz\n1,50\n1,50\n", "line 3: time 1 s does not go on"),
        ("t_s,f_hz\n", "no rows"),
        ("t_s,f_hz,v_l1_pu\n0,50,1\n", "expected all of v_l1_pu"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=expected):
            grid_input.from_csv(path)


def test_every_named_car_is_in_its_limits():
    for model in vehicles.CARS:
        for field, value in vehicles.car(model).items():
            assert vehicles.problem(field, value) is None, (model, field)


def test_a_car_of_its_own_numbers():
    car = controls.resolve_vehicle({"model": "mine", "phases": 2, "max_ma": 20000})
    assert (car["model"], car["phases"], car["max_ma"], car["min_ma"]) == ("mine", 2, 20000, 6000)


def test_an_event_may_wait_for_a_state_or_an_edge():
    scenario = parse(
        "[[event]]\nwhen = 'phases:moving'\nafter_s = 1.5\nnth = 2\ndo = 'unplug'\n"
        "[[event]]\nwhen = 'contactor:1'\ndo = 'unplug'\n"
    )
    waiting = [event for event in scenario.events if "when" in event]
    assert waiting[0] == {
        "do": "unplug", "when": "phases:moving", "nth": 2, "after_ms": 1500, "from_ms": 0,
    }  # fmt: skip
    assert waiting[1]["when"] == "contactor:1"
