# SPDX-License-Identifier: MIT
"""Prints what the firmware weighs: bytes of .mpy and 32-bit RAM after import, for each folder.

.mpy   the compiled files for a Pico W (mpy-cross, armv6m), each by itself: `make flash` gives
       private names short ones and merges modules, and the sums of tools/size_budget.py have that.
RAM    what the modules keep on the heap after import: on a stock interpreter the bytecode of
       imported files is there. Measured on MicroPython for WebAssembly, whose heap blocks are as
       wide as on the chips; objects that the firmware makes when it starts come on top. That
       build has hooks for debuggers and keeps some 110 bytes more for each function than a chip
       does: good for comparing modules, too high as a sum. tools/size_budget.py has the sums.
       The table of names grows in steps, and the module that needs the next step pays for it.

Usage: python -m tools.size [--modules]     --modules adds a line for each module
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.flash import build
from tools.flash.errors import FlashError
from tools.runtimes import node, why_no_wasm
from tools.tree import ROOT, device_files, module_name

BUILD = ROOT / "build" / "size"
# Heap of MicroPython 1.28 on the chip, and what a TLS connection takes of it.
HEAP_KB = {"Pico W": 207}
TLS_KB = 29


def compiled(files):
    """Compile device files into BUILD; {path: bytes of its .mpy}, or exit with the error."""
    try:
        found = build.compiled(files, BUILD, "armv6m", apart=True)
    except FlashError as error:
        sys.exit("error: %s" % error)
    return {path: len(found[path.with_suffix(".mpy").as_posix()]) for path in files}


def ram_after_import(names):
    """Return {module: bytes or error text}, imported in this order in one 32-bit runtime."""
    command = [node(), str(ROOT / "tests_host" / "wasm" / "memory.mjs"), str(BUILD)]
    names = json.dumps(names)
    done = subprocess.run(command, input=names, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: the WebAssembly build of MicroPython failed:\n{done.stderr}")
    return json.loads(done.stdout)


def imported_files(path, files):
    """Return which of the files a device file imports when it is itself imported."""
    names = []
    for statement in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names += [f"{statement.module}.{alias.name}" for alias in statement.names]
            names.append(statement.module)
    return [other for other in files if module_name(other) in names]


def import_order(files):
    """Sort so that every file comes after what it imports, and pays only for itself."""
    order = []

    def visit(path):
        if path not in seen:
            seen.add(path)
            for other in imported_files(path, files):
                visit(other)
            order.append(path)

    seen = set()
    for path in sorted(files, key=lambda path: (path.name != "__init__.py", path)):
        visit(path)
    return order


def rows(files, mpy, ram, group):
    """Yield (name, number of files, .mpy bytes, RAM bytes or None) for each group of files."""
    groups = {}
    for path in files:
        groups.setdefault(group(path), []).append(path)
    for name, members in groups.items():
        kept = [ram.get(module_name(path)) for path in members]
        kept = [count for count in kept if isinstance(count, int)]
        total = sum(kept) if kept else None
        yield name, len(members), sum(mpy[path] for path in members), total


def print_table(table):
    """Print rows with a head and right-aligned numbers."""
    print(f"{'':32}{'files':>6}{'.mpy bytes':>12}{'RAM bytes':>12}")
    for name, count, mpy_bytes, ram_bytes in table:
        ram = "-" if ram_bytes is None else f"{ram_bytes:,}"
        print(f"{name:32}{count:>6}{mpy_bytes:>12,}{ram:>12}")


def main():
    """Compile, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.size", description=__doc__)
    parser.add_argument("--modules", action="store_true", help="a line for each module")
    arguments = parser.parse_args()
    shutil.rmtree(BUILD, ignore_errors=True)
    files = device_files()
    mpy = compiled(files)
    order = import_order([path for path in files if len(path.parts) > 1])
    reason = why_no_wasm()
    ram = {} if reason else ram_after_import([module_name(path) for path in order])

    def folder(path):
        return "boot.py, main.py" if path.parent == Path() else path.parent.as_posix() + "/"

    print_table(rows(files, mpy, ram, str if arguments.modules else folder))
    print_table(rows(files, mpy, ram, lambda path: "all"))
    if reason:
        print(f"no RAM figures: {reason}")
    for name, kept in ram.items():
        if isinstance(kept, str):
            print(f"not in the RAM figures: {name} ({kept})")
    for chip, heap in HEAP_KB.items():
        print(f"for comparison: a {chip} has {heap} KB of heap, one TLS connection takes {TLS_KB}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
