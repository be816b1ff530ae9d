# SPDX-License-Identifier: MIT
"""make pico PICO_UF2=image.uf2 PICO_EMULATOR="command {image} {port}"

Checks a MicroPython image for the Pico W, has an emulator boot it and serve its prompt on a TCP
port, installs the firmware through mpremote as `make flash` does, and prints the self-test.
The emulator is not part of this repository: the npm package rp2040js, with which the drivers are
tested at the level of registers, cannot boot an image that this asks for (WHY_NOT).
"""

import argparse
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

from tools import uf2
from tools.flash import boards
from tools.flash.__main__ import flash
from tools.flash.errors import FlashError
from tools.selftest import on_board

BOARD = "pico_w"
START_S = 120
WHY_NOT = """rp2040js 1.4.1 from npm cannot do it, for these reasons:
  no boot ROM        the package has none, and MicroPython calls it for flash and floats
  no flash writes    erase and program are not modelled, so nothing can be installed
  no chip reset      the watchdog re-arms with no delay: machine.reset() never comes back
  UART interrupts    TXINTR comes back after it is cleared: UART.write() of the meter hangs
  PIO                runs on the wall clock, so the mains frequency means nothing
An emulator that has these can be named: PICO_EMULATOR="command {image} {port}"."""


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


def free_port():
    """A TCP port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def emulate(command, image, tell=print, files=None):
    """Boot, install, test; return the rows of the self-test."""
    port = free_port()
    words = [word.format(image=image, port=port) for word in shlex.split(command)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            url = "socket://127.0.0.1:%d" % port
            flash(url, BOARD, files, tell=tell, seconds=600)
            return on_board(url, False)
        finally:
            process.kill()


def main(arguments=None):
    """Exit status 0: done, or skipped and said so; 1: something failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.pico", description=__doc__)
    parser.add_argument("--image", default="", help="a UF2 file of MicroPython for the Pico W")
    parser.add_argument("--emulator", default="", help="command with {image} and {port}")
    options = parser.parse_args(arguments)
    if not options.image:
        print("skipped: no image; name one: make pico PICO_UF2=RPI_PICO_W.uf2")
        return 0
    try:
        print(check_image(options.image))
        if not options.emulator:
            print("skipped: not booted. " + WHY_NOT)
            return 0
        rows = emulate(options.emulator, options.image)
    except FlashError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    for row in rows:
        print(("%-24s %10s %-22s %-18s %s" % tuple(row)).rstrip())
    return 1 if any(row[4] == "FAIL" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
