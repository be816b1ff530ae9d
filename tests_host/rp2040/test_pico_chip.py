# SPDX-License-Identifier: MIT
"""The emulated Pico of tools/pico_desk: its core and what it repairs of rp2040js."""

import json
import struct
import subprocess

import pytest

from tests_host.rp2040.assembler import assembled
from tests_host.rp2040.chip import Chip
from tests_host.rp2040.emulate import why_not
from tools import uf2
from tools.runtimes import node
from tools.tree import ROOT

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
LSLS, LSRS, ASRS, ADCS, SBCS, RORS = 0x4088, 0x40C8, 0x4108, 0x4148, 0x4188, 0x41C8
C, V = 4, 8
TOP = 0x80000000
# (instruction on r0 and r1, r0, r1, flags before) and (r0, N, Z, C, V) after the architecture's
# reference manual, where rp2040js is wrong and cannot be compared with.
EXACT = [
    ((LSLS, TOP, 0, C), (TOP, 1, 0, 1, 0)),
    ((LSLS, 3, 32, 0), (0, 0, 1, 1, 0)),
    ((LSLS, 3, 33, C), (0, 0, 1, 0, 0)),
    ((LSLS, 3, 256, C), (3, 0, 0, 1, 0)),
    ((LSRS, TOP, 0, 0), (TOP, 1, 0, 0, 0)),
    ((LSRS, TOP, 32, 0), (0, 0, 1, 1, 0)),
    ((LSRS, TOP, 33, C), (0, 0, 1, 0, 0)),
    ((ASRS, TOP, 0, C), (TOP, 1, 0, 1, 0)),
    ((ASRS, TOP, 40, 0), (0xFFFFFFFF, 1, 0, 1, 0)),
    ((RORS, 1, 0, 0), (1, 0, 0, 0, 0)),
    ((RORS, TOP, 32, 0), (TOP, 1, 0, 1, 0)),
    ((RORS, 1, 33, 0), (TOP, 1, 0, 1, 0)),
    ((ADCS, 0xFFFFFFFF, 0, C), (0, 0, 1, 1, 0)),
    ((ADCS, 0xFFFFFFFF, 0x7FFFFFFF, C), (0x7FFFFFFF, 0, 0, 1, 0)),
    ((SBCS, 5, 0xFFFFFFFF, 0), (5, 0, 0, 0, 0)),
    ((SBCS, 0, 0x7FFFFFFF, 0), (TOP, 1, 0, 0, 0)),
    ((SBCS, TOP, 0x7FFFFFFF, 0), (0, 0, 1, 1, V >> 3)),
]


def run(script, *arguments):
    command = [node(), str(ROOT / "tests_host" / "node" / script), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_instruction_does_what_the_architecture_says():
    seen = run("pico_core.mjs", json.dumps([before for before, _ in EXACT]))
    assert seen["different"] == []
    assert sorted(map(int, seen["compared"])) == list(range(29)), "kinds of instructions"
    assert min(seen["compared"].values()) > 300
    assert [tuple(after) for after in seen["exact"]] == [after for _, after in EXACT]


def image_that_sleeps():
    """UF2 with a vector table and a loop around WFI."""
    page = bytearray(512)
    struct.pack_into("<2I", page, 0x100, 0x20042000, 0x10000181)
    struct.pack_into("<2H", page, 0x180, 0xBF30, 0xE7FD)
    blocks = b""
    for at in (0, 256):
        head = (*uf2.MAGIC, uf2.FAMILY, uf2.FLASH + at, 256, at // 256, 2, uf2.RP2040)
        blocks += struct.pack("<8I", *head) + page[at : at + 256].ljust(476, b"\0")
        blocks += struct.pack("<I", uf2.END)
    return blocks


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    image = tmp_path_factory.mktemp("pico") / "sleeps.uf2"
    image.write_bytes(image_that_sleeps())
    program = assembled(Chip().load("drivers.rp2.mains_pio").stamps)
    return run("pico_parts.mjs", image, json.dumps(program))


def test_it_boots_from_the_vector_table_and_sleeps(seen):
    assert seen["asleep"] is True


def test_a_pilot_is_exact_and_takes_a_new_duty_at_its_period(seen):
    assert seen["edges"].pop(0)[0] == 0  # as soon as the slice has the pin
    rises = [ns for level, ns in seen["edges"] if level == 1]
    falls = [ns for level, ns in seen["edges"] if level == 0]
    assert [late - early for early, late in zip(rises, rises[1:])] == [1000000] * 5
    highs = [fall - rise for rise, fall in zip(rises, falls)]
    assert highs == [80000] * 3 + [266000] * 3


def test_static_pilots_have_no_edges(seen):
    assert seen["full"] == [0, 1]
    assert seen["none"] == [0, 0]


def test_what_drives_a_pin_is_read_and_counted_by_pio(seen):
    assert seen["pin"] == 1
    counts = seen["counts"]
    assert len(counts) == 6
    steps = [late - early for early, late in zip(counts, counts[1:])]
    assert steps == pytest.approx([20000 * 125 / 3] * 5, abs=2)


def test_the_uart_takes_its_time_and_does_not_ask_again(seen):
    assert [byte for byte, _ in seen["sent"]] == [1, 2, 3]
    times = [us / 1000 for _, us in seen["sent"]]
    assert times == pytest.approx([n * 10 / 19200 * 1e6 for n in (1, 2, 3)], rel=0.001)
    assert seen["interrupt"] == 0
    assert seen["early"] == 0  # the first of two bytes is there after a millisecond
    assert seen["received"] == [65, 66]


def test_the_converter_goes_round_the_channels(seen):
    assert seen["codes"] == [100, 2000, 100]


def test_flash_is_programmed_and_erased_in_its_time(seen):
    assert seen["programmed"] == 0x0FF0AA55
    assert seen["again"] == 0x0FF0AA00
    assert seen["erased"] == 0xFFFFFFFF
    assert seen["program_ns"] == pytest.approx(400000)
    assert seen["erase_ns"] == pytest.approx(45000000)


def test_a_watchdog_reset_keeps_memory_and_lets_pins_go(seen):
    assert seen["before"] == [0, True]
    assert seen["after"] == [1, -1, 1, 0xCAFE, 0x12345678, 0x12345678]
    assert 0 < seen["time_us"] < 2000
