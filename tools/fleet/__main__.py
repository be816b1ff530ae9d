# SPDX-License-Identifier: MIT
"""`python -m tools.fleet`: a fleet on a swinging grid, writes out/fleet/report.html.

Usage: python -m tools.fleet [--chargers N] [--small] [--jobs N] [--out DIR]
Exit status 0 when every finding held, 1 when one did not.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from . import page
from .study import Study


def progress(done, total, name):
    """A line per finished experiment."""
    print("%3d %%  %2d of %d  %s" % (100 * done / total, done, total, name), file=sys.stderr,
          flush=True)  # fmt: skip


def main(argv=None):
    """Run it all; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.fleet", description=__doc__)
    parser.add_argument("--chargers", type=int, default=10000)
    parser.add_argument("--small", action="store_true", help="short, for tests")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", default="out/fleet")
    options = parser.parse_args(argv)
    if not 100 <= options.chargers <= 10000:
        print("error: --chargers %d: expected 100 to 10000" % options.chargers, file=sys.stderr)
        return 2
    started = time.monotonic()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    study = Study(options.chargers, options.small).run(options.jobs, progress)
    page.write(out / "report.html", study)
    found = study.as_dict()
    (out / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for clause in study.clauses:
        word = {True: "held  ", False: "FAILED", None: "info  "}[clause.passed]
        print("%s  %s: %s (required: %s)" % (word, clause.name, clause.measured, clause.required))
    print("     %.0f s" % (time.monotonic() - started), file=sys.stderr)
    print("report  %s" % (out / "report.html"))
    return 0 if found["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
