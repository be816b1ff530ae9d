# SPDX-License-Identifier: MIT
"""A piezo buzzer: short tunes that never wait.

A tune is a tuple of (Hz, milliseconds); 0 Hz is a pause.

    buzzer = Buzzer(14)
    buzzer.play(GOOD)
    buzzer.poll(now_ms)     # each 10 to 20 ms
"""

from machine import PWM, Pin

GOOD = ((1500, 80), (0, 40), (2200, 120))
BAD = ((400, 400),)
TICK = ((2000, 20),)


class Buzzer:
    """Silent from the start. A new tune takes the place of the one that plays."""

    def __init__(self, pin):
        self._pwm = PWM(Pin(pin), freq=2000, duty_u16=0)
        self._tune = ()
        self._at = 0
        self._since_ms = -1

    def play(self, tune):
        """Begin with the next poll."""
        self._tune = tune
        self._at = -1

    def poll(self, now_ms):
        """Go on to the next note when its time has come."""
        if self._at >= len(self._tune):
            return
        if self._at >= 0:
            if (now_ms - self._since_ms) & 0x3FFFFFFF < self._tune[self._at][1]:
                return
        self._at += 1
        self._since_ms = now_ms
        hz = self._tune[self._at][0] if self._at < len(self._tune) else 0
        if hz:
            self._pwm.freq(hz)
        self._pwm.duty_u16(32768 if hz else 0)
