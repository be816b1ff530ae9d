# SPDX-License-Identifier: MIT
"""Runs every shipped scenario of the bench, several at a time, and tells which did not hold.

Usage: python -m tools.all_scenarios [--jobs 2]
Exit status 0 when every invariant of every scenario held, 1 when not.
"""

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tools.tree import ROOT

FOLDER = ROOT / "tools" / "bench" / "scenarios"


def run(path):
    """Run one scenario; return (exit status, wall seconds, output)."""
    command = [sys.executable, "-m", "tools.bench", "run", str(path.relative_to(ROOT))]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, time.perf_counter() - start, done.stdout


def main():
    """Run them all; print a line for each as it ends, and the output of those that failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.all_scenarios", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    paths = sorted(FOLDER.glob("*.toml"))
    if not paths:
        sys.exit(f"error: no scenario in {FOLDER.relative_to(ROOT)}")
    failed = 0
    with ThreadPoolExecutor(parser.parse_args().jobs) as pool:
        futures = {pool.submit(run, path): path for path in paths}
        for future in as_completed(futures):
            status, wall_s, output = future.result()
            failed += status != 0
            print(
                f"{'held' if status == 0 else 'FAILED':7}{futures[future].stem:32}{wall_s:6.1f} s"
            )
            if status:
                print("    " + output.strip().replace("\n", "\n    "))
            sys.stdout.flush()
    print(f"{len(paths) - failed} scenarios held, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
