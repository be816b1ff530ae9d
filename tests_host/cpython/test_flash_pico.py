# SPDX-License-Identifier: MIT
"""make pico: which image, which emulator, and the whole way through a TCP port."""

import struct
import subprocess
import sys

import pytest

from tests_host.cpython.flash_rig import application
from tools import pico, uf2
from tools.flash.desk.cable import new_flash
from tools.flash.errors import FlashError
from tools.tree import ROOT

BANNER = b"MicroPython v1.29.0 on 2026-06-01; Raspberry Pi Pico W with RP2040\0"


def image(content, family=uf2.RP2040, address=uf2.FLASH):
    """A UF2 file with this content."""
    blocks = []
    parts = [content[at : at + 256] for at in range(0, len(content), 256)]
    for number, part in enumerate(parts):
        place = address + 256 * number
        head = (*uf2.MAGIC, uf2.FAMILY, place, 256, number, len(parts), family)
        blocks.append(
            struct.pack("<8I", *head) + part.ljust(476, b"\0") + struct.pack("<I", uf2.END)
        )
    return b"".join(blocks)


def test_reads_content_and_version():
    content, version = uf2.read(image(b"\0" * 700 + BANNER))
    assert content[700 : 700 + len(BANNER)] == BANNER
    assert version == "1.29.0"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "multiple of 512"),
        (b"x" * 512, "block 0 is not a UF2 block"),
        (image(BANNER, family=0xE48BFF59), "chip family e48bff59"),
        (image(BANNER, address=0x20000000), "block 0"),
        (image(b"another program"), "found no version"),
        (image(BANNER.replace(b"1.29", b"1.20")), "MicroPython 1.20.0: expected 1.28"),
    ],
)
def test_refuses_what_is_not_the_image(tmp_path, data, text):
    file = tmp_path / "x.uf2"
    file.write_bytes(data)
    with pytest.raises(FlashError) as caught:
        pico.check_image(file)
    assert text in str(caught.value)


def run(*arguments):
    command = [sys.executable, "-m", "tools.pico", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_an_image_or_an_emulator_it_is_skipped_and_says_so(tmp_path):
    done = run()
    assert done.returncode == 0
    assert done.stdout.startswith("skipped: no image")
    file = tmp_path / "x.uf2"
    file.write_bytes(image(BANNER))
    done = run("--image", str(file))
    assert done.returncode == 0
    assert "MicroPython 1.29.0" in done.stdout
    assert "skipped: not booted" in done.stdout
    assert "no boot ROM" in done.stdout


def test_installs_and_tests_through_a_tcp_port(tmp_path):
    flash = new_flash(tmp_path / "flash.img")
    files = application(1)
    row = '@selftest ["pilot F", -12000, "mV", "", "ok"]'
    program = "def main(relays, as_json):\n    print(%r)\n" % row
    files["firmware/selftest.py"] = program.encode()
    command = "%s -m tools.flash.desk.serve {image} {port}" % sys.executable
    told = []
    rows = pico.emulate(command, flash, told.append, files)
    assert rows == [["pilot F", -12000, "mV", "", "ok"]]
    assert told[-1] == "done     app_a runs and is healthy"


def test_an_emulator_that_ends_is_named(tmp_path):
    with pytest.raises(FlashError, match="the emulator ended with status 3"):
        pico.emulate("%s -c 'import sys; sys.exit(3)'" % sys.executable, tmp_path / "x")
