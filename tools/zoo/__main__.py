# SPDX-License-Identifier: MIT
"""python -m tools.zoo: every car in every story; a table, a report, exit status 1 on a finding.

Without --steps the stories "unplug/..." and "cut/..." come for every state of the firmware that
the undisturbed story passes with this car. docs/cars.md tells what the stories are.
"""

import argparse
import fnmatch
import os
import signal
import sys
import time
from pathlib import Path

from tools.bench import vehicles

from . import pool, report
from .jobs import Job, duration_s, names, read_car
from .table import Table, details


def arguments(argv=None):
    """The checked command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.zoo", description=__doc__)
    add = parser.add_argument
    add("--cars", default="*", help="names with * and ?, or files of own cars, with commas")
    add("--stories", default="*", help="names with * and ?, with commas: " + ", ".join(names()))
    add("--steps", default="", help='only these steps, like "phases:moving", with commas')
    add("--seeds", type=int, default=1, help="how many seeds (default 1)")
    add("--seed", type=int, help="only this seed")
    add("--jobs", type=int, default=os.cpu_count() or 2, help="how many runs at a time")
    add("--out", type=Path, default=Path("out") / "zoo")
    add("--keep", action="store_true", help="keep the files of runs that held, too")
    add("--list", action="store_true", help="print the cars and end")
    options = parser.parse_args(argv)
    options.cars = chosen(parser, "car", options.cars, list(vehicles.CARS), files=True)
    options.stories = chosen(parser, "story", options.stories, names())
    options.steps = [step for step in options.steps.split(",") if step]
    first = options.seed if options.seed is not None else 1
    options.seeds = range(first, first + (1 if options.seed is not None else options.seeds))
    if not 1 <= options.jobs <= 256:
        parser.error("--jobs: expected 1 to 256, got %d" % options.jobs)
    return options


def chosen(parser, what, text, known, files=False):
    """Names that fit a list of patterns; files of own cars stay as they are."""
    found = []
    for pattern in text.split(","):
        if files and pattern.endswith(".toml"):
            try:
                found.append(str(Path(pattern)))
                read_car(pattern)
            except ValueError as error:
                parser.error(str(error))
            continue
        fitting = fnmatch.filter(known, pattern)
        if not fitting:
            parser.error("unknown %s %r, expected one of %s" % (what, pattern, ", ".join(known)))
        found += [name for name in fitting if name not in found]
    return found


def jobs_of(options):
    """The first jobs, and whether others follow from them."""
    if not options.steps:
        return pool.first_jobs(options.cars, options.stories, options.seeds), True
    stories = [name for name in options.stories if name.startswith(("unplug/", "cut/"))]
    jobs = [
        Job(car, story, step, seed)
        for seed in options.seeds
        for car in options.cars
        for story in stories
        for step in options.steps
    ]
    return [job for job in jobs if duration_s(job)], False


def main(argv=None):
    """Run what was asked for; exit status 1 when anything is to be reported."""
    options = arguments(argv)
    if options.list:
        for car in vehicles.CARS.values():
            print("%-16s %s: %s" % (car.name, car.title, car.about))
        return 0
    jobs, follow = jobs_of(options)
    if not jobs:
        print("error: none of these stories suits these cars", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends its workers in order
    begun = time.monotonic()
    progress = pool.Progress()
    results = pool.run(
        jobs, options.stories, options.out / "runs", options.jobs, options.keep, progress, follow
    )
    progress.close()
    seconds = time.monotonic() - begun
    return conclude(Table(results), seconds, options)


def conclude(table, seconds, options):
    """Print table, findings and sums, write the report; the exit status."""
    for line in table.lines():
        print(line)
    for result in table.broken:
        print()
        for line in details(result):
            print(line)
    sums = table.sums()
    print()
    print(
        "%d cars, %d runs, %.1f simulated hours in %.1f minutes on %d processes (CPU %.1f minutes)"
        % (
            len(table.cars),
            sums["runs"],
            sums["hours"],
            seconds / 60,
            options.jobs,
            sums["cpu_s"] / 60,
        )
    )
    print(
        "findings %d, invariant breaks %d, hung %d"
        % tuple(sums[key] for key in ("findings", "broken", "hung"))
    )
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "report.html"
    command = "python -m tools.zoo " + " ".join(sys.argv[1:])
    path.write_text(report.html(table, seconds, command), encoding="utf-8")
    print("report  %s" % path)
    return 1 if table.broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
