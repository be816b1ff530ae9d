# SPDX-License-Identifier: MIT
"""Crash-loop guard: after five resets in a row by watchdog or error the charger stays open.

The count lives in a small file, since nothing else survives a reset on every port. Only a
crash writes it, and a power-up or ten good minutes remove it, so flash wear is nil.
"""

import os

FILE = "crashes"
MOST = 5


def count():
    """Crashes in a row, 0 when there is no (readable) record."""
    try:
        with open(FILE) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def note_boot(machine):
    """Called once at boot: a person's power-up starts anew, any reset but Ctrl-D counts."""
    cause = machine.reset_cause()
    if cause == machine.PWRON_RESET:
        clear()
    elif cause != getattr(machine, "SOFT_RESET", None):  # the RP2 port has no such name
        crashes = count() + 1
        with open(FILE, "w") as file:
            file.write(str(crashes))


def clear():
    """Forget them: healthy for long enough, powered up by a person, or reset by command."""
    try:
        os.remove(FILE)
    except OSError:
        pass


def too_many():
    """True when the charger must not start by itself any more."""
    return count() >= MOST
