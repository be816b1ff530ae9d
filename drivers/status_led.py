# SPDX-License-Identifier: MIT
"""One addressable LED (WS2812B and relatives, Worldsemi data sheet): the charger at a glance.

Colour and rhythm come from two tables, so that a board can be told apart by its colours without
code: what the pilot says, and on top of it why there is no current.

    led = StatusLed(22)
    led.show(state=2, offer_ma=16000, fault=0, reason="ocpp", now_ms=ticks_ms())
"""

from machine import Pin
from neopixel import NeoPixel

# red, green, blue; on and off time in ms (0 = steady). Index: pilot state A to F.
STATES = (
    ((0, 24, 0), 0, 0),  # A free: green
    ((0, 0, 40), 0, 0),  # B plugged in: blue
    ((0, 40, 40), 1000, 1000),  # C charging: cyan, breathing
    ((0, 40, 40), 1000, 1000),  # D charging, ventilated
    ((48, 0, 0), 0, 0),  # E short: red
    ((48, 0, 0), 0, 0),  # F not available: red
)
FAULT = ((48, 0, 0), 200, 200)  # red, fast

# Why a plugged car gets no current: name of the limit (control.limits.NAMES) -> colour, rhythm.
REASONS = {
    "ocpp": ((32, 24, 0), 0, 0),  # yellow: the central system says wait
    "user": ((32, 24, 0), 1000, 1000),
    "temperature": ((48, 12, 0), 1000, 1000),  # orange: hot
    "supply": ((48, 12, 0), 200, 800),
    "grid": ((24, 0, 32), 0, 0),  # violet: the grid
    "meter": ((48, 0, 0), 200, 1800),
}


class StatusLed:
    """Written only when it changes: the bit pattern stops interrupts for 30 us."""

    def __init__(self, pin):
        self._pixel = NeoPixel(Pin(pin, Pin.OUT), 1)
        self._shown = None

    def show(self, state, offer_ma, fault, reason, now_ms):
        """Call some times in a second. fault: 0 for none; reason: name of the limit that won."""
        if fault:
            row = FAULT
        elif offer_ma == 0 and 0 < state < 4:
            row = REASONS.get(reason, STATES[1])
        else:
            row = STATES[state]
        colour, on_ms, off_ms = row
        if on_ms and now_ms % (on_ms + off_ms) >= on_ms:
            colour = (0, 0, 0)
        if colour is not self._shown:
            self._shown = colour
            self._pixel[0] = colour
            self._pixel.write()
