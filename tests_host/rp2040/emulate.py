# SPDX-License-Identifier: MIT
"""Runs what a driver wrote on an emulated RP2040 (npm package rp2040js, in node)."""

import json
import subprocess

from tools.runtimes import node
from tools.tree import ROOT


def why_not():
    """Return the reason why the emulator cannot run here, or None."""
    if node() is None:
        return "node is not installed"
    if not (ROOT / "node_modules" / "rp2040js").is_dir():
        return "rp2040js is not installed (make install)"
    return None


def emulate(chip, steps, **world):
    """Replay and run: `steps` is a list of (writes, microseconds, pins driven meanwhile).

    chip.take_back is done; returns what the emulator saw: conversions, edges.
    """
    request = {
        "ram": [(address, list(data)) for address, data in chip.bytes_of_buffers()],
        "steps": [
            {"writes": writes, "run_us": run_us, "drive": drive} for writes, run_us, drive in steps
        ],
        **world,
    }
    done = subprocess.run(
        [node(), str(ROOT / "tests_host" / "rp2040" / "emulate.mjs")],
        input=json.dumps(request),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    chip.take_back(
        bytes(answer["ram"]), {int(key): value for key, value in answer["registers"].items()}
    )
    return answer
