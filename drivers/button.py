# SPDX-License-Identifier: MIT
"""A push button to ground: short and long presses, debounced.

button = Button(15)
button.poll(now_ms)     # each 10 to 20 ms: NONE, SHORT (on release), LONG (after 3 s, once)
button.held             # 1 while it is pressed
"""

from machine import Pin
from micropython import const

NONE = const(0)
SHORT = const(1)
LONG = const(2)

_DEBOUNCE_MS = const(30)
LONG_MS = const(3000)


class Button:
    """Pin with its own pull-up; pressed reads 0."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self._level = 1
        self._changed_ms = 0
        self._pressed_ms = 0
        self._told = 0
        self.held = 0

    def poll(self, now_ms):
        """Look at the pin; returns what has just happened."""
        level = self._pin.value()
        if level != self._level:
            self._level = level
            self._changed_ms = now_ms
            return NONE
        if self.held == level and (now_ms - self._changed_ms) & 0x3FFFFFFF >= _DEBOUNCE_MS:
            self.held = 1 - level
            if self.held:
                self._pressed_ms = now_ms
                self._told = 0
            elif not self._told:
                return SHORT
        if self.held and not self._told:
            if (now_ms - self._pressed_ms) & 0x3FFFFFFF >= LONG_MS:
                self._told = 1
                return LONG
        return NONE
