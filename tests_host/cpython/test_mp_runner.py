# SPDX-License-Identifier: MIT
"""The second runtime must be able to fail: what the runner and its reader make of bad tests."""

import subprocess

from tests_host.conftest import RUNNER, TestFile, sort_output
from tools.runtimes import micropython


def run(folder, source, *paths):
    """Run a test file on MicroPython as the conftest does; return (exit status, results)."""
    file = folder / "test_it.py"
    file.write_text(source)
    command = [micropython(), str(RUNNER), str(folder), str(file), *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, sort_output(done.stdout + done.stderr, f"exit {done.returncode}")


def test_a_failure_keeps_its_traceback_and_is_counted(tmp_path):
    source = "def test_good():\n    pass\n\ndef test_bad():\n    x = 1\n    assert x == 2\n"
    status, results = run(tmp_path, source)
    assert status == 1
    assert results["test_good"][0] is True
    passed, output = results["test_bad"]
    assert passed is False
    assert "line 6, in test_bad" in output
    assert "AssertionError" in output


def test_leaving_the_process_is_no_way_to_pass(tmp_path):
    status, results = run(tmp_path, "import sys\n\ndef test_it():\n    sys.exit(0)\n")
    assert status == 1
    assert results["test_it"][0] is False


def test_a_file_that_does_not_load_fails(tmp_path):
    status, results = run(tmp_path, "import no_such_module\n")
    assert status == 1
    assert results["<import>"][0] is False
    assert "no_such_module" in results["<import>"][1]


def test_a_process_that_dies_inside_a_test_is_not_a_pass():
    results = sort_output("@@ run test_a\n@@ ok test_a\n@@ run test_b\nhello\n", "exit status -11")
    assert results["test_a"][0] is True
    assert not results["test_b"][0]
    assert "hello" in results["test_b"][1]
    assert "exit status -11" in results["test_b"][1]


def test_a_folder_in_front_replaces_the_chip_and_leaves_the_rest(tmp_path):
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "machine.py").write_text("NAME = 'simulated'\n")
    source = "import asyncio\nfrom machine import NAME\n\ndef test_it():\n    pass\n"
    assert run(tmp_path, source, "world")[0] == 0
    assert run(tmp_path, source)[0] == 1


def test_constants_of_a_file_choose_its_runtimes(tmp_path):
    folder = tmp_path / "drivers"
    folder.mkdir()
    file = folder / "test_it.py"
    file.write_text("PATHS = ('tools/bench/sim',)\nHEAP = '192K'\n\ndef test_it():\n    pass\n")
    source = TestFile(file)
    assert source.runtimes == ("mp",)
    assert source.settings["HEAP"] == "192K"
    assert source.tests == {"test_it": 4}
    file.write_text("RUNTIMES = ('cpython', 'wasm')\n")
    assert TestFile(file).runtimes == ("cpython", "wasm")
