# SPDX-License-Identifier: MIT
"""Mains zero crossings on an ESP32 timed by its pulse counter: exact, however late it is read.

A 1 MHz clock (LEDC, on a pin that is wired to a second pin) is counted by two units: one while
the mains input is high, one while it is low. Whichever is held can be read at leisure for half a
period. Each clock is counted by one of the two, so their sum is time: a rising edge is at the
count of all high time so far plus all low time so far, to one microsecond. A soft timer looks
every 4 ms; a half period in which it did not look costs one edge (a gap in the times), never a
wrong one. Espressif's "Pulse Counter (PCNT)" chapter, ESP-IDF 5. Raises what machine.PWM and
esp32.PCNT raise for pins or units that are not free.

    mains = MainsPcnt(34, clock_out=18, clock_in=19)
    count = mains.take(buffer)          # buffer: array('i')
"""

from array import array
from time import ticks_us

from esp32 import PCNT
from machine import PWM, Pin, Timer
from micropython import const

_SIZE = const(16)
_WRAP = const(30000)  # the counter goes back to 0 there; a half period is 10000
_LOOK_MS = const(4)
_BLIND_US = const(7000)  # a half period of 60 Hz at 45 % could be over within this


class MainsPcnt:
    """Same as drivers.mains.Mains, with the accuracy that a fast reserve needs."""

    jitter_us = 1
    good_for_ffr = True

    def __init__(self, pin, clock_out, clock_in, units=(0, 1), timer=1):
        self._pin = Pin(pin, Pin.IN)
        self._clock = PWM(Pin(clock_out), freq=1000000, duty_u16=32768)
        clock = Pin(clock_in, Pin.IN)
        self._units = []  # [0] counts while low, [1] while high
        for level in (0, 1):
            unit = PCNT(units[level], min=0, max=_WRAP, value=0)
            unit.init(
                channel=0,
                pin=clock,
                rising=PCNT.INCREMENT,
                mode_pin=self._pin,
                mode_low=PCNT.HOLD if level else PCNT.NORMAL,
                mode_high=PCNT.NORMAL if level else PCNT.HOLD,
            )
            unit.start()
            self._units.append(unit)
        self._count = array("i", [0, 0])  # last value of each unit while it was held
        self._total_us = array("i", [0, 0])
        self._level = -1
        self._looked_us = 0
        self._times = array("i", [0] * _SIZE)
        self._write = 0
        self._read = 0
        self._timer = Timer(timer)
        self._timer.init(mode=Timer.PERIODIC, period=_LOOK_MS, callback=self.look)

    def look(self, _timer=None):
        """Read the counter that is held now; called by the timer."""
        level = self._pin.value()
        held = 1 - level
        count = self._units[held].value()
        if self._pin.value() != level:
            return  # an edge came in between: next time
        now_us = ticks_us()
        if (now_us - self._looked_us) & 0x3FFFFFFF > _BLIND_US:
            self._level = -1  # a whole half period may be uncounted in the other unit's total
        self._looked_us = now_us
        passed = (count - self._count[held]) % _WRAP
        self._count[held] = count
        self._total_us[held] = (self._total_us[held] + passed) & 0x3FFFFFFF
        if level and self._level == 0:
            at_us = (self._total_us[0] + self._total_us[1]) & 0x3FFFFFFF
            self._times[self._write & 15] = at_us
            self._write = (self._write + 1) & 0xFFFF
        self._level = level

    def take(self, into):
        """Copy the edges since the last call into `into`; returns how many."""
        waiting = (self._write - self._read) & 0xFFFF
        if waiting > _SIZE:
            self._read = (self._write - _SIZE) & 0xFFFF
            waiting = _SIZE
        for i in range(waiting):
            into[i] = self._times[(self._read + i) & 15]
        self._read = (self._read + waiting) & 0xFFFF
        return waiting
