# SPDX-License-Identifier: MIT
"""A benchmark, not a test: how fast the bench is, and what one control step costs.

Prints the median of several runs and their spread. Numbers hold for the machine they were taken
on; the goal is 100 simulated seconds per wall second and core with the whole firmware running.

Usage: python -m tools.bench_speed [--runs 5]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

from tools.runtimes import micropython
from tools.tree import ROOT

SCENARIO = ROOT / "tools" / "bench_speed.toml"
GOAL = 100


def checked(command):
    """Run a command and return its output; end with what it printed when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def step_us():
    """Return the microseconds of one control step, alone in a loop on MicroPython."""
    output = checked([micropython(), str(ROOT / "tools" / "step_speed.py"), str(ROOT)])
    return int(output) / 100


def bench_s(scenario):
    """Return the wall seconds of one whole run of the bench, report included."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-speed-") as folder:
        start = time.perf_counter()
        checked([sys.executable, "-m", "tools.bench", "run", str(scenario), "--out", folder])
        return time.perf_counter() - start


def print_line(what, values, unit):
    """Print the median and the range of some measurements."""
    median = statistics.median(values)
    print(f"{what:44}{median:10.1f} {unit}   ({min(values):.1f} to {max(values):.1f})")


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_speed", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured")
    runs = range(parser.parse_args().runs)
    duration_s = tomllib.loads(SCENARIO.read_text(encoding="utf-8"))["duration_s"]
    print(f"benchmark, not a test: medians of {len(runs)} runs of {duration_s} simulated seconds")
    print_line("one control step alone", [step_us() for _ in runs], "us")
    walls = [bench_s(SCENARIO) for _ in runs]
    print_line(
        "whole bench, for each 10 ms step", [1e4 * wall / duration_s for wall in walls], "us"
    )
    print_line("simulated seconds per wall second", [duration_s / wall for wall in walls], "  ")
    print(f"start, report and central system included; the goal is {GOAL}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
