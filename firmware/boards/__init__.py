# SPDX-License-Identifier: MIT
"""Boards as data: pin numbers, ratios and options, one module per board.

To add a board, copy pico_w.py, change the numbers, add it to NAMES and to the choices of
firmware/settings.py, and name it in settings.json.
"""

import json

DEFAULT = "pico_w"
NAMES = ("pico_w", "pico_w_2x2", "esp32")


def load(name):
    """The module of the board called `name`; ImportError names the one that is missing."""
    return __import__("firmware.boards." + name, None, None, ("COILS",))


def mains_timing(settings):
    """How the mains is timed, with "board" resolved: a name of MAINS_TIMINGS."""
    if settings.mains_timing != "board":
        return settings.mains_timing
    return load(settings.board).MAINS_TIMINGS[0]


def configured():
    """The board that settings.json names, or the default: must work before all else does."""
    try:
        with open("settings.json") as file:
            name = json.load(file).get("board", DEFAULT)
    except (OSError, ValueError, AttributeError):
        name = DEFAULT
    return load(name if name in NAMES else DEFAULT)
