# SPDX-License-Identifier: MIT
"""One addressable LED (WS2812B and relatives, Worldsemi data sheet): the charger at a glance.

Colour and rhythm come from a table, so that a board can be told apart by its colours without
code: what the pilot says, and on top of it why there is no current.

    led = StatusLed(22)
    led.show(state=2, offer_ma=16000, fault=0, reason="ocpp", now_ms=ticks_ms())
"""

from machine import Pin
from neopixel import NeoPixel

# Five bytes a look: red, green, blue; time on and time off in 20 ms (0 = steady).
LOOKS = (
    b"\x00\x18\x00\x00\x00"  # A free: green
    b"\x00\x00\x28\x00\x00"  # B plugged in: blue
    b"\x00\x28\x28\x32\x32"  # C charging: cyan, breathing
    b"\x00\x28\x28\x32\x32"  # D charging, ventilated
    b"\x30\x00\x00\x00\x00"  # E short: red
    b"\x30\x00\x00\x00\x00"  # F not available: red
    b"\x30\x00\x00\x0a\x0a"  # any fault: red, fast
    # Why a plugged car gets no current, in the order of REASONS.
    b"\x20\x18\x00\x00\x00"  # yellow: the central system says wait
    b"\x20\x18\x00\x32\x32"
    b"\x30\x0c\x00\x32\x32"  # orange: hot
    b"\x30\x0c\x00\x0a\x28"
    b"\x18\x00\x20\x00\x00"  # violet: the grid
    b"\x30\x00\x00\x0a\x5a"
)
REASONS = ("ocpp", "user", "temperature", "supply", "grid", "meter")  # of control.limits
_FAULT = 6
_OFF = -5


class StatusLed:
    """Written only when it changes: the bit pattern stops interrupts for 30 us."""

    def __init__(self, pin):
        self._pixel = NeoPixel(Pin(pin, Pin.OUT), 1)
        self._shown = -1

    def show(self, state, offer_ma, fault, reason, now_ms):
        """Call some times in a second. fault: 0 for none; reason: name of the limit that won."""
        look = state
        if fault:
            look = _FAULT
        elif offer_ma == 0 and 0 < state < 4:
            look = _FAULT + 1 + REASONS.index(reason) if reason in REASONS else 1
        at = 5 * look
        on = LOOKS[at + 3]
        if on and now_ms // 20 % (on + LOOKS[at + 4]) >= on:
            at = _OFF
        if at != self._shown:
            self._shown = at
            self._pixel[0] = (0, 0, 0) if at == _OFF else tuple(LOOKS[at : at + 3])
            self._pixel.write()
