# SPDX-License-Identifier: MIT
"""The wire to the simulator: messages, sync with the central system, death and silence."""

import asyncio
import json
import sys

import pytest

from tools.bench import simlink
from tools.bench.errors import BenchError


@pytest.fixture
def out(tmp_path):
    simlink.prepare(tmp_path, {"device_id": "GP-1"})
    return tmp_path


def simulator(tmp_path, monkeypatch, body):
    """A stand-in for MicroPython that runs the Python code `body`."""
    script = tmp_path / "sim.py"
    script.write_text("import json, sys, time\n" + body)
    stand_in = tmp_path / "stand_in"
    stand_in.write_text("#!/bin/sh\nexec %s -u %s\n" % (sys.executable, script))
    stand_in.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON", str(stand_in))


def run(link, out):
    asyncio.run(asyncio.wait_for(link.run({"seed": 1}, out), 30))


class Csms:
    """Records what it is asked for; counts one frame for each question."""

    def __init__(self):
        self.asked = []

    async def sync(self, conn, sent, t_ms):
        self.asked.append(("sync", conn, sent, t_ms))
        return len(self.asked)

    async def action(self, conn, action, t_ms):
        self.asked.append(("action", conn, action, t_ms))
        return len(self.asked)


def test_lines_are_sorted(out, monkeypatch):
    simulator(
        out,
        monkeypatch,
        r"""
print('{"event": "boot", "t_ms": %d}' % (2**30 - 60000 + 5))
print("a word")
print('{"bench": "progress", "t_ms": 10000}')
print('{"bench": "row", "t_ms": 10100, "state": "A1"}')
print('{"bench": "note", "t_ms": 10200, "text": "reset"}')
print('{"neither": 1}')
print('{broken')
print("Traceback: x", file=sys.stderr)
print('{"bench": "done", "t_ms": 20000, "reason": "duration", "stats": {"steps": 3}}')
""",
    )
    link = simlink.SimLink()
    log, console, rows, progress = [], [], [], []
    link.on_log, link.on_console, link.on_row = log.append, console.append, rows.append
    link.on_progress = progress.append
    run(link, out)
    assert log == [{"event": "boot", "t_ms": 5}]
    assert sorted(console) == ["Traceback: x", "a word", '{"neither": 1}', "{broken"]
    assert rows[0]["state"] == "A1"
    assert progress == [10000]
    assert link.notes == [(10200, "reset")]
    assert (link.ended, link.t_ms, link.stats) == ("duration", 20000, {"steps": 3})
    assert json.loads((out / "flash" / "settings.json").read_text()) == {"device_id": "GP-1"}


def test_sync_and_action_are_answered(out, monkeypatch):
    simulator(
        out,
        monkeypatch,
        r"""
print('{"bench": "sync", "conn": 2, "sent": 7, "t_ms": 1500}')
print("got", input())
print('{"bench": "csms", "conn": 2, "action": {"do": "reset"}, "t_ms": 1600}')
print("got", input())
print('{"bench": "done", "t_ms": 1700, "reason": "duration"}')
""",
    )
    csms = Csms()
    link = simlink.SimLink(csms)
    console = []
    link.on_console = console.append
    run(link, out)
    assert csms.asked == [("sync", 2, 7, 1500), ("action", 2, {"do": "reset"}, 1600)]
    assert console == ['got {"conn": 2, "sent": 1}', 'got {"conn": 2, "sent": 2}']


def test_a_dead_simulator_has_not_ended_well(out, monkeypatch):
    simulator(out, monkeypatch, "print('one')\nsys.exit(3)\n")
    link = simlink.SimLink()
    console = []
    link.on_console = console.append
    run(link, out)
    assert link.ended is None
    assert console == ["one", "the simulator ended with exit code 3"]


def test_a_silent_simulator_is_one_clear_error(out, monkeypatch):
    simulator(out, monkeypatch, "print('one')\ntime.sleep(60)\n")
    link = simlink.SimLink(silence_s=0.5)
    with pytest.raises(BenchError, match="silent for 0.5 s|silent for 0 s"):
        run(link, out)
    assert link.process.returncode is not None


def test_no_micropython_is_one_clear_error(out, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", str(out / "nothing"))
    with pytest.raises(BenchError, match="no MicroPython found"):
        run(simlink.SimLink(), out)


def test_prepare_leaves_no_old_results(tmp_path):
    for name in ("trace.csv", "report.html"):
        (tmp_path / name).write_text("old")
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "transactions.json").write_text("old")
    simlink.prepare(tmp_path, {})
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["flash", "settings.json"]
