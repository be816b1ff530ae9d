# SPDX-License-Identifier: MIT
"""The zoo: its cars, its stories, its judgement, its report, and a few runs of it."""

import os
import subprocess
import sys

import pytest

from tools.bench import scenario, vehicles
from tools.bench.record import Record
from tools.tree import ROOT
from tools.zoo import __main__ as command
from tools.zoo import jobs, pool, report, stories
from tools.zoo.judge import Judgement, judge
from tools.zoo.table import Table, details

FEW = [
    jobs.Job("three_phase_16", "charge"),
    jobs.Job("niro_2018", "switch"),
    jobs.Job("rule_breaker", "pause"),
    jobs.Job("bmw_phev", "stop_by_car"),
    jobs.Job("scooter", "stop_by_charger"),
    jobs.Job("bridge_45", "cut/down", "phases:waiting"),
    jobs.Job("three_phase_16", "unplug/up", "phases:stopping"),
]


# --- stories


@pytest.mark.parametrize("name", vehicles.CARS)
def test_every_story_of_every_car_is_a_good_scenario(name):
    for story in jobs.names():
        job = jobs.Job(name, story, "phases:moving" if "/" in story else "")
        built, car = jobs.build(job)
        if built is None:
            continue
        plan = scenario.parse(built.text(car, 7), job.name())
        assert plan.seed == 7
        assert plan.vehicle["model"] == name
        last_ms = max(
            [item["at_ms"] for item in plan.events if "at_ms" in item]
            + [item["at_ms"] for item in plan.actions]
        )
        assert plan.duration_ms > last_ms + 1000 * built.settled_s, job.name()


def test_a_sleeper_is_left_alone_until_it_sleeps():
    for car in vehicles.CARS.values():
        sleep_s = car.fields()["sleep_s"]
        built = jobs.build(jobs.Job(car.name, "pause"))[0]
        pause_s = built.resumes_s - next(
            item["at_ms"] / 1000
            for item in scenario.parse(built.text(car, 1)).actions
            if item["action"]["periods"][0][1] == 0
        )
        assert pause_s > max(sleep_s, 50), car.name


def test_steps_are_the_states_that_the_undisturbed_story_has_passed():
    visited = ("state:B1", "phases:stopping", "phases:idle", "phases:moving", "wake:watching")
    result = jobs.Result(jobs.Job("zoe", "base/up"), Judgement(), visited=visited)
    wanted = jobs.names()
    found = [(job.story, job.step) for job in pool.next_jobs(result, wanted)]
    assert found == [
        ("unplug/up", "phases:stopping"), ("unplug/up", "phases:moving"),
        ("cut/up", "phases:stopping"), ("cut/up", "phases:moving"),
    ]  # fmt: skip
    assert pool.next_jobs(result, ["cut/down"]) == []
    result.job = jobs.Job("zoe", "base/wake")
    assert [job.step for job in pool.next_jobs(result, wanted)] == ["wake:watching"] * 2


def test_a_car_like_another_has_only_the_plain_stories_beside_it():
    stories_of = {}
    for job in pool.first_jobs(["e_up", "two_phase_16"], jobs.names(), [1]):
        stories_of.setdefault(job.car, []).append(job.story)
    assert "base/up" in stories_of["two_phase_16"]
    assert "switch" in stories_of["e_up"]
    assert "base/up" not in stories_of["e_up"]
    assert "base/up" in [job.story for job in pool.first_jobs(["e_up"], jobs.names(), [1])]
    assert all(car.like in ("", *vehicles.CARS) for car in vehicles.CARS.values())


# --- judgement


FIELDS = vehicles.car("three_phase_16")
ROW = {
    "state": "C2", "offer_ma": 16000, "reason": "ocpp", "limit_ma": 16000, "energy_wh": 0,
    "duty_pct": 26.66,
}  # fmt: skip


def record(edges=(), charging=True, **more):
    rows = [
        dict(ROW, t_ms=t_ms, contactor=int(charging), l1_ma=16000 * charging, l2_ma=0, phases=1)
        for t_ms in range(0, 30000, 100)
    ]
    start = [(0, "ev_plug", 0), (0, "power", 1)]
    return Record(edges=start + list(edges), rows=rows, duration_ms=30000, **more)


def judged(edges=(), charging=True, goal="charging", fields=FIELDS, **more):
    return judge(record(edges, charging, **more), stories.Story("test", goal), fields)


def test_a_good_end_is_charging():
    assert judged().held
    assert judged().ended == "charging"


def test_harm_trouble_and_faults_without_cause_are_findings():
    for edge, words in (
        ((5, "harm", "phase to phase"), "phase to phase"),
        ((5, "ev_mood", "refuses: 3 interruptions"), "the car refuses"),
        ((5, "ev_mood", "stops: its offer moved"), "the car stops"),
        ((5, "fault", "overcurrent"), "fault overcurrent without cause"),
    ):
        found = judged([edge]).findings
        assert len(found) == 1, edge
        assert words in found[0]
    assert judged([(5, "ev_mood", "asleep"), (6, "harm", "none"), (7, "fault", "none")]).held


