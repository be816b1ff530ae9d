# SPDX-License-Identifier: MIT
"""Compares the firmware with its budgets: flash of the whole, heap of a charger as configured.

stock   compiled files in the file system: their bytecode is on the heap. What the modules keep
        is measured on the 32-bit MicroPython; the objects that the application builds are
        measured on the 64-bit one and halved.
frozen  frozen into the interpreter, or a ROMFS image: bytecode stays in the flash. Measured from
        a ROMFS image on the 64-bit MicroPython and halved, so a rough figure.

Usage: python -m tools.size_budget [--check]    --check: exit status 1 when over a budget
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import size
from tools.flash import boards, images
from tools.runtimes import micropython, why_no_wasm
from tools.tree import ROOT, device_files

SCRIPT = ROOT / "tools" / "size_loaded.py"
BOARD = "pico_w"
FLASH_KB = 150
OCPP = {"csms_url": "ws://charge.example/ocpp"}
SECURE = {
    "csms_url": "wss://charge.example/ocpp",
    "wifi_ssid": "home",
    "wifi_password": "12345678",
}
# name, settings, heap budget in KB on a stock interpreter and frozen (None: none is set), TLS
CONFIGURATIONS = (
    ("charger alone", {}, None, None, False),
    ("with OCPP", OCPP, 120, 60, False),
    ("with OCPP, Wi-Fi and TLS", SECURE, 150, None, True),
)
TOP = 14


def loaded(source, settings, modules=()):
    """(modules loaded, heap bytes on the 64-bit host) of an application built from `source`."""
    arguments = [str(ROOT), str(source), json.dumps(settings), *modules]
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as flash:
        done = subprocess.run(
            [micropython(), "-X", "heapsize=8M", str(SCRIPT), *arguments],
            cwd=flash,
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        found = json.loads(done.stdout.splitlines()[-1])
        return found["modules"], found["heap"]
    except (IndexError, ValueError, TypeError):
        text = (done.stdout + done.stderr).strip()[-400:]
        sys.exit("error: the application could not be built:\n" + text)


def verdict(kilobytes, budget):
    """Return "123 KB of 120: over by 3" or what there is to say without a budget."""
    if budget is None:
        return "%d KB" % kilobytes
    over = kilobytes - budget
    return "%d KB of %d: %s" % (kilobytes, budget, "over by %d" % over if over > 0 else "within")


def report(folder, tell=print):
    """Measure and tell; returns how many budgets are exceeded."""
    size.BUILD = Path(folder) / "mpy"
    files = device_files()
    mpy = {size.module_name(path): size.compile_file(path) for path in files}
    chip = boards.chip(BOARD)
    total = sum(
        mpy[size.module_name(path)]
        for path in files
        if not path.as_posix().startswith(chip.leave_out)
    )
    over = total > FLASH_KB * 1024
    tell("flash (.mpy for one chip)      %s" % verdict(-(-total // 1024), FLASH_KB))
    image = images.romfs(BOARD, Path(folder))
    order = [size.module_name(path) for path in size.import_order(files) if len(path.parts) > 1]
    reason = why_no_wasm()
    ram = {}
    for name, settings, stock_kb, frozen_kb, tls in CONFIGURATIONS:
        modules, heap = loaded(size.BUILD, settings)
        own = [module for module in order if module in modules]
        _, rom = loaded(image, settings)
        extra_kb = size.TLS_KB if tls else 0
        flash = sum(mpy[module] for module in own)
        tell("%-30s %d modules, %d KB of .mpy" % (name, len(own), -(-flash // 1024)))
        frozen = -(-rom // 2048) + extra_kb
        tell("  heap, frozen or ROMFS        about %s" % verdict(frozen, frozen_kb))
        over += frozen_kb is not None and frozen > frozen_kb
        if reason:
            tell("  heap, stock                  not measured: %s" % reason)
            continue
        _, code = loaded(size.BUILD, settings, own)
        ram = size.ram_after_import(own)
        kept = sum(count for count in ram.values() if isinstance(count, int))
        stock = -(-(kept + max(0, heap - code) // 2) // 1024) + extra_kb
        tell("  heap, stock                  %s" % verdict(stock, stock_kb))
        over += stock_kb is not None and stock > stock_kb
    heaviest = sorted((c, n) for n, c in ram.items() if isinstance(c, int))[: -TOP - 1 : -1]
    if heaviest:
        tell("heaviest of these on the heap of a stock interpreter:")
    for count, name in heaviest:
        tell("  %-34s %7d bytes" % (name, count))
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
