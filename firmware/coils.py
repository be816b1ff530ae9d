# SPDX-License-Identifier: MIT
"""Lets go of every coil: the first line at boot, and the last when the program ends."""


def let_go(pins):
    """Drive the pins of a board's COILS low. Takes next to no memory, for there may be none."""
    from machine import Pin

    for pin in pins:
        Pin(pin, Pin.OUT, value=0)
