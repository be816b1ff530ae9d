# SPDX-License-Identifier: MIT
"""The pilot tester: its list against the firmware on the bench, and chargers that are wrong."""

import json
import os
import pty
import subprocess
import sys
import tty

import pytest

from tools.pilot_tester import __main__ as command
from tools.pilot_tester import rig as rigs
from tools.pilot_tester import tests
from tools.pilot_tester.rig import BenchRig, RigError, SerialRig
from tools.runtimes import micropython
from tools.tree import ROOT


@pytest.fixture
def rig(tmp_path):
    rig = BenchRig(tmp_path / "bench")
    yield rig
    rig.close()


def test_the_firmware_passes_the_whole_list(rig):
    results = command.run(rig, report=lambda line: None)
    assert len(results) == len(tests.TESTS) >= 20
    assert [result for result in results if result["verdict"] != "passed"] == []
    assert '"event"' in rig.log[0]


def verdict(rig, name):
    (result,) = command.run(rig, [name], report=lambda line: None)
    return result["verdict"], result["text"]


def test_a_welded_contactor_fails_the_tests_that_open(rig):
    class Welded(BenchRig):
        def __init__(self):
            pass

        def __getattr__(self, name):
            return getattr(rig, name)

        def wait(self, what, value, timeout_s, act=None):
            if what == "live" and value == 0:
                rig.switch("weld", True)
            return rig.wait(what, value, timeout_s, act)

    assert verdict(Welded(), "T32") == (
        "FAILED",
        "still live 5.1 s after C to A",
    )


def test_a_firmware_that_hangs_fails(rig):
    rig.switch("stall", True)
    verdict_, text = verdict(rig, "T10")
    assert verdict_ == "FAILED" and "no PWM" in text


def test_a_rig_that_cannot_do_it_skips(rig):
    rig.can.discard("leak")
    assert verdict(rig, "T61") == ("skipped", "this rig cannot: leak")


def test_a_refused_command_is_one_clear_line(rig):
    with pytest.raises(RigError, match="expected A, B, C, D or E"):
        rig.car("Q")
    with pytest.raises(RigError, match="unknown command"):
        rig.ask({"do": "fly"})


def test_levels_out_of_bounds_are_found():
    class Wrong:
        can = ()
        seen = {"mode": "x1", "high_mv": 10900, "live": 0}

        def measure(self):
            return self.seen

    with pytest.raises(tests.Failed, match="high level, mV: 10900: expected 11400 to 12600"):
        tests.no_car(Wrong())


FAKE_CHIP = """
import sys, time
class Pin:
    IN, OUT, PULL_DOWN = 0, 1, 2
    levels = {}
    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            self.levels[number] = value
    def value(self, level=None):
        if level is not None:
            self.levels[self.number] = int(level)
        if self.number == 15:  # a charger that is live in state C
            return self.levels.get(3, 0)
        return self.levels.get(self.number, 0)
class ADC:
    def __init__(self, pin): pass
    def read_u16(self): return (13200 + 12000) * 65535 // 26400
class Chip: pass
chip = Chip()
chip.Pin, chip.ADC, chip.time_pulse_us = Pin, ADC, lambda *a: 500
sys.modules["machine"] = chip
sys.path.insert(0, sys.argv[1])
from tools.pilot_tester import car
car.main()
"""


def test_the_car_on_a_serial_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tests, "B_TO_A_S", 0.1)
    program = tmp_path / "fake.py"
    program.write_text(FAKE_CHIP)
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    pico = subprocess.Popen([micropython(), str(program), str(ROOT)], stdin=near, stdout=near)
    try:
        rig = SerialRig(os.ttyname(far))
        assert rig.name == "pico" and rig.can == {"leak", "earth"}
        seen = rig.measure()
        assert seen["mode"] == "x1" and abs(seen["high_mv"] - 12000) < 10
        assert verdict(rig, "T01") == ("passed", "12.00 V")
        assert verdict(rig, "T55") == ("skipped", "this rig cannot: ohm")
        ms = rig.wait("live", 1, 1, {"do": "car", "state": "C"})
        assert 0 <= ms < 100
        assert rig.wait("live", 0, 0.05) is None
        with pytest.raises(RigError, match="expected A, B, C, D or E"):
            rig.car("Q")
        rig.close()
    finally:
        pico.kill()
        pico.wait()
        os.close(near)
        os.close(far)


def test_a_silent_line_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(rigs, "SLACK_S", 0.2)
    near, far = pty.openpty()
    try:
        with pytest.raises(RigError, match=r"is car\.py running"):
            SerialRig(os.ttyname(far))
    finally:
        os.close(near)
        os.close(far)


def run_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tools.pilot_tester", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_command_line(tmp_path):
    done = run_command("--bench", "--out", str(tmp_path), "T01", "T10", "--json")
    assert done.returncode == 0, done.stderr
    assert [result["test"] for result in json.loads(done.stdout)] == ["T01", "T10"]
    done = run_command("--bench", "T99")
    assert done.returncode == 2 and "unknown test T99" in done.stderr
    done = run_command("--port", "/dev/no_such_port")
    assert done.returncode == 2 and done.stderr.startswith("error: /dev/no_such_port")
    assert len(done.stderr.splitlines()) == 1
    settings = tmp_path / "settings.json"
    settings.write_text('{"phases": 7}')
    done = run_command("--bench", "--settings", str(settings), "T01")
    assert done.returncode == 2 and "phases" in done.stderr
