# SPDX-License-Identifier: MIT
"""The simulator's heap, and gc as the firmware sees it.

MicroPython looks for room for anything longer than one block from the start of the heap, and
the frame of most functions is longer. So there must be room at the start while the firmware runs:
with 4 MB of garbage in front that costs six times the rest of the simulation together, with
what a firmware leaves between its modules as much again. A chip collects for every 4 KB while
modules are loaded; here that would be half of the start of a run.
"""

import gc
from gc import collect, disable, enable, isenabled, mem_alloc, mem_free  # noqa: F401

GARBAGE_BYTES = 262144  # collect after so many, unless the firmware does so itself
LEAST_BYTES = 32768

_room = [bytearray(GARBAGE_BYTES)]


def keep_room():
    """The firmware is about to be loaded."""
    gc.threshold(GARBAGE_BYTES)
    if not _room:
        _room.append(bytearray(GARBAGE_BYTES))


def give_room():
    """It has been loaded: the start of the heap is for what lives short."""
    _room.clear()


def threshold(amount):
    """Collect after so many bytes, but not for a few; -1: never for that reason."""
    gc.threshold(amount if amount < 0 else max(amount, LEAST_BYTES))
