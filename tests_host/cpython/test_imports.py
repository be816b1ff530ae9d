# SPDX-License-Identifier: MIT
"""Imports point one way: main -> firmware -> drivers and control; control imports only control.

Whoever wants to know what a layer may touch reads ALLOWED. The sources are parsed, not imported.
"""

import ast

import pytest

from tools.tree import ROOT, device_files

# Modules of both chips' stock MicroPython 1.29 that touch no pin, clock, file or network.
PURE = {"array", "micropython", "struct"}
CHIP = {"machine", "time", "esp32", "neopixel", "rp2", "uctypes", "sys"}
SYSTEM = {
    "asyncio",
    "binascii",
    "collections",
    "deflate",
    "errno",
    "gc",
    "hashlib",
    "io",
    "json",
    "network",
    "ntptime",
    "os",
    "random",
    "re",
    "select",
    "socket",
    "ssl",
    "tls",
    "vfs",
}
ALLOWED = {
    "control": {"control", "array", "micropython"},
    "drivers": {"drivers"} | PURE | CHIP,
    "firmware": {"control", "drivers", "firmware"} | PURE | CHIP | SYSTEM,
    "boot.py": {"firmware", "machine", "micropython", "time", "sys", "os", "gc", "json"},
    "main.py": {"firmware", "machine", "micropython", "time", "sys", "os", "gc", "asyncio"},
}


def imported(source):
    """Yield (line, top-level module) for each import in the source; relative ones as "."."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else node.module.partition(".")[0]


def foreign(source, allowed):
    """Return what the source imports without being allowed, as "line N: module"."""
    return [f"line {line}: {name}" for line, name in imported(source) if name not in allowed]


@pytest.mark.parametrize("path", device_files(), ids=str)
def test_device_file_imports_only_what_its_layer_may(path):
    source = (ROOT / path).read_text(encoding="utf-8")
    layer = path.parts[0]
    assert foreign(source, ALLOWED[layer]) == [], f"{path}: {layer} may not import this"


def test_the_check_sees_every_form_of_import():
    source = """
import control.limits, machine
from firmware.app import App
from . import ticks
def late():
    import json as j
"""
    assert foreign(source, ALLOWED["control"]) == [
        "line 2: machine",
        "line 3: firmware",
        "line 4: .",
        "line 6: json",
    ]
