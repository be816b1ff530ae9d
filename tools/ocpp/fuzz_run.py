# SPDX-License-Identifier: MIT
"""Runs the fuzzer on MicroPython in shards: `python -m tools.ocpp.fuzz_run COUNT [JOBS]`.

A shard is a station of its own with a seed of its own, so that the same count gives the same
inputs on any number of cores.
"""

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tools.runtimes import micropython
from tools.tree import ROOT

HEAP = "2M"
FUZZER = ROOT / "tools" / "ocpp" / "fuzz.py"
SHARD = 50000  # inputs


def shards(count, seed=1):
    """[(inputs, seed)]: at least two, so that two cores have something to do."""
    number = max(min(2, count // 10000), -(-count // SHARD), 1)
    share = count // number
    return [(share if i else count - share * (number - 1), seed * 1000 + i) for i in range(number)]


def _shard(count, seed, leak=0):
    """What one shard says; a crash of it is a finding."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-fuzz-") as folder:
        done = subprocess.run(
            [micropython(), "-X", f"heapsize={HEAP}", FUZZER, ROOT, str(count), str(seed),
             str(leak)],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            errors="replace",
        )  # fmt: skip
    try:
        return json.loads(done.stdout)
    except ValueError:
        text = f"the fuzzer ended with {done.returncode}: {done.stdout[-500:]}"
        return {"inputs": 0, "seed": seed, "findings": [text], "answers": {}}


def fuzz(count, jobs=2, seed=1, progress=None, leak=0):
    """Feed `count` inputs, `jobs` shards at a time; returns the sum of what they say."""
    began = time.monotonic()
    total = {"inputs": 0, "findings": [], "answers": {}, "heap_early": 0, "heap_late": 0}
    total["shards"] = []
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(_shard, *shard, leak) for shard in shards(count, seed)]
        for done in as_completed(running):
            _add(total, done.result())
            if progress:
                progress(f"{total['inputs']} of {count} inputs, {len(total['findings'])} findings")
    total["seconds"] = round(time.monotonic() - began, 1)
    return total


def _add(total, result):
    total["inputs"] += result["inputs"]
    total["findings"] += [f"seed {result['seed']}: {text}" for text in result["findings"]]
    if "runtime" in result:
        total["runtime"] = result["runtime"]
        early, late = result["heap_early"], result["heap_late"]
        total["shards"].append((result["seed"], early, late))
        if late - early >= total["heap_late"] - total["heap_early"]:
            total["heap_early"], total["heap_late"] = early, late  # of the worst one
    for kind, number in result["answers"].items():
        total["answers"][kind] = total["answers"].get(kind, 0) + number


def main():
    """Fuzz and print; exit status 1 when something was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    print(f"{count} inputs to the frame parser, the JSON layer and the handlers ...", flush=True)
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    total = fuzz(count, jobs, progress=lambda text: print(text, flush=True))
    for finding in total["findings"]:
        print("FOUND", finding)
    for kind, number in sorted(total["answers"].items(), key=lambda item: -item[1]):
        print(f"{number:9} {kind}")
    print(
        f"{total['inputs']} inputs in {total['seconds']} s, {len(total['findings'])} findings, "
        f"heap in use of the shard that grew most {total['heap_early']} -> "
        f"{total['heap_late']} bytes"
    )
    return 1 if total["findings"] or total["inputs"] < count else 0


if __name__ == "__main__":
    sys.exit(main())
