# SPDX-License-Identifier: MIT
"""make selftest PORT=/dev/ttyACM0: the board tests itself and this prints the table.

Without PORT the same program runs on the simulated board. --relays closes the main contactor on
an empty socket: only where nobody can touch it. --json prints one object instead of the table.
"""

import argparse
import json
import subprocess
import sys
import tempfile

from tools.flash.device import Device
from tools.flash.errors import FlashError
from tools.runtimes import micropython
from tools.tree import ROOT

QUIET_S = 120  # some rows take seconds, and minutes on an emulated board
MARK = "@selftest "
NAMES = ("name", "value", "unit", "expected", "verdict")
PROGRAM = "from firmware import selftest\nselftest.main(relays=%r, as_json=True)"


def rows_of(text):
    """The rows in what was printed."""
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    return [json.loads(line[len(MARK) :]) for line in lines]


def on_board(port, relays):
    """Run on the board; a charger that runs is stopped, and started again by the reset after."""
    device = Device(port)
    try:
        device.step = "testing itself"
        text = device.run(PROGRAM % relays, quiet_s=QUIET_S)
        device.reset()
    finally:
        device.close()
    return rows_of(text)


def simulated(relays=False, faults=(), plug=False):
    """Run on the simulated board."""
    options = json.dumps({"relays": relays, "faults": list(faults), "plug": plug})
    script = str(ROOT / "tools" / "selftest_sim.py")
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as flash:
        done = subprocess.run(
            [micropython(), "-X", "heapsize=4M", script, str(ROOT), options],
            cwd=flash,
            capture_output=True,
            text=True,
            check=False,
        )
    rows = rows_of(done.stdout)
    if not rows or "Traceback" in done.stdout + done.stderr:
        raise FlashError(
            "the self-test ended early: " + (done.stdout + done.stderr).strip()[-300:]
        )
    return rows


def table(rows):
    """Print the rows."""
    print("%-24s %10s %-22s %-18s %s" % ("test", "value", "unit", "expected", "verdict"))
    for row in rows:
        print(("%-24s %10s %-22s %-18s %s" % tuple(row)).rstrip())


def main(arguments=None):
    """Exit status 0: nothing failed; 1: something did, or the board could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m tools.selftest", description=__doc__)
    parser.add_argument("--port", default="", help="serial port; without: the simulated board")
    parser.add_argument("--relays", action="store_true", help="also close the main contactor")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")
    options = parser.parse_args(arguments)
    try:
        if options.port:
            rows = on_board(options.port, options.relays)
        else:
            rows = simulated(options.relays)
    except FlashError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    failed = [row[0] for row in rows if row[4] == "FAIL"]
    if options.json:
        rows = [dict(zip(NAMES, row)) for row in rows]
        print(json.dumps({"simulated": not options.port, "failed": failed, "rows": rows}))
    else:
        table(rows)
        if not options.port:
            print("simulated board: late interrupts are virtual, heap and flash are the host's")
        print("failed: %s" % (", ".join(failed) or "nothing"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
