# SPDX-License-Identifier: MIT
"""Mains zero crossings on an ESP32 by pin interrupt, with late time stamps replaced.

Interrupts of this port are soft: the handler runs some 10 us after the edge at best, and
milliseconds later behind a garbage collection or a busy radio; never too early. The median of
the last seven periods tells where an edge should be; a stamp more than 150 us from there is
replaced by that place and counted.

What remains is about 50 us of jitter: 3 mHz over the 500 ms window (enough for droop), 30 mHz
over the 100 ms window. A fast reserve must not be offered with it, and `good_for_ffr` says so.
Where the pulse counter is wired, use mains_pcnt.py.

    mains = MainsSoft(34)
    count = mains.take(buffer)          # buffer: array('i')
"""

from array import array
from time import ticks_us

from machine import Pin
from micropython import const

_SIZE = const(16)
_PERIODS = const(7)
_LATE_US = const(150)
_MOST_LATE = const(5)  # so many in a row: it is the mains that has changed


class MainsSoft:
    """Same as drivers.mains.Mains, and `late`, how many stamps were replaced."""

    jitter_us = 50
    good_for_ffr = False

    def __init__(self, pin):
        self._times = array("i", [0] * _SIZE)
        self._write = 0
        self._read = 0
        self._raw_us = 0
        self._last_us = 0
        self._periods = [0] * _PERIODS  # a ring
        self._sorted = [0] * _PERIODS
        self._at = 0
        self._known = 0
        self._late_now = 0
        self.late = 0
        self._pin = Pin(pin, Pin.IN)
        self._pin.irq(self._edge, Pin.IRQ_RISING)

    def _edge(self, _pin):
        self._times[self._write & 15] = ticks_us()
        self._write = (self._write + 1) & 0xFFFF

    def take(self, into):
        """Copy the edges since the last call into `into`; returns how many."""
        waiting = (self._write - self._read) & 0xFFFF
        if waiting > _SIZE:
            self._read = (self._write - _SIZE) & 0xFFFF
            waiting = _SIZE
        for i in range(waiting):
            into[i] = self._judge(self._times[(self._read + i) & 15])
        self._read = (self._read + waiting) & 0xFFFF
        return waiting

    def _judge(self, raw_us):
        period_us = (raw_us - self._raw_us) & 0x3FFFFFFF
        self._raw_us = raw_us
        median_us = self._median()
        expected_us = self._last_us + median_us
        # Signed distance on a ring of 2**30.
        off_us = ((raw_us - expected_us + 0x20000000) & 0x3FFFFFFF) - 0x20000000
        self._periods[self._at] = period_us
        self._at = (self._at + 1) % _PERIODS
        if self._known < _PERIODS:
            self._known += 1
            self._last_us = raw_us
        elif -_LATE_US <= off_us <= _LATE_US:
            self._late_now = 0
            self._last_us = raw_us
        elif off_us > median_us >> 1 or off_us < -(median_us >> 1) or self._late_now >= _MOST_LATE:
            self._known = 0  # a gap or another mains: learn again
            self._late_now = 0
            self._last_us = raw_us
        else:
            self._late_now += 1
            self.late += 1
            self._last_us = expected_us & 0x3FFFFFFF
        return self._last_us

    def _median(self):
        for i in range(_PERIODS):
            self._sorted[i] = self._periods[i]
        self._sorted.sort()
        return self._sorted[_PERIODS >> 1]
