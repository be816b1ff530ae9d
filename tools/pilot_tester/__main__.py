# SPDX-License-Identifier: MIT
"""Prints a verdict for each test of a charger's pilot. Exit 0: all passed, 1: not, 2: no rig.

python -m tools.pilot_tester --port /dev/ttyACM0 [T20 T30 ...] [--json]
python -m tools.pilot_tester --bench [--settings FILE.json] [T20 ...] [--json]
"""

import argparse
import json
import sys
from pathlib import Path

from tools.bench.errors import BenchError, ScenarioError
from tools.pilot_tester import rig as rigs
from tools.pilot_tester.tests import TESTS, Failed, fresh

PASSED, FAILED, SKIPPED = "passed", "FAILED", "skipped"


def run_one(rig, name, needs, function):
    """(verdict, words) of one test."""
    missing = [need for need in needs if need not in rig.can]
    if missing:
        return SKIPPED, "this rig cannot: " + ", ".join(missing)
    fresh(rig)
    try:
        return PASSED, function(rig)
    except Failed as failure:
        return FAILED, str(failure)


def run(rig, names=(), report=print):
    """Run tests (all, or those named); list of {test, title, verdict, text}."""
    results = []
    for name, title, needs, function in TESTS:
        if names and name not in names:
            continue
        verdict, text = run_one(rig, name, needs, function)
        results.append({"test": name, "title": title, "verdict": verdict, "text": text})
        report("%-5s %s  %s: %s" % (name, verdict, title, text))
    fresh(rig)
    return results


def parse():
    """The command line, with unknown tests refused."""
    parser = argparse.ArgumentParser(prog="python -m tools.pilot_tester", description=__doc__)
    parser.add_argument("tests", nargs="*", metavar="TEST", help="names such as T20; all if none")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", help="serial port of the Pico with car.py")
    where.add_argument("--bench", action="store_true", help="the firmware on the simulated bench")
    parser.add_argument("--settings", help="bench: settings.json of the charger")
    parser.add_argument("--out", default="out/pilot_tester", help="bench: folder for its files")
    parser.add_argument("--json", action="store_true", help="results as one JSON list")
    arguments = parser.parse_args()
    unknown = set(arguments.tests) - {entry[0] for entry in TESTS}
    if unknown:
        parser.error(
            "unknown test %s: expected %s"
            % (", ".join(sorted(unknown)), ", ".join(entry[0] for entry in TESTS))
        )
    return arguments


def main():
    """Exit code of the command."""
    arguments = parse()
    try:
        if arguments.bench:
            settings = None
            if arguments.settings:
                settings = json.loads(Path(arguments.settings).read_text(encoding="utf-8"))
            rig = rigs.BenchRig(arguments.out, settings)
        else:
            rig = rigs.SerialRig(arguments.port)
    except (rigs.RigError, BenchError, ScenarioError, OSError, ValueError) as error:
        print("error: %s" % error, file=sys.stderr)
        return 2
    quiet = (lambda line: None) if arguments.json else (lambda line: print(line, flush=True))
    try:
        results = run(rig, arguments.tests, quiet)
    except rigs.RigError as error:
        print("error: %s" % error, file=sys.stderr)
        return 2
    finally:
        rig.close()
    if arguments.json:
        print(json.dumps(results, indent=1))
    else:
        verdicts = [result["verdict"] for result in results]
        print(
            "%d passed, %d failed, %d skipped"
            % (verdicts.count(PASSED), verdicts.count(FAILED), verdicts.count(SKIPPED))
        )
    return 1 if any(result["verdict"] == FAILED for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
