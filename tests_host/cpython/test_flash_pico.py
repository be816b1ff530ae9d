# SPDX-License-Identifier: MIT
"""make pico: which image, which emulator, and the whole way through a TCP port."""

import json
import socketserver
import struct
import subprocess
import sys
import threading

import pytest

from drivers import modbus_rtu
from tests_host.cpython.flash_rig import application
from tests_host.rp2040.emulate import why_not
from tools import pico, pico_steps, uf2
from tools.flash.desk.cable import new_flash
from tools.flash.errors import FlashError
from tools.runtimes import node
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
    assert "PICO_BOOTROM=" in done.stdout
    done = run("--image", str(file), "--bootrom", str(tmp_path / "none.bin"))
    assert done.returncode == 1
    assert done.stderr == "error: PICO_BOOTROM=%s: there is no such file\n" % (
        tmp_path / "none.bin"
    )


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
    assert told[-2] == "done     app_a runs and is healthy"
    assert told[-1].startswith("car      none")


def test_an_emulator_that_ends_is_named(tmp_path):
    with pytest.raises(FlashError, match="the emulator ended with status 3"):
        pico.emulate("%s -c 'import sys; sys.exit(3)'" % sys.executable, tmp_path / "x")


class FakeDesk(socketserver.StreamRequestHandler):
    """Answers like desk.mjs; a second passes with each order."""

    story = ()

    def handle(self):
        ms = 0
        story = iter(self.story)
        for line in self.rfile:
            ms += 1000
            seen = dict(next(story), ms=ms, order=line.decode().strip())
            self.wfile.write(json.dumps(seen).encode() + b"\n")


def visit(*story):
    """Let a car come to a desk that tells this story; return what was told."""
    base = {"contactor": 0, "offer_ma": 0, "ma": 0, "phases": 3, "duty_ppm": 0, "opened_ms": 0}
    handler = type("Handler", (FakeDesk,), {"story": [{**base, **seen} for seen in story]})
    told = []
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        car = pico.Car(server.server_address[1])
        try:
            pico.charge(car, told.append)
        finally:
            car.close()
            server.shutdown()
    return told


CHARGING = {"contactor": 1, "offer_ma": 16000, "ma": 15900, "duty_ppm": 266667}


def test_a_car_comes_charges_and_leaves():
    told = visit({}, {}, {}, {"contactor": 1}, CHARGING, CHARGING, {"opened_ms": 71})
    assert told == [
        "car      plugged in; contactor closed after 2.0 s",
        "car      charges 3 x 15.9 A, offered 16.0 A by 26.67 % duty",
        "car      unplugged; contactor open after 71 ms",
    ]


def test_a_car_that_is_left_waiting_or_live_is_an_error(monkeypatch):
    monkeypatch.setattr(pico, "CAR_S", 3)
    with pytest.raises(FlashError, match="waited for the contactor in vain"):
        visit(*[{}] * 9)
    with pytest.raises(FlashError, match="took 140 ms"):
        visit({}, {}, {"contactor": 1}, CHARGING, CHARGING, {"opened_ms": 140})


def test_the_steps_of_the_application_are_judged():
    found = {"step": [1195, 1900, 2500, 5100], "read": [1195, 450, 680, 860]}
    assert pico_steps.rows("charging", found) == [
        ["charging: step median", 1900, "us", "0 to 2000", "ok"],
        ["charging: step 99 %", 2500, "us", "0 to 5000", "ok"],
        ["charging: step worst", 5100, "us", "0 to 5000", "FAIL"],
    ]


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_desk_is_a_board_with_a_car():
    script = ROOT / "tests_host" / "node" / "desk_story.mjs"
    done = subprocess.run([node(), script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["empty_mv"] == pytest.approx([12000, 12000], abs=10)
    assert seen["plugged_mv"] == pytest.approx([9000, -12000], abs=10)
    assert seen["ready_mv"] == pytest.approx([6000, -12000], abs=10)
    assert seen["duty_ppm"] == pytest.approx(266000, abs=1)
    assert seen["offer_ma"] == pytest.approx(15960, abs=1)
    assert seen["late_ms"] == 20  # the contactor's own time
    assert seen["ma"] == pytest.approx(15960, abs=1)
    volts, amperes = struct.unpack(">f", bytes(seen["meter"][3:7]))[0], seen["meter"][15:19]
    assert volts == 230
    assert struct.unpack(">f", bytes(amperes))[0] == pytest.approx(15.96, abs=0.01)
    assert modbus_rtu.crc16(bytes(seen["meter"]), len(seen["meter"])) == 0
    assert seen["unplugged"] == {"state": "A", "ma": 0}
    assert seen["temperature"] == [25, 0]


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_boot_rom_is_read_as_bytes_or_as_words(tmp_path):
    words = [(7 * number) & 0xFFFFFFFF for number in range(4096)]
    (tmp_path / "b1.bin").write_bytes(struct.pack("<4096I", *words))
    text = "export const rom = new Uint32Array([%s]);" % ", ".join(map(hex, words))
    (tmp_path / "rom.ts").write_text(text)
    (tmp_path / "no.bin").write_bytes(b"0x12")
    script = (
        "import { bootrom } from './tools/pico_desk/bootrom.mjs';"
        "for (const file of process.argv.slice(1)) "
        "console.log(bootrom(file).reduce((sum, word) => sum + word, 0));"
    )
    files = [str(tmp_path / name) for name in ("b1.bin", "rom.ts", "no.bin")]
    command = [node(), "--input-type=module", "-e", script, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(sum(words))] * 2
    assert "no.bin: expected a boot ROM of 16384 bytes" in done.stderr