def test_a_broken_invariant_is_told_once():
    edges = [(5, "contactor_coil", 1), (9, "contactor", 1)]
    found = judged(edges)
    assert any(text.startswith("contactor_state at") for text in found.broken)


def test_no_current_at_the_end_is_hanging():
    assert "not charging at the end" in judged(charging=False).hung[0]
    assert judged(missed=["phases:moving"]).hung == ["phases:moving never came"]
    assert judged(ended=None).hung == ["the simulator died"]


def test_a_car_that_nothing_wakes_must_be_called_so():
    lost = dict(FIELDS, wakes_on="none", sleep_s=60)
    asleep = [(5, "ev_mood", "asleep")]
    log = [{"event": "wake", "step": "not_responding"}]
    assert judged(asleep, False, "resumed", lost, log=log).ended == "asleep, told"
    assert "nobody says so" in judged(asleep, False, "resumed", lost).hung[0]
    assert judged(asleep, False, "resumed", dict(lost, wakes_on="f"), log=log).hung
    assert judged((), False, "resumed", lost, log=log).hung, "it is awake"


def test_full_means_with_its_energy_and_an_open_contactor():
    story = stories.Story("test", "full")
    story.need_wh = 100
    found = record(charging=False)
    assert "got 0 Wh of 100" in judge(found, story, FIELDS).hung[0]
    found.rows[-1]["energy_wh"] = 98
    assert judge(found, story, FIELDS).ended == "full"
    found.rows[-1]["contactor"] = 1
    assert "contactor still closed" in judge(found, story, FIELDS).hung[0]
    assert judge(found, story, dict(FIELDS, simplified=True)).held, "it has no S2 to open"


def test_a_switch_must_have_been_on_one_phase_and_end_on_three():
    story = stories.Story("test", "charging")
    story.one_phase_s = (10, 20)
    found = record()
    assert "not back on L2" in judge(found, story, FIELDS).hung[0]
    for row in found.rows:
        row["l2_ma"] = 16000
    assert "still on" in judge(found, story, FIELDS).hung[0]
    for row in found.rows[:250]:
        row["l2_ma"] = 0
    assert judge(found, story, FIELDS).held
    assert judge(record(), story, dict(FIELDS, phases=1)).held


# --- table and report


def test_table_report_and_status(tmp_path, capsys):
    good, bad = Judgement(), Judgement()
    bad.findings.append("1.0 s: <harm>")
    results = [
        jobs.Result(jobs.Job("zoe", "charge"), good, 100),
        jobs.Result(jobs.Job("zoe", "cut/up", "phases:moving"), bad, 100),
        jobs.Result(jobs.Job("leaf", "charge"), good, 3400),
    ]
    table = Table(results)
    lines = list(table.lines())
    assert lines[1].split() == ["leaf", "ok", "-"]
    assert lines[2].split() == ["zoe", "ok", "broke"]
    assert table.sums() == {
        "findings": 1, "broken": 0, "hung": 0, "runs": 3, "hours": 1.0, "cpu_s": 0,
    }  # fmt: skip
    assert (
        "--cars zoe --stories cut/up --steps phases:moving --seed 1"
        in list(details(results[1]))[-1]
    )
    page = report.html(table, 60, "make zoo")
    assert "&lt;harm&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    options = command.arguments(["--cars", "zoe", "--out", str(tmp_path)])
    assert command.conclude(table, 60, options) == 1
    assert "findings 1, invariant breaks 0, hung 0" in capsys.readouterr().out
    assert command.conclude(Table([results[0]]), 60, options) == 0
    assert (tmp_path / "report.html").exists()


def test_wrong_arguments_are_named(capsys):
    for argv, words in (
        (["--cars", "zoo"], "unknown car 'zoo'"),
        (["--stories", "sing"], "unknown story 'sing'"),
        (["--cars", "none.toml"], "cannot be read"),
    ):
        with pytest.raises(SystemExit) as end:
            command.arguments(argv)
        assert end.value.code == 2
        assert words in capsys.readouterr().err


# --- the real thing


@pytest.mark.timeout(300)
def test_a_few_cars_in_a_few_stories(tmp_path):
    results = pool.run(FEW, [], tmp_path, min(4, os.cpu_count() or 2), follow=False)
    assert len(results) == len(FEW)
    broken = [line for result in results if not result.judgement.held for line in details(result)]
    assert broken == []
    assert not any(tmp_path.iterdir()), "files of runs that held are removed"


@pytest.mark.timeout(300)
def test_the_zoo_sees_a_car_that_is_hurt_and_says_how_to_see_it_again(tmp_path):
    car = tmp_path / "glass.toml"
    text = "title = 'Glass'\nabout = 'hurt by any switch'\nbridges = true\nrejoin_s = 3000\n"
    car.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "tools.zoo", "--cars", str(car), "--stories", "switch"]
        + ["--out", str(tmp_path / "zoo"), "--jobs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "phase to phase through the car's bridge" in done.stdout
    assert "--cars %s --stories switch --seed 1" % car in done.stdout
    assert (tmp_path / "zoo" / "runs" / "glass-switch-1" / "report.html").exists()
    assert (tmp_path / "zoo" / "runs" / "glass-switch-1" / "scenario.toml").exists()
