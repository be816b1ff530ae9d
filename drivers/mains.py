# SPDX-License-Identifier: MIT
"""Mains zero crossings: the tick of every rising edge, kept until the control step takes them.

    mains = Mains(10)
    count = mains.take(buffer)      # buffer: array('i')

The handler only stores a number, so it may run as a hard interrupt where the port has one.
"""

from array import array
from time import ticks_us

from machine import Pin

_SIZE = 16


class Mains:
    """A ring of 16 edges: at 60 Hz more than a quarter of a second of a busy main loop."""

    jitter_us = 40  # hard interrupt on an RP2040: 38 to 75 us after the edge, in emulation
    good_for_ffr = True

    def __init__(self, pin):
        self._times = array("i", [0] * _SIZE)
        self._write = 0
        self._read = 0
        self._pin = Pin(pin, Pin.IN)
        try:
            self._pin.irq(self._edge, Pin.IRQ_RISING, hard=True)
        except TypeError:  # the ESP32 port knows no hard pin interrupt
            self._pin.irq(self._edge, Pin.IRQ_RISING)
            self.jitter_us = 1000
            self.good_for_ffr = False

    def _edge(self, _pin):
        self._times[self._write & 15] = ticks_us()
        self._write = (self._write + 1) & 0xFFFF

    def take(self, into):
        """Copy the edges since the last call into `into`; returns how many."""
        waiting = (self._write - self._read) & 0xFFFF
        if waiting > _SIZE:  # overrun: keep the newest, the gap shows in their times
            self._read = (self._write - _SIZE) & 0xFFFF
            waiting = _SIZE
        for i in range(waiting):
            into[i] = self._times[(self._read + i) & 15]
        self._read = (self._read + waiting) & 0xFFFF
        return waiting
