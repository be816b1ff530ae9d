# SPDX-License-Identifier: MIT
"""What is compiled for a board is the firmware: every name is there, and it does the same."""

import json
import subprocess
import sys

import pytest

from tools.bench import simlink
from tools.bench.scenario import load
from tools.flash import build, names
from tools.flash.scopes import Module
from tools.runtimes import micropython
from tools.tree import ROOT, device_files, module_name


@pytest.fixture(scope="module", params=["apart", "merged"])
def texts(request):
    return build.sources(apart=request.param == "apart")


def test_every_name_of_the_firmware_that_is_used_is_still_there(texts):
    modules = {module_name(path): Module(path, text) for path, text in texts[0].items()}
    checked = 0
    for module in modules.values():
        aliases = {}
        for node in module.imports + module.late_imports:
            for alias in node.names:
                target = modules.get(getattr(node, "module", None))
                if target and alias.name != "*":
                    inner = target.name + "." + alias.name
                    assert alias.name in target.bound or inner in modules, (module.name, inner)
                    if inner in modules and node in module.imports:
                        aliases[alias.asname or alias.name] = inner
        for node, name in module.uses:
            if name in aliases:
                checked += 1
                attribute = module.attributes[id(node)].attr
                inner = aliases[name]
                assert attribute in modules[inner].bound or inner + "." + attribute in modules
    assert checked > 100


def test_no_name_is_without_a_value(texts, tmp_path):
    """ruff knows scopes; F821 is an undefined name. PIO programs have such, on purpose."""
    for path, text in texts[0].items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (tmp_path / "control" / "undefined.py").write_text("print(nothing)\n")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    command += ["--output-format", "concise", "--exclude", "drivers/rp2", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if "F821" in line]
    assert [line.split(":")[0] for line in found] == ["control/undefined.py"], done.stdout


def test_the_table_tells_where_each_name_comes_from():
    texts, table = build.sources()
    files = {module_name(path): text for path, text in texts.items()}
    assert "control.limits" not in files and "control.limits" not in table
    origins = table["control.charger"]
    assert origins["Limits"] == ["control.limits.Limits"]
    assert any("control.wake._next_pulse" in names for names in origins.values())
    for new in origins:
        assert new in files["control.charger"]


def test_a_traceback_is_explained():
    _, table = build.sources()
    short = next(
        new for new, old in table["control.charger"].items() if "control.wake._next_pulse" in old
    )
    text = '  File "control.charger", line 1, in %s' % short
    (line,) = names.explained([text + "\n"], table)
    assert line.startswith(text + "  = ") and "control.wake._next_pulse" in line
    plain = ['  File "main", line 1, in build', "MemoryError: "]
    assert list(names.explained(plain, table)) == plain


def test_the_compiled_firmware_makes_the_same_trace(tmp_path):
    """Byte for byte: car, central system's absence, grid service, phases, faults."""
    scenario = load(ROOT / "tools" / "bench" / "scenarios" / "afternoon.toml")
    places = {"source": ROOT, "compiled": tmp_path / "repo"}
    build.compiled(device_files(), places["compiled"], "armv6m")
    (places["compiled"] / "tools").symlink_to(ROOT / "tools")
    for source in (ROOT / "control").glob("*.py"):  # from which the bench has names of states
        if not (places["compiled"] / "control" / source.name).with_suffix(".mpy").exists():
            (places["compiled"] / "control" / source.name).symlink_to(source)
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
