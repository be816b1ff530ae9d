# SPDX-License-Identifier: MIT
"""What goes on a board has numbers in place of shared names, and does the same as the sources."""

import ast
import json
import subprocess
from pathlib import Path

import pytest

from tools.bench import simlink
from tools.bench.scenario import load
from tools.flash import build, fold
from tools.runtimes import micropython
from tools.tree import ROOT, device_files, module_name

A = Path("control/a.py")
B = Path("firmware/b.py")
LIMITS = "from micropython import const\n\nOCPP = const(10)\nMOST = const(OCPP * -3)\nWORD = 'x'\n"


def folded(text, a=LIMITS):
    """(a.py, b.py) after folding."""
    done = fold.folded({A: a, B: text})
    return done[A], done[B]


def test_numbers_take_the_place_of_names_and_lines_stay():
    text = "from control import a\nfrom control.a import (\n    MOST,\n    WORD,\n)\n\n"
    a, b = folded(text + "print(a.OCPP, MOST, WORD)\n")
    assert b == "pass\nfrom control.a import WORD\n\n\n\n\nprint(10, (-30), WORD)\n"
    assert a == "pass\n\npass\npass\nWORD = 'x'\n"


def test_what_is_looked_up_in_another_way_stays():
    for use in ("getattr(a, 'OCPP')", "self.a.OCPP", "(a or None).OCPP"):
        a, b = folded("from control import a\nprint(%s)\n" % use)
        assert "OCPP = const(10)" in a and use in b


def test_a_name_that_is_bound_twice_is_left_alone():
    for text in (
        "from control import a\n\ndef f(a):\n    return a.OCPP\n",
        "from control import a\n\ndef f(x):\n    a = x\n    return a.OCPP\n",
        "from control.a import OCPP\nfor OCPP in (1, 2):\n    print(OCPP)\n",
    ):
        assert folded(text)[1] == text
    doubtful = "from micropython import const\nOCPP = const(1)\nOCPP = const(2)\n"
    assert "OCPP" in folded("from control.a import OCPP\nprint(OCPP)\n", doubtful)[1]


def test_only_whole_numbers_in_capitals_outside_of_boards():
    a = "ON = True\nHALF = 0.5\nNAMES = ('a',)\nsmall = 3\nSIZE = 4\n"
    text = (
        "from control.a import ON, HALF, NAMES, small, SIZE\nprint(ON, HALF, NAMES, small, SIZE)\n"
    )
    b = folded(text, a)[1]
    assert b.splitlines()[1] == "print(ON, HALF, NAMES, small, 4)"
    board = Path("firmware/boards/x.py")
    done = fold.folded({board: "CP = 3\n", B: "from firmware.boards import x\nprint(x.CP)\n"})
    assert done[board] == "CP = 3\n" and "x.CP" in done[B]


def test_a_module_that_is_imported_as_a_whole_keeps_its_names():
    a, b = folded("from control.a import *\nprint(OCPP)\n")
    assert "OCPP = const(10)" in a and "OCPP" in b


def top_names(tree):
    """What a module binds at its top."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


@pytest.fixture(scope="module")
def texts():
    return fold.folded({path: (ROOT / path).read_text("utf-8") for path in device_files()})


def test_every_name_of_the_firmware_that_is_used_is_still_there(texts):
    trees = {module_name(path): ast.parse(text) for path, text in texts.items()}
    names = {name: top_names(tree) for name, tree in trees.items()}
    checked = 0
    for module, tree in trees.items():
        aliases = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in names:
                for alias in node.names:
                    if alias.name == "*":
                        continue
                    inner = node.module + "." + alias.name
                    assert alias.name in names[node.module] or inner in names, (module, alias.name)
                    if inner in names:
                        aliases[alias.asname or alias.name] = inner
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                target = aliases.get(node.value.id)
                rebound = node.value.id in top_names(ast.Module(tree.body, [])) - set(aliases)
                if target and not rebound and isinstance(node.ctx, ast.Load):
                    checked += 1
                    assert node.attr in names[target] or "%s.%s" % (target, node.attr) in names
    assert checked > 100


def test_lines_stay_and_names_go(texts):
    shorter = 0
    for path, text in texts.items():
        before = (ROOT / path).read_text("utf-8")
        assert text.count("\n") == before.count("\n"), path
        shorter += text != before
    assert shorter > 50
    assert "OCPP = const" not in texts[Path("control/limits.py")]


def test_the_folded_firmware_makes_the_same_trace(tmp_path, texts):
    """Byte for byte: car, central system's absence, grid service, phases, faults."""
    scenario = load(ROOT / "tools" / "bench" / "scenarios" / "afternoon.toml")
    places = {"source": ROOT, "folded": tmp_path / "repo"}
    build.compiled(device_files(), places["folded"], "armv6m")
    (places["folded"] / "tools").symlink_to(ROOT / "tools")
    seen = []
    for name, repo in places.items():
        out = tmp_path / name
        simlink.prepare(out, dict(scenario.settings))
        config = simlink.simulator_config(scenario, out, 1, False, "none")
        config["repo"] = str(repo)
        config["duration_s"] = 700
        (out / "sim.json").write_text(json.dumps(config))
        script = str(ROOT / "tools" / "bench" / "sim" / "main.py")
        done = subprocess.run(
            [micropython(), "-X", "heapsize=8M", script, str(out / "sim.json")],
            cwd=out / "flash", capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr, done.stdout[-1000:]
        seen.append(
            (done.stdout, (out / "trace.csv").read_bytes(), (out / "edges.csv").read_bytes())
        )
    assert seen[0][1:] == seen[1][1:]
    assert len(seen[0][1].splitlines()) > 5000
    events = [[line for line in out.splitlines() if '"event"' in line] for out, *_ in seen]
    assert [json.loads(line) for line in events[0]] == [json.loads(line) for line in events[1]]
