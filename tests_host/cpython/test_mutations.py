# SPDX-License-Identifier: MIT
"""Can the tests see? Each line below breaks the control logic in one place; the tests must fail.

A copy of control/ with one line changed is put in front of the module path, and the fast test
files named beside it run against it on CPython, until the first failure. A mutant that passes
them all is a hole in the tests. A line that is no longer in its file is an error of this list.
"""

import shutil
import subprocess
import sys

import pytest

from tools.tree import ROOT

# name: (file, line as it is, line as broken, test files)
MUTANTS = {
    "contactor closes on a pulse of C": (
        "session.py",
        "CLOSE_AFTER_MS = const(500)",
        "CLOSE_AFTER_MS = const(100)",
        "test_session",
    ),
    "no diode needed": (
        "session.py",
        "and pilot_state.diode == 1",
        "and pilot_state.diode != 2",
        "test_session",
    ),
    "x1 ignored for ever": (
        "session.py",
        "if self._ignored_ms >= X1_IGNORED_MS:",
        "if self._ignored_ms < 0:",
        "test_session",
    ),
    "x1 too short": (
        "session.py",
        "X1_HOLD_MS = const(3000)",
        "X1_HOLD_MS = const(1000)",
        "test_session",
    ),
    "slow to see that C was left": (
        "plateau.py",
        "DEBOUNCE_MS = const(50)",
        "DEBOUNCE_MS = const(150)",
        "test_session",
    ),
    "a closed contact does not stop the relay": (
        "phases.py",
        "elif not readings.contactor_closed and most_ma < _ZERO_MA:",
        "elif most_ma < _ZERO_MA:",
        "test_phases",
    ),
    "current need not be zero": (
        "phases.py",
        "elif not readings.contactor_closed and most_ma < _ZERO_MA:",
        "elif not readings.contactor_closed:",
        "test_phases",
    ),
    "opens on a car that draws": (
        "phases.py",
        "_DRAWS_LIMIT_MS = const(5500)",
        "_DRAWS_LIMIT_MS = const(8000)",
        "test_phases",
    ),
    "waits swapped": (
        "phases.py",
        "wait_ms = self._wait_up_ms if up else self._wait_down_ms",
        "wait_ms = self._wait_down_ms if up else self._wait_up_ms",
        "test_phases",
    ),
    "no longer wait after a load": (
        "phases.py",
        "self._loaded = most_ma >= _LOADED_MA",
        "self._loaded = False",
        "test_phases",
    ),
    "no cap": (
        "phases.py",
        "elif self.switches >= self._cap:",
        "elif self.switches > 1000:",
        "test_phases",
    ),
    "no dwell": (
        "phases.py",
        "elif self._since_switch_ms < self._dwell_ms:",
        "elif self._since_switch_ms < 0:",
        "test_phases",
    ),
    "switches without a meter": (
        "phases.py",
        "why = NO_METER",
        "why = NONE",
        "test_phases",
    ),
    "pilot stays connected": (
        "phases.py",
        "            if plugged:\n                self.cp_connect = 0",
        "            if plugged:\n                self.cp_connect = 1",
        "test_phases",
    ),
    "a stuck relay is believed": (
        "phases.py",
        "self.phases = 4 - self.phases  # let go of the move",
        "pass",
        "test_phases",
    ),
    "the car's time is not owed": (
        "phases.py",
        "            self._owes = plugged\n            self._fail(WELD)",
        "            self._fail(WELD)",
        "test_boot",
    ),
    "a car at boot gets no wait": (
        "phases.py",
        "_LOOK_MS = const(300)",
        "_LOOK_MS = const(0)",
        "test_boot",
    ),
    "the relay's place is not read at boot": (
        "phases.py",
        "self.phases = 3 if self._mirror and readings.phase_closed else 1",
        "self.phases = 3",
        "test_boot",
    ),
    "wakes for ever": (
        "wake.py",
        "if self.tries >= MOST_PULSES:",
        "if self.tries < 0:",
        "test_wake",
    ),
    "memory not used": (
        "wake.py",
        "if self.woken_by and not self._tried:\n            return self.woken_by",
        "if self.woken_by and self._tried < 0:\n            return self.woken_by",
        "test_wake",
    ),
    "wakes during a phase switch": (
        "charger.py",
        " and (quiet or not switch.busy())",
        "",
        "test_wake",
    ),
    "a hard limit is lifted": (
        "limits.py",
        "self.held = lowest < _MIN_MA <= self.hard_ma",
        "self.held = lowest < _MIN_MA",
        "test_pause",
    ),
    "over-current is never too long": (
        "protection.py",
        "return self._over_ms >= self.over_limit_ms",
        "return self._over_ms >= 1000000",
        "test_faults",
    ),
    "a falling current is over-current": (
        "protection.py",
        "if self.falling and self._following_ms < _FALLING_MS:",
        "if self.falling and self._following_ms < 0:",
        "test_faults",
    ),
    "residual current re-closes by itself": (
        "protection.py",
        "gone = gone and readings.rcd_ok",
        "gone = readings.rcd_ok",
        "test_faults",
    ),
    "a weld clears itself": (
        "protection.py",
        "elif fault == WELD or fault == RCD_TEST:\n            gone = False",
        "elif fault == RCD_TEST:\n            gone = False",
        "test_faults",
    ),
    "earth is not watched": (
        "protection.py",
        "if self._pe_ms >= _PE_MS:",
        "if self._pe_ms < 0:",
        "test_faults",
    ),
    "a fault makes no new command": (
        "charger.py",
        "+ 128 * guarded.fault",
        "+ 0 * guarded.fault",
        "test_health",
    ),
    "a closing makes no new command": (
        "charger.py",
        "+ 32 * session.contactor",
        "+ 0 * session.contactor",
        "test_session",
    ),
    "a wake is not gone on with": (
        "charger.py",
        "if moved or not wake.still:",
        "if moved:",
        "test_wake",
    ),
    "the monitor need not pass": (
        "rcd_test.py",
        "self.ready = good",
        "self.ready = True",
        "test_health",
    ),
    "a dip is not ridden through": (
        "supply.py",
        "_RIDE_THROUGH_MS = const(3000)",
        "_RIDE_THROUGH_MS = const(500)",
        "test_health",
    ),
    "derating upside down": (
        "thermal.py",
        "return self._full_ma - (self._full_ma - pilot.MIN_MA) * above_dc // span_dc",
        "return pilot.MIN_MA + (self._full_ma - pilot.MIN_MA) * above_dc // span_dc",
        "test_health",
    ),
    "learns phases at once": (
        "learn.py",
        "_PHASES_MS = const(30000)",
        "_PHASES_MS = const(1000)",
        "test_learn",
    ),
    "the guard's permit never ends": (
        "guard.py",
        "elif permit_ms <= 0:",
        "elif permit_ms <= -100000000:",
        "test_guard",
    ),
    "the guard's patience never ends": (
        "guard.py",
        "self._patient_ms -= dt_ms",
        "pass",
        "test_guard",
    ),
}

