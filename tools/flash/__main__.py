# SPDX-License-Identifier: MIT
"""make flash PORT=/dev/ttyACM0 BOARD=pico_w [DRY_RUN=1] [LINES=1]

Checks the board, compiles, copies what changed, verifies, switches, resets, shows the boot log.
Unplug the car first: the charger is stopped, and its contactor opens at once.
"""

import argparse
import json
import sys

from tools.flash import boards, build, install, packs
from tools.flash.device import Device
from tools.flash.errors import FlashError, status_of
from tools.tree import ROOT

HEALTHY_S = 45
STOPPED = "stopped:"  # main.py: it crashed too often and is not started any more


def event(line):
    """The event of a line of the charger's log, or None."""
    try:
        return json.loads(line).get("event")
    except (ValueError, AttributeError):
        return None


def show_boot(device, trial, tell, seconds=HEALTHY_S):
    """Reset and show what the board prints until it is known to be healthy."""
    device.reset()
    seen = set()
    last = "app_confirmed" if trial else "boot"

    def done(line):
        return event(line) in (last, "app_fallback") or line.startswith(STOPPED)

    for line in device.watch(seconds, done):
        tell("  | " + line)
        seen.add(event(line))
        if line.startswith(STOPPED):
            raise FlashError("the application crashed too often: see its log above")
    if "app_fallback" in seen:
        raise FlashError(
            "the new application did not get healthy, the board went back to the previous one"
        )
    if last not in seen:
        text = "no %s event within %d s; the board keeps the previous application in reserve"
        raise FlashError(text % (last, seconds))


def check_car(about, force):
    """Refuse while a car is plugged in: its charge would end, and under load."""
    if about["plugged"] and not force:
        raise FlashError(
            "a car is plugged in: expected an empty socket; unplug it, or say FORCE=1. "
            "The charger starts again"
        )


def flash(
    port, board, files=None, dry_run=False, tell=print, seconds=HEALTHY_S, lines=False, force=False
):
    """All of it. `files`: the application to install (default: compile this repository's).

    A charger that was running is running again when this ends, whatever happens: asking the
    board anything stops it.
    """
    chip = boards.chip(board)
    if files is None:
        folder = ROOT / "build" / "flash" / chip.architecture
        files = packs.bundle(build.application(board, folder, lines))
    device = Device(port)
    stopped = False
    try:
        device.step = "reading its version"
        about = device.about()
        stopped = about["running"]
        boards.check(board, about)
        check_car(about, force)
        first = install.check_settings(about, board)
        todo = install.plan(device, files)
        tell("board    %s, MicroPython %d.%d.%d" % (about["machine"], *about["version"]))
        for line in todo.lines():
            tell(line)
        todo.check_space()
        if dry_run:
            tell("dry run: nothing was written")
        elif todo.nothing:
            tell("the board has exactly this application")
            stopped = True
        else:
            if first:
                device.replace("/settings.json", json.dumps(first).encode())
            install.carry_out(device, todo, build.version(), tell)
            stopped = False
            show_boot(device, todo.active is not None, tell, seconds)
            tell("done     %s runs and is healthy" % todo.target)
    finally:
        if stopped:
            device.reset()
        device.close()


def main(arguments=None):
    """Exit status 0: done; 1: one line says why not."""
    parser = argparse.ArgumentParser(prog="python -m tools.flash", description=__doc__)
    parser.add_argument("--port", default="", help="serial port, or socket://host:port")
    parser.add_argument("--board", default="", help="one of: " + ", ".join(boards.names()))
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("--force", action="store_true", help="although a car is plugged in")
    parser.add_argument("--lines", action="store_true", help="with line numbers in tracebacks")
    options = parser.parse_args(arguments)
    return status_of(
        lambda: flash(
            options.port,
            options.board,
            dry_run=options.dry_run,
            lines=options.lines,
            force=options.force,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
