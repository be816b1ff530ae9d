# SPDX-License-Identifier: MIT
"""Residual-current monitor (30 mA AC, 6 mA DC; IEC 62955): one healthy input, one test output.

The input is 1 only while the monitor is powered, connected and has not tripped: a broken wire
reads like a trip. The monitor must also open the contactor by itself, without this software.

    rcd = Rcd(8, 9)
    rcd.ok()
"""

from machine import Pin


class Rcd:
    """ok() may be called from the guard's timer interrupt."""

    def __init__(self, ok_pin, test_pin):
        self._ok = Pin(ok_pin, Pin.IN, Pin.PULL_DOWN)
        self._test = Pin(test_pin, Pin.OUT, value=0)

    def ok(self):
        """1 while healthy, 0 when tripped or not connected."""
        return self._ok.value()

    def test(self, level):
        """Drive the test input: 1 makes a good monitor trip (control/rcd_test.py)."""
        self._test.value(level)
