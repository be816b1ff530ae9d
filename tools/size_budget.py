# SPDX-License-Identifier: MIT
"""Compares the firmware with its budgets: flash of the whole, heap of a charger as configured.

flash   what `make flash` puts on the board, and the .mpy in it before it is deflated
stock   compiled files in the file system: their bytecode is on the heap
ROMFS   compiled files in a ROMFS image: bytecode and texts stay in the flash
frozen  in the interpreter itself: almost everything but objects stays in the flash

The application is built on the simulated board, not started, on the MicroPython that
MICROPYTHON32 names: a 32-bit one has objects as wide as the chips'. MICROPYTHON_FROZEN names one
that has the firmware frozen in. Without them the heap is measured on the 64-bit interpreter and
scaled (SCALE), and there is no frozen figure.

Usage: python -m tools.size_budget [--check]    --check: exit status 1 when over a budget
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import size
from tools.flash import build, images, packs
from tools.runtimes import micropython
from tools.tree import ROOT, module_name

SCRIPT = ROOT / "tools" / "size_loaded.py"
BOARD = "pico_w"
FLASH_KB = 150
OCPP = {"csms_url": "ws://charge.example/ocpp"}
SECURE = {
    "csms_url": "wss://charge.example/ocpp",
    "wifi_ssid": "home",
    "wifi_password": "12345678",
}
# name, settings, load all parts of the station, TLS, {way of installing: budget in KB}
CONFIGURATIONS = (
    ("charger alone", {}, False, False, {}),
    ("with OCPP", OCPP, False, False, {"stock": 120, "ROMFS": 60, "frozen": 60}),
    ("with OCPP, every part in use", OCPP, True, False, {}),
    ("with OCPP, Wi-Fi and TLS", SECURE, False, True, {"stock": 150}),
)
# Heap of the 32-bit interpreter over that of the 64-bit one, for the same application. Measured
# side by side on MicroPython 1.29 with four configurations: 0.68 to 0.70, and 0.57 to 0.58.
SCALE = {"stock": 0.69, "ROMFS": 0.57}
# The interpreter's table of names: pools of 20, 40, 80 ... names, each of them with a pointer, a
# hash of two bytes and a length.
_POOL = 20


class Measured:
    """What one run of size_loaded.py said."""

    def __init__(self, output, word_bytes):
        infos = re.findall(r"n_pool=(\d+), n_qstr=(\d+)", output)
        found = json.loads(output.splitlines()[-1])
        self.modules = found["modules"]
        each = word_bytes + 3
        pools = [_POOL * (2 ** int(count) - 1) * each for count, _ in infos]
        self.names = int(infos[1][1]) - int(infos[0][1])
        # The simulator has names as well, so the table grew from another size than on a chip.
        self.heap = found["heap"] - (pools[1] - pools[0]) + pool_room(self.names) * each


def pool_room(names):
    """Names for which the interpreter has room when it keeps so many."""
    room, pool = 0, _POOL
    while room < names:
        room, pool = room + pool, 2 * pool
    return room


def loaded(source, settings, parts=False, runtime=None):
    """Measured of an application built from `source` (folder, image, or ".frozen")."""
    runtime = runtime or os.environ.get("MICROPYTHON32") or micropython()
    arguments = [str(ROOT), str(source), json.dumps(settings)] + parts * [_all_parts()]
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as flash:
        done = subprocess.run(
            [runtime, "-X", "heapsize=8M", str(SCRIPT), *arguments],
            cwd=flash,
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        return Measured(done.stdout, 4 if is_32(runtime) else 8)
    except (IndexError, ValueError, TypeError):
        text = (done.stdout + done.stderr).strip()[-400:]
        sys.exit("error: the application could not be built:\n" + text)


def _all_parts():
    """Names of the parts of the OCPP station, with commas."""
    from firmware.ocpp import calls

    return ",".join(row[0] for row in calls.rows())


def is_32(runtime):
    """True for the interpreters that the environment names."""
    return runtime in (os.environ.get("MICROPYTHON32"), os.environ.get("MICROPYTHON_FROZEN"))


def verdict(kilobytes, budget):
    """Return "123 KB of 120: over by 3" or what there is to say without a budget."""
    if budget is None:
        return "%d KB" % kilobytes
    over = kilobytes - budget
    return "%d KB of %d: %s" % (kilobytes, budget, "over by %d" % over if over > 0 else "within")


def kilobytes(count):
    """Bytes in KB of 1024, rounded up."""
    return -(-count // 1024)


def flash_kb(files):
    """(KB that `make flash` puts on the board, KB of .mpy) of an application."""
    packed = sum(map(len, packs.bundle(files).values()))
    return kilobytes(packed), kilobytes(sum(map(len, files.values())))


def heaps(folder):
    """Yield (configuration, way, KB of heap, Measured) for everything that can be measured."""
    source = Path(folder) / "mpy"
    build.application(BOARD, source)
    ways = {"stock": (source, None), "ROMFS": (images.romfs(BOARD, Path(folder)), None)}
    frozen = os.environ.get("MICROPYTHON_FROZEN")
    if frozen:
        ways["frozen"] = (".frozen", frozen)
    exact = os.environ.get("MICROPYTHON32")
    for configuration in CONFIGURATIONS:
        for way, (place, runtime) in ways.items():
            found = loaded(place, configuration[1], configuration[2], runtime)
            scale = 1 if exact or runtime else SCALE[way]
            extra_kb = size.TLS_KB if configuration[3] else 0
            yield configuration, way, kilobytes(int(found.heap * scale)) + extra_kb, found


def report(folder, tell=print):
    """Measure and tell; returns how many budgets are exceeded."""
    files = build.application(BOARD, Path(folder) / "flash")
    packed_kb, mpy_kb = flash_kb(files)
    tell("flash of a %-20s %s" % (BOARD, verdict(packed_kb, FLASH_KB)))
    tell("  deflated from                %d KB of .mpy in %d files" % (mpy_kb, len(files)))
    over = packed_kb > FLASH_KB
    about = "" if os.environ.get("MICROPYTHON32") else "about "
    sizes = {module_name(Path(path)): len(data) for path, data in files.items()}
    before = None
    for configuration, way, heap_kb, found in heaps(folder):
        if configuration is not before:
            before = configuration
            code = sum(sizes[name] for name in found.modules)
            tell(
                "%-30s %d modules, %d KB of .mpy, %d names"
                % (configuration[0], len(found.modules), kilobytes(code), found.names)
            )
        budget = configuration[4].get(way)
        tell("  heap, %-22s %s%s" % (way, about, verdict(heap_kb, budget)))
        over += budget is not None and heap_kb > budget
    return over


def main(arguments=None):
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m tools.size_budget", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when over a budget")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gridpilot-size-") as folder:
        over = report(folder)
    print("budgets exceeded: %d" % over)
    return 1 if over and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
