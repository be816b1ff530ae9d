# SPDX-License-Identifier: MIT
"""make pico PICO_UF2=image.uf2 PICO_BOOTROM=b1.bin

Boots a MicroPython image for the Pico W on an emulated RP2040 (tools/pico_desk), installs the
firmware through mpremote as `make flash` does, lets a car plug in, charge and leave, times the
control step of the whole application meanwhile, and prints the self-test.
The image and the boot ROM of the chip are not here (docs/flashing.md).
Another emulator is named by PICO_EMULATOR="command {image} {port}"; with {desk}, it has a board
and a car, too.
"""

import argparse
import json
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

from tools import pico_steps, uf2
from tools.flash import boards
from tools.flash.__main__ import flash
from tools.flash.errors import FlashError
from tools.runtimes import node
from tools.selftest import on_board, table
from tools.tree import ROOT

BOARD = "pico_w"
START_S = 120
CAR_S = 120  # emulated
WALL_S = 900
NO_BOOTROM = """skipped: not booted. The chip's boot ROM is missing, which MicroPython calls for
flash and floats: PICO_BOOTROM=file, the b1.bin of a release of
github.com/raspberrypi/pico-bootrom-rp2040, or demo/bootrom.ts of github.com/wokwi/rp2040js."""


def check_image(path):
    """Print what the image is; FlashError when it cannot be the right one."""
    try:
        data = Path(path).read_bytes()
        content, version = uf2.read(data)
    except (OSError, ValueError) as error:
        raise FlashError("PICO_UF2=%s: %s" % (path, error)) from None
    if not version:
        raise FlashError("PICO_UF2=%s: expected MicroPython, found no version in it" % path)
    if tuple(int(part) for part in version.split(".")[:2]) < boards.LOWEST:
        text = "PICO_UF2=%s: MicroPython %s: expected %d.%d or newer"
        raise FlashError(text % (path, version, *boards.LOWEST))
    return "image    MicroPython %s, %d KB of flash" % (version, len(content) // 1024)


def ours(bootrom):
    """The command of the emulator that is here."""
    if not Path(bootrom).is_file():
        raise FlashError("PICO_BOOTROM=%s: there is no such file" % bootrom)
    if node() is None or not (ROOT / "node_modules" / "rp2040js").is_dir():
        raise FlashError("node or rp2040js is missing: make install")
    script = ROOT / "tools" / "pico_desk" / "serve.mjs"
    words = [node(), str(script), str(Path(bootrom).resolve())]
    return shlex.join(words) + " {image} {port} {desk}"


def free_ports(count):
    """TCP ports that nobody uses."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_for(port, process, seconds=START_S):
    """Wait until the emulator listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise FlashError("the emulator ended with status %d" % process.returncode)
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise FlashError("the emulator does not listen on port %d after %d s" % (port, seconds))


class Car:
    """The car on the emulator's desk (tools/pico_desk/desk.mjs), through its port."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._lines = self._socket.makefile("rw")

    def order(self, words):
        """Say it; returns how things are afterwards."""
        self._lines.write(words + "\n")
        self._lines.flush()
        seen = json.loads(self._lines.readline())
        if "error" in seen:
            raise FlashError("the desk says: " + seen["error"])
        return seen

    def wait(self, what, good):
        """Look until it is so; FlashError with what was seen instead after CAR_S."""
        seen = self.order("look")
        until_ms = seen["ms"] + CAR_S * 1000
        wall = time.monotonic() + WALL_S
        while not good(seen):
            if seen["ms"] > until_ms or time.monotonic() > wall:
                raise FlashError("the car waited for %s in vain: %s" % (what, seen))
            time.sleep(0.2)
            seen = self.order("look")
        return seen

    def close(self):
        """Hang up."""
        self._lines.close()
        self._socket.close()


def charge(car, tell):
    """A car comes, charges with what it is offered, and leaves."""
    car.wait("all three phases", lambda seen: seen["phases"] == 3)
    came = car.order("plug")
    seen = car.wait("the contactor", lambda seen: seen["contactor"])
    took_s = (seen["ms"] - came["ms"]) / 1000
    tell("car      plugged in; contactor closed after %.1f s" % took_s)
    seen = car.wait("16 A", lambda seen: seen["offer_ma"] >= 15900 <= seen["ma"] + 200)
    text = "car      charges %d x %.1f A, offered %.1f A by %.2f %% duty"
    amperes = (seen["ma"] / 1000, seen["offer_ma"] / 1000, seen["duty_ppm"] / 10000)
    tell(text % (seen["phases"], *amperes))
    left = car.order("unplug")
    seen = car.wait("an open contactor", lambda seen: not seen["contactor"])
    tell("car      unplugged; contactor open after %d ms" % seen["opened_ms"])
    if seen["opened_ms"] > 100 or left["contactor"] != 1:
        raise FlashError("the contactor took %d ms: expected 100" % seen["opened_ms"])


def with_car(url, desk, tell):
    """All that needs the car; returns rows for the table."""
    car = Car(desk)
    try:
        charge(car, tell)
        tell("steps    timed while the car charges, for some minutes")
        return pico_steps.all_rows(url, car)
    finally:
        car.close()


def emulate(command, image, tell=print, files=None):
    """Boot, install, charge, test; return the rows of the self-test and of the steps."""
    port, desk = free_ports(2)
    words = [word.format(image=image, port=port, desk=desk) for word in shlex.split(command)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            wait_for(port, process)
            url = "socket://127.0.0.1:%d" % port
            flash(url, BOARD, files, tell=tell, seconds=WALL_S)
            rows = []
            if "{desk}" in command:
                rows = with_car(url, desk, tell)
            else:
                tell("car      none: the emulator's command names no {desk}")
            return on_board(url, False) + rows
        finally:
            process.kill()


def main(arguments=None):
    """Exit status 0: done, or skipped and said so; 1: something failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.pico", description=__doc__)
    parser.add_argument("--image", default="", help="a UF2 file of MicroPython for the Pico W")
    parser.add_argument("--bootrom", default="", help="the RP2040's boot ROM, version B1")
    parser.add_argument("--emulator", default="", help="command with {image}, {port} and {desk}")
    options = parser.parse_args(arguments)
    if not options.image:
        print("skipped: no image; name one: make pico PICO_UF2=RPI_PICO_W.uf2")
        return 0
    try:
        print(check_image(options.image))
        if not options.emulator and not options.bootrom:
            print(NO_BOOTROM)
            return 0
        command = options.emulator or ours(options.bootrom)
        rows = emulate(command, Path(options.image).resolve())
    except FlashError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    table(rows)
    return 1 if any(row[4] == "FAIL" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
