# SPDX-License-Identifier: MIT
"""The WebAssembly runtime is what the proofs of control/ rely on: 31-bit integers, a locked heap.

Without this, a zero-allocation test could pass there because nothing is checked.
"""

import subprocess

import pytest

from tools.runtimes import node, why_no_wasm
from tools.tree import ROOT

pytestmark = pytest.mark.skipif(why_no_wasm() is not None, reason=str(why_no_wasm()))

SOURCE = """
import micropython


def _locked(function):
    micropython.heap_lock()
    try:
        function()
    finally:
        micropython.heap_unlock()


big = 1 << 28


def _small():
    return big + big


def _large():
    return (big + big) * 2


def test_small_integers_need_no_heap():
    _locked(_small)


def test_an_integer_of_32_bit_needs_heap():
    _locked(_large)
"""


def test_an_integer_beyond_31_bit_allocates_and_is_caught(tmp_path):
    file = tmp_path / "tests_host" / "test_bits.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    runner = ROOT / "tests_host" / "mp_runner.py"
    (file.parent / "mp_runner.py").write_text(runner.read_text())
    command = [node(), str(ROOT / "tests_host" / "wasm" / "run.mjs"), str(tmp_path), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "@@ ok test_small_integers_need_no_heap" in done.stdout, done.stdout
    assert "@@ fail test_an_integer_of_32_bit_needs_heap" in done.stdout, done.stdout
    assert "MemoryError" in done.stdout
    assert done.returncode == 1
