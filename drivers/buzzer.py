# SPDX-License-Identifier: MIT
"""A piezo buzzer: a tick that never waits.

buzzer = Buzzer(14)
buzzer.tick()
buzzer.poll(now_ms)     # each 10 to 20 ms
"""

from machine import PWM, Pin

_HZ = 2000
_TICK_MS = 20


class Buzzer:
    """Silent from the start."""

    def __init__(self, pin):
        self._pwm = PWM(Pin(pin), freq=_HZ, duty_u16=0)
        self._ticks = False
        self._since_ms = -1

    def tick(self):
        """Begin now, end with the first poll that is late enough."""
        self._pwm.duty_u16(32768)
        self._ticks = True
        self._since_ms = -1

    def poll(self, now_ms):
        """Fall silent when the time has come."""
        if not self._ticks:
            return
        if self._since_ms < 0:
            self._since_ms = now_ms
        elif (now_ms - self._since_ms) & 0x3FFFFFFF >= _TICK_MS:
            self._ticks = False
            self._pwm.duty_u16(0)
