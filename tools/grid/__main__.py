# SPDX-License-Identifier: MIT
"""`python -m tools.grid`: runs and judges every grid service, writes out/grid/report.html.

Usage: python -m tools.grid [--size full|small] [--trace FILE.csv] [--only NAME ...]
       [--jobs N] [--out DIR] [--judge]
Exit status 0 when every clause held, 1 when one failed, 2 when the arguments are wrong.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tools.bench.errors import BenchError, suggestion

from . import (
    campaign,
    edge_level,
    fcr_cases,
    ffr_cases,
    more_cases,
    other_cases,
    page,
    pause_cases,
    profile,
    shape_cases,
)

# size: (phases of the latency experiments, disturbances, seconds of the accuracy table)
SIZES = {"full": (1000, 10000, 30.0), "small": (60, 300, 4.0)}


def cases(size, trace=None):
    """The cases of a size, or those of a recording."""
    if trace:
        return other_cases.own(trace)
    profiles = profile.shipped()
    small = size == "small"
    found = ffr_cases.cases(profiles, small) + fcr_cases.cases(profiles, small)
    if small:
        return found + [other_cases.hour(True)]
    found += other_cases.cases(profiles) + more_cases.cases(profiles)
    return found + shape_cases.cases() + pause_cases.cases()


def arguments(argv):
    """The parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.grid", description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--trace", help="a CSV with the columns t_s and f_hz")
    parser.add_argument("--only", nargs="*", default=[], help="names of cases")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", default="out/grid")
    parser.add_argument("--judge", action="store_true", help="judge the last runs, run nothing")
    return parser.parse_args(argv)


def chosen(options):
    """The cases to run; SystemExit 2 with one line when something is wrong."""
    try:
        found = cases(options.size, options.trace)
    except (OSError, ValueError) as error:
        print("error: --trace %s: %s" % (options.trace, error), file=sys.stderr)
        raise SystemExit(2) from None
    names = [case.name for case in found]
    for name in options.only:
        if name not in names:
            print("error: --only %s: no such case%s" % (name, suggestion(name, names)),
                  file=sys.stderr)  # fmt: skip
            raise SystemExit(2)
    return [case for case in found if not options.only or case.name in options.only]


def tell(text):
    """Progress on stderr."""
    print("     %s" % text, file=sys.stderr, flush=True)


def main(argv=None):
    """Run it all; returns the exit status."""
    options = arguments(argv)
    started = time.monotonic()
    todo = chosen(options)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    try:
        tell("edge level: accuracy, latency, false trips")
        size = "small" if options.only else options.size  # a look at one case shall be quick
        bench = edge_level.measure(*SIZES[size], options.jobs, tell)
    except BenchError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    outcomes = campaign.run_all(
        todo, out, options.jobs, campaign.Progress(todo), not options.judge
    )
    command = "make grid-report" + (
        " TRACE=%s" % Path(options.trace).name if options.trace else ""
    )
    page.write(out / "report.html", outcomes, bench, command)
    results = {
        "held": all(one.held for one in outcomes) and not _failed(bench.clauses),
        "cases": [one.as_dict() for one in outcomes],
        "edge_level": bench.as_dict(),
    }
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for one in outcomes:
        for clause in one.clauses:
            print(_line(one.case.name, clause))
    for clause in bench.clauses:
        print(_line("edges", clause))
    tell("%.0f s" % (time.monotonic() - started))
    print("report  %s" % (out / "report.html"))
    return 0 if results["held"] else 1


def _failed(clauses):
    return [clause for clause in clauses if clause.passed is False]


def _line(name, clause):
    """One clause for people and for grep."""
    word = {True: "held  ", False: "FAILED", None: "info  "}[clause.passed]
    return "%s  %-16s %s: %s (required: %s) [%s%s]" % (
        word,
        name,
        clause.name,
        clause.measured,
        clause.required,
        clause.tag,
        ", not verified against the operator's document" if clause.tag == "K" else "",
    )


if __name__ == "__main__":
    sys.exit(main())
