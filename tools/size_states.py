# SPDX-License-Identifier: MIT
"""Measures the heap of a charger with OCPP while it runs: connecting, idle, charging ...

size_budget.py measures it when it has just been built. Parts of the station are loaded when they
act, so what it needs while a transaction runs is another figure. MICROPYTHON32 as there; the
64-bit figures are scaled in the same way.

Usage: python -m tools.size_states
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import size_budget
from tools.flash import build
from tools.runtimes import micropython
from tools.tree import ROOT

SCRIPT = ROOT / "tools" / "size_running.py"
STATES = ("connecting", "idle", "charging", "after", "limited")
_LONGEST_S = 60


def measured(source, state):
    """(KB of heap, Measured, actions that the central system has seen) of the application."""
    runtime = os.environ.get("MICROPYTHON32") or micropython()
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as flash:
        done = subprocess.run(
            [runtime, "-X", "heapsize=8M", str(SCRIPT), str(ROOT), str(source), state],
            cwd=flash,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    exact = size_budget.is_32(runtime)
    try:
        found = size_budget.Measured(done.stdout, 4 if exact else 8)
        actions = json.loads(done.stdout.splitlines()[-1])["actions"]
    except (IndexError, ValueError, KeyError):
        text = (done.stdout + done.stderr).strip()[-600:]
        sys.exit("error: the application did not run:\n" + text)
    scale = 1 if exact else size_budget.SCALE["stock"]
    return size_budget.kilobytes(int(found.heap * scale)), found, actions


def main():
    """Print a line a state."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-size-") as folder:
        build.application(size_budget.BOARD, Path(folder))
        for state in STATES:
            heap_kb, found, _ = measured(folder, state)
            print("%-12s %4d KB, %d names" % (state, heap_kb, found.names))
            for name in sorted(found.modules):
                if name.startswith("firmware.ocpp."):
                    print("               ", name)


if __name__ == "__main__":
    main()