RUN = """
import sys
sys.path[:0] = sys.argv[1:4]
import importlib
for name in sys.argv[4:]:
    module = importlib.import_module("tests_host.control." + name)
    for key, value in sorted(vars(module).items()):
        if key.startswith("test_"):
            try:
                value()
            except Exception as error:
                print(key, repr(error)[:200])
                sys.exit(1)
"""


def run(folder, tests):
    """Run the test files with the control/ of `folder`; returns (exit status, output)."""
    paths = [str(folder), str(ROOT), str(ROOT / "tests_host" / "fakes")]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *paths, *tests.split()],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout


def copy_of_control(folder):
    """A copy of control/ without its compiled files."""
    shutil.copytree(
        ROOT / "control", folder / "control", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder / "control"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_line_is_seen(name, tmp_path):
    file, line, broken, tests = MUTANTS[name]
    path = copy_of_control(tmp_path) / file
    source = path.read_text(encoding="utf-8")
    assert source.count(line) == 1, f"{file}: {source.count(line)} times: {line}"
    path.write_text(source.replace(line, broken), encoding="utf-8")
    status, output = run(tmp_path, tests)
    assert status == 1, f"not seen by {tests}: {name}\n{output}"
    assert "Error" in output


def test_the_unbroken_copy_passes(tmp_path):
    copy_of_control(tmp_path)
    tests = sorted({entry[3] for entry in MUTANTS.values()})
    status, output = run(tmp_path, " ".join(tests))
    assert (status, output) == (0, "")


def test_there_are_enough():
    assert len(MUTANTS) >= 15
