# SPDX-License-Identifier: MIT
"""Writes the OCPP report: python -m tools.ocpp [--out out/ocpp] [--sets 5000] [--fuzz 30000]

report.html for people, report.json for programs. Exit status 1 when anything is wrong.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tools import on_cpython
from tools.ocpp import cost, messages, page, speed, suites


def main(arguments=None):
    """Run all suites and write both files."""
    parser = argparse.ArgumentParser(prog="python -m tools.ocpp", description=__doc__)
    parser.add_argument("--out", default="out/ocpp")
    parser.add_argument("--sets", type=int, default=5000, help="random sets of profiles")
    parser.add_argument("--fuzz", type=int, default=30000, help="inputs of the fuzzer")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args(arguments)
    began = time.monotonic()

    def progress(text):
        print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)

    on_cpython.prepare()
    sections = list(messages.section(progress))
    sections.append(speed.section(progress))
    sections.append(cost.section(progress))
    sections.append(suites.composite(progress, options.sets, options.jobs))
    sections.append(suites.power_cuts(progress, options.jobs))
    sections.append(suites.hostile(progress, options.jobs))
    sections.append(suites.fuzzer(progress, options.fuzz, options.jobs))
    faults = sum(len(section["faults"]) for section in sections)
    report = {
        "ok": faults == 0,
        "faults": faults,
        "seconds": round(time.monotonic() - began, 1),
        "sections": sections,
    }
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (out / "report.html").write_text(page.html(report), encoding="utf-8")
    for section in sections:
        print(
            f"{'FAULT' if section['faults'] else 'ok':6} {section['title']}: {section['summary']}"
        )
        for fault in section["faults"]:
            print("       ", fault)
    print(f"report {out / 'report.html'}")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
