# SPDX-License-Identifier: MIT
"""Runs the fuzzer on MicroPython in several processes: `python -m tools.ocpp.fuzz_run COUNT`."""

import json
import subprocess
import sys
import tempfile
import time

from tools.runtimes import micropython
from tools.tree import ROOT

HEAP = "2M"
FUZZER = ROOT / "tools" / "ocpp" / "fuzz.py"


def fuzz(count, jobs=2, seed=1, progress=None):
    """Feed `count` inputs in `jobs` processes; returns the sum of what they say."""
    began = time.monotonic()
    share = count // jobs
    running = []
    for job in range(jobs):
        folder = tempfile.TemporaryDirectory(prefix="gridpilot-fuzz-")
        process = subprocess.Popen(
            [micropython(), "-X", f"heapsize={HEAP}", FUZZER, ROOT,
             str(share if job else count - share * (jobs - 1)), str(seed + job)],
            cwd=folder.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        running.append((process, folder))
    total = {"inputs": 0, "findings": [], "answers": {}, "heap_early": 0, "heap_late": 0}
    for process, folder in running:
        output, _ = process.communicate()
        folder.cleanup()
        try:
            result = json.loads(output)
        except ValueError:
            total["findings"].append(
                f"the fuzzer ended with {process.returncode}: {output[-500:]}"
            )
            continue
        total["inputs"] += result["inputs"]
        total["runtime"] = result["runtime"]
        total["findings"] += result["findings"]
        for key in ("heap_early", "heap_late"):
            total[key] = max(total[key], result[key])
        for kind, number in result["answers"].items():
            total["answers"][kind] = total["answers"].get(kind, 0) + number
        if progress:
            progress(f"{total['inputs']} of {count} inputs, {len(total['findings'])} findings")
    total["seconds"] = round(time.monotonic() - began, 1)
    return total


def main():
    """Fuzz and print; exit status 1 when something was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    print(f"{count} inputs to the frame parser, the JSON layer and the handlers ...", flush=True)
    total = fuzz(count, progress=lambda text: print(text, flush=True))
    for finding in total["findings"]:
        print("FOUND", finding)
    for kind, number in sorted(total["answers"].items(), key=lambda item: -item[1]):
        print(f"{number:9} {kind}")
    print(
        f"{total['inputs']} inputs in {total['seconds']} s, {len(total['findings'])} findings, "
        f"heap in use {total['heap_early']} -> {total['heap_late']} bytes"
    )
    return 1 if total["findings"] or total["inputs"] < count else 0


if __name__ == "__main__":
    sys.exit(main())
