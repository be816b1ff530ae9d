# SPDX-License-Identifier: MIT
"""The suites of the report: composite schedules, power cuts, hostile servers, fuzzer."""

import multiprocessing
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET  # of our own pytest
from pathlib import Path

from tools import on_cpython
from tools.ocpp.fuzz_run import fuzz
from tools.tree import ROOT

HOSTILE = tuple(
    f"tests_host/firmware/test_hostile{part}.py" for part in ("", "_frames", "_memory", "_reset")
)
VECTORS = "tests_host/cpython/test_ocpp_composite.py"
_CHUNK = 50


def _ready():
    """Let firmware be imported on CPython."""
    on_cpython.prepare()


def _compare(seeds):
    from tests_host.cpython.ocpp_composite import one

    return [text for text in map(one, seeds) if text]


def composite(progress, sets, jobs):
    """Random sets against the brute force, and the vectors of others."""
    began = time.monotonic()
    faults = []
    chunks = [range(at, min(at + _CHUNK, sets)) for at in range(0, sets, _CHUNK)]
    with multiprocessing.Pool(jobs, _ready) as pool:
        for number, texts in enumerate(pool.imap_unordered(_compare, chunks), 1):
            faults += texts
            if number % 20 == 0:
                done = min(sets, number * _CHUNK)
                progress(f"composite schedules: {done} of {sets}, {len(faults)} differ")
    spent = time.monotonic() - began
    cases, bad = _pytest([VECTORS], "test_vectors_of_others")
    rows = [["random sets", sets, len(faults), round(spent, 1)]]
    rows += [[f"vector {name}", 1, 0 if ok else 1, ""] for name, ok, _ in cases]
    return {
        "title": "Composite schedules",
        "about": "GetCompositeSchedule of the firmware, through its handlers, equals an "
        "evaluator written from the specification that works out every second by itself "
        "(tests_host/cpython/ocpp_brute_force.py), and figures of public tests "
        "(tests_host/cpython/ocpp_vectors.json says whose and where ours differ).",
        "columns": ["case", "compared", "differ", "s"],
        "rows": rows,
        "faults": faults[:20] + bad,
        "summary": f"{sets} random sets and {len(cases)} vectors, {len(faults) + len(bad)} differ",
    }


def _cut(case):
    from tests_host.cpython.ocpp_power_cut import one

    return case, one(*case)


def power_cuts(progress, jobs):
    """Every write of the session at every length, and every moment between."""
    _ready()
    from tests_host.cpython.ocpp_power_cut import World, cuts, moments

    began = time.monotonic()
    rows, faults, total = [], [], 0
    with multiprocessing.Pool(jobs, _ready) as pool:
        for online in (True, False):
            words = "online" if online else "offline"
            progress(f"power cuts, {words} ...")
            operations = World(online).run().flash.operations
            cases = [(online, number, length) for number, length in cuts(online)]
            cases += [(online, None, 0, ms) for ms in moments()]
            bad = {}
            for case, texts in pool.imap_unordered(_cut, cases, 20):
                if texts:
                    bad[case] = texts
            total += len(cases)
            faults += [f"{words}, cut {case[1:]}: {texts}" for case, texts in bad.items()]
            writes = sum(kind == "write" for kind, _, _ in operations)
            rows.append([words, len(operations), writes, len(cases), len(bad)])
    return {
        "title": "Power cuts",
        "about": "A session of three transactions; the power goes once: in each operation on the "
        "flash with every number of bytes written, in each message after it was processed and "
        "before the answer, and in each tenth of a second between. Then: every transaction that "
        "began is known to the central system once and stopped once, in order, with its own "
        "number, energy rises and adds up to what the meter has counted.",
        "columns": ["central system", "operations", "writes", "cuts", "wrong"],
        "rows": rows,
        "faults": faults[:20],
        "summary": f"{total} cuts, {len(faults)} wrong, {time.monotonic() - began:.0f} s",
    }


def _pytest(files, word="", jobs=1):
    """([(test, passed, seconds)], [failures]) of test files, on all their runtimes."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-ocpp-") as folder:
        result = Path(folder) / "result.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                   f"--junitxml={result}", *files]  # fmt: skip
        if word:
            command += ["-k", word]
        if jobs > 1:
            command += ["-n", str(jobs), "--dist", "loadfile"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not result.exists():
            return [], [done.stdout[-500:] + done.stderr[-500:]]
        cases, bad = [], []
        for case in ET.parse(result).iter("testcase"):  # noqa: S314
            failed = case.find("failure") is not None or case.find("error") is not None
            cases.append((case.get("name"), not failed, float(case.get("time") or 0)))
            if failed:
                bad.append(f"{case.get('name')} failed")
        if not cases:
            bad.append("no test was run")
        return cases, bad


def hostile(progress, jobs=1):
    """One test per trick, on CPython and on MicroPython."""
    progress("hostile central systems ...")
    cases, bad = _pytest(HOSTILE, jobs=jobs)
    by_name = {}
    for name, ok, _ in cases:
        runtime = "MicroPython" if "@mp" in name or " " in name else "CPython"
        word = name.split("::")[-1].split()[-1].removeprefix("test_").replace("_", " ")
        by_name.setdefault(word, {}).setdefault(runtime, []).append(ok)
    rows = [
        [word, len([ok for passed in runs.values() for ok in passed]),
         "yes" if all(ok for passed in runs.values() for ok in passed) else "NO"]
        for word, runs in by_name.items()
    ]  # fmt: skip
    return {
        "title": "Hostile central systems",
        "about": "Each trick leads to the right error or a closed connection; no exception comes "
        "out, no limit changes, no loop wears out the flash.",
        "columns": ["trick", "runs (CPython and MicroPython)", "withstood"],
        "rows": rows,
        "faults": bad,
        "summary": f"{len(rows)} tricks, {len(cases)} runs, {len(bad)} failed",
    }


def fuzzer(progress, count, jobs):
    """Random inputs on MicroPython."""
    progress(f"fuzzer: {count} inputs ...")
    total = fuzz(count, jobs=jobs, progress=lambda text: progress("fuzzer: " + text))
    rows = sorted(total["answers"].items(), key=lambda item: -item[1])
    faults = list(total["findings"])
    if total["inputs"] < count:
        faults.append(f"{total['inputs']} of {count} inputs")
    return {
        "title": "Fuzzer",
        "about": "Mutated messages and frames for the frame parser, the JSON layer and the "
        "handlers on MicroPython: no exception out, no handler that fails, no limit changed by "
        "what was not accepted, heap flat. `make ocpp-fuzz` takes a million.",
        "columns": ["led to", "times"],
        "rows": [list(row) for row in rows],
        "faults": faults,
        "summary": f"{total['inputs']} inputs, {len(total['findings'])} findings, heap "
        f"{total['heap_early']} to {total['heap_late']} B, {total['seconds']} s",
    }
