# SPDX-License-Identifier: MIT
"""Which chip a board of firmware/boards/ has, and whether the board on the cable is that one."""

import importlib
import re

from tools.flash.errors import FlashError
from tools.tree import ROOT

# Lowest MicroPython: hard timers of the RP2 port and the .mpy version that mpy-cross writes.
LOWEST = (1, 28)
MPY_VERSION = 6
# sys.implementation._mpy, bits 10 to 13 (py/persistentcode.h).
ARCHITECTURES = ("none", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp")
ARCHITECTURES += ("armv7emdp", "xtensa", "xtensawin", "rv32imc", "rv64imc")


class Chip:
    """What `sys.implementation` of a board must say, and which folders are not for it."""

    def __init__(self, machine, architecture, leave_out):
        self.machine = machine
        self.architecture = architecture
        self.leave_out = leave_out


# By the beginning of the board's name; the longest that fits counts.
CHIPS = {
    "pico_w": Chip(r"Pico W with RP2040", "armv6m", ("drivers/esp32/",)),
    "pico": Chip(r"RP2040", "armv6m", ("drivers/esp32/",)),
    "esp32": Chip(r"ESP32$", "xtensawin", ("drivers/rp2/",)),
}

# Files of parts that a board has only if it names them.
_ONLY_WITH = {
    "firmware/ethernet.py": "ETHERNET",
    "drivers/mfrc522.py": "READER_SPI",
    "drivers/thermistor.py": "THERMISTOR",
}


def names():
    """Boards that the firmware knows: the modules of firmware/boards/."""
    files = (ROOT / "firmware" / "boards").glob("[!_]*.py")
    return sorted(file.stem for file in files if chip_of(file.stem))


def chip_of(name):
    """The chip of a board, or None."""
    fits = [start for start in CHIPS if name.startswith(start)]
    return CHIPS[max(fits, key=len)] if fits else None


def left_out(name):
    """Beginnings of the paths of device files that the board called `name` can never load."""
    data = importlib.import_module("firmware.boards." + name)
    paths = list(chip(name).leave_out)
    paths += [path for path, part in _ONLY_WITH.items() if not hasattr(data, part)]
    for other in names():
        if chip_of(other).architecture != chip(name).architecture:
            paths.append("firmware/boards/%s.py" % other)
    return tuple(paths)


def chip(name):
    """The chip of the board called `name`; FlashError names the known ones."""
    if name not in names():
        raise FlashError("BOARD=%s: expected one of %s" % (name, ", ".join(names())))
    return chip_of(name)


def check(name, found):
    """Refuse a board on the cable that is not `name`. `found`: version, machine, mpy."""
    wanted = chip(name)
    version = tuple(found["version"][:3])
    if version[:2] < LOWEST:
        text = "MicroPython %d.%d.%d on the board: expected %d.%d or newer"
        raise FlashError(text % (*version, *LOWEST))
    if not re.search(wanted.machine, found["machine"]):
        text = "BOARD=%s, but the board says %r: expected %r"
        raise FlashError(text % (name, found["machine"], wanted.machine))
    if found["mpy"] & 0xFF != MPY_VERSION:
        text = "the board reads .mpy version %d, mpy-cross writes %d: update MicroPython"
        raise FlashError(text % (found["mpy"] & 0xFF, MPY_VERSION))
    architecture = found["mpy"] >> 10 & 0xF
    if architecture >= len(ARCHITECTURES) or ARCHITECTURES[architecture] != wanted.architecture:
        text = "the board runs code of architecture number %d: expected %s"
        raise FlashError(text % (architecture, wanted.architecture))
