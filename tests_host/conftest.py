# SPDX-License-Identifier: MIT
"""Collects the same test files for every runtime: CPython, then FILE::@mp and FILE::@wasm.

@mp    MicroPython for unix (64 bit), for all dual folders. The environment variable MICROPYTHON
       may name another binary.
@wasm  MicroPython for WebAssembly in node: the only true 32-bit runtime on a host, with small
       integers and heap blocks as wide as on the chips. The tests of control/ run there; they are
       skipped with the reason when node is missing.

One child process runs one file; every test function in it is an item of its own. The current
directory of a test is an empty folder, as the flash of a new device. A test file may set, as
plain constants at its top level:

PATHS = ("tools/bench/sim",)      folders in front of the module path, for a simulated machine.py
                                  and time.py. Such a file is not run on CPython, whose own time
                                  module must stay.
RUNTIMES = ("cpython", "mp")      the runtimes to run on, when not the usual ones of its folder.
HEAP = "192K"                     heap of MicroPython for unix (objects are twice as wide there).
TIMEOUT_S = 60                    wall-clock limit of one child process.
"""

import ast
import asyncio
import subprocess
import tempfile

import pytest

from tools.runtimes import micropython, node, why_no_wasm
from tools.tree import ROOT

OPEN_CONNECTION = asyncio.open_connection


@pytest.fixture(autouse=True)
def _network_comes_back():
    """Some rigs take the network away from their process; the next test has it again."""
    asyncio.open_connection = OPEN_CONNECTION
    yield
    asyncio.open_connection = OPEN_CONNECTION


RUNNER = ROOT / "tests_host" / "mp_runner.py"
USUAL = {
    "control": ("cpython", "mp", "wasm"),
    "drivers": ("cpython", "mp"),
    "firmware": ("cpython", "mp"),
    "bench": ("cpython", "mp"),
}
SETTINGS = {"PATHS": (), "RUNTIMES": None, "HEAP": "8M", "TIMEOUT_S": 100}


class TestFile:
    """What the source of a dual test file says: its constants, its tests with their lines."""

    __test__ = False

    def __init__(self, path):
        """Read the file without importing it (if it does not parse, pytest's import tells)."""
        self.settings = dict(SETTINGS)
        self.tests = {}
        try:
            body = ast.parse(path.read_text(encoding="utf-8")).body
        except SyntaxError:
            body = ()
        for line in body:
            if isinstance(line, ast.FunctionDef) and line.name.startswith("test_"):
                self.tests[line.name] = line.lineno
            elif isinstance(line, ast.Assign) and getattr(line.targets[0], "id", None) in SETTINGS:
                self.settings[line.targets[0].id] = ast.literal_eval(line.value)
        usual = USUAL[path.parent.name]
        if self.settings["PATHS"]:
            usual = tuple(name for name in usual if name != "cpython")
        self.runtimes = self.settings["RUNTIMES"] or usual


def dual(path):
    """Return True for a test file that runs on more than CPython."""
    return (
        path.parent.parent == ROOT / "tests_host"
        and path.parent.name in USUAL
        and path.name.startswith("test_")
    )


def pytest_collect_file(file_path, parent):
    """Add the collector of the MicroPython runtimes to pytest's own."""
    if file_path.suffix == ".py" and dual(file_path):
        return DeviceFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(module_path, parent):
    """Collect nothing for CPython from files that are not for it (and do not import them)."""
    if dual(module_path) and "cpython" not in TestFile(module_path).runtimes:
        return NotForCPython.from_parent(parent, path=module_path)
    return None


class NotForCPython(pytest.Module):
    """A test file that CPython must not import."""

    def collect(self):
        """Return no tests."""
        return []


class DeviceFile(pytest.File):
    """One test file as MicroPython sees it."""

    def collect(self):
        """Yield one collector for each MicroPython runtime."""
        source = TestFile(self.path)
        for runtime in source.runtimes:
            if runtime != "cpython":
                yield DeviceRun.from_parent(self, name="@" + runtime, source=source)


class DeviceRun(pytest.Collector):
    """One test file on one MicroPython runtime, run once by its first item."""

    def __init__(self, *, source, **kw):
        """Take the parsed source; the name is "@mp" or "@wasm"."""
        super().__init__(**kw)
        self.source = source
        self.runtime = self.name[1:]
        self.results = None

    def collect(self):
        """Yield one item for each test function."""
        for name, line in self.source.tests.items():
            yield DeviceTest.from_parent(self, name=name, line=line)

    def command(self):
        """Return the command line of the child process."""
        paths = list(self.source.settings["PATHS"])
        arguments = [str(ROOT), str(self.path), *paths]
        if self.runtime == "wasm":
            return [node(), str(ROOT / "tests_host" / "wasm" / "run.mjs"), *arguments]
        heap = self.source.settings["HEAP"]
        return [micropython(), "-X", f"heapsize={heap}", str(RUNNER), *arguments]

    def run(self):
        """Run the child process once; return what sort_output makes of its output."""
        if self.results is not None:
            return self.results
        limit = self.source.settings["TIMEOUT_S"]
        with tempfile.TemporaryDirectory(prefix="gridpilot-test-") as folder:
            try:
                done = subprocess.run(
                    self.command(),
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=limit,
                    check=False,
                )
                output, end = done.stdout, f"exit status {done.returncode}"
            except subprocess.TimeoutExpired as error:
                output, end = error.stdout or b"", f"no end after {limit} s"
        self.results = sort_output(output.decode(errors="replace"), end)
        return self.results


def sort_output(text, end):
    """Return {test name: (passed, output)}; what belongs to no test is under None."""
    results, lines, current = {}, [], None
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        verb, _, name = rest.partition(" ")
        if mark != "@@":
            lines.append(line)
        elif verb == "run":
            current, lines = name, []
        else:
            results[name] = (verb == "ok", "\n".join(lines))
            current, lines = None, []
    if current:
        results[current] = (
            None,
            "\n".join([*lines, f"the process ended inside this test: {end}"]),
        )
    results[None] = (None, "\n".join([*lines, end]))
    return results


class DeviceError(Exception):
    """A test failed on MicroPython; the message is what it printed."""


class DeviceTest(pytest.Item):
    """One test function on MicroPython."""

    def __init__(self, *, line, **kw):
        """Take the line of the function, for the report."""
        super().__init__(**kw)
        self.line = line

    def runtest(self):
        """Look up what the child process said about this test."""
        if self.parent.runtime == "wasm" and why_no_wasm():
            pytest.skip(why_no_wasm())
        results = self.parent.run()
        passed, output = results.get(self.name) or results.get("<import>") or results[None]
        if not passed:
            raise DeviceError(output)
        self.add_report_section("call", "stdout", output)

    def repr_failure(self, excinfo):
        """Show the traceback as MicroPython printed it."""
        if isinstance(excinfo.value, DeviceError):
            output = str(excinfo.value)
            return f"{output.rpartition(chr(10))[2]} (MicroPython, {self.parent.name})\n{output}"
        return super().repr_failure(excinfo)

    def reportinfo(self):
        """Name the place in the test file."""
        return self.path, self.line - 1, f"{self.parent.name} {self.name}"


@pytest.fixture(autouse=True)
def _empty_flash(request, monkeypatch, tmp_path):
    """Run the dual tests in an empty current directory on CPython too."""
    if dual(request.path):
        monkeypatch.chdir(tmp_path)
