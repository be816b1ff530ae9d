# SPDX-License-Identifier: MIT
"""The measuring tools still measure: a benchmark that no longer runs is found here, not later."""

import subprocess
from pathlib import Path

from tools import size
from tools.runtimes import micropython
from tools.tree import ROOT, device_files


def test_step_speed_reaches_charging_and_prints_a_whole_number():
    command = [micropython(), str(ROOT / "tools" / "step_speed.py"), str(ROOT), "100"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 0


def test_a_module_is_imported_after_what_it_imports():
    order = size.import_order(device_files())
    assert sorted(order) == device_files()
    assert order.index(Path("control/pilot.py")) < order.index(Path("control/charger.py"))
    assert order.index(Path("control/__init__.py")) < order.index(Path("control/pilot.py"))


def test_groups_add_up_and_leave_out_what_was_not_measured():
    files = [Path("main.py"), Path("control/a.py"), Path("control/b.py")]
    mpy = dict(zip(files, (10, 20, 30), strict=True))
    ram = {"control.a": 100, "control.b": "ImportError: no module"}
    rows = list(size.rows(files, mpy, ram, lambda path: path.parts[0]))
    assert rows == [("main.py", 1, 10, None), ("control", 2, 50, 100)]
