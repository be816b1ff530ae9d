# SPDX-License-Identifier: MIT
"""The switch between the pilot driver and the car: open, the car believes that it was unplugged.

switch = CpSwitch(3)
switch.connect(0)
"""

from machine import Pin


class CpSwitch:
    """Connected while the pin floats (pull-up in hardware), and from the first line."""

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.OUT, value=1)
        self.connected = 1

    def connect(self, level):
        """1 connects, 0 disconnects; written only when it changes."""
        if level != self.connected:
            self.connected = level
            self._pin.value(level)
