# SPDX-License-Identifier: MIT
"""A contactor's coil with an economiser: full voltage to pull in, a PWM to hold.

A contactor needs a fraction of its pull-in power to stay closed; less heat, longer life. Coil on
a MOSFET with a free-wheeling diode, direct voltage, 20 kHz (not heard). Read the contactor's data
sheet for the lowest hold voltage, and leave a margin for a hot coil and a weak supply.

    coil = Coil(4, hold_pm=400)
    coil.on()
    coil.tick(now_ms)       # each step: goes to hold 100 ms after on()
    coil.off()              # may be called from an interrupt, at any moment
"""

from machine import PWM, Pin
from micropython import const

_HZ = const(20000)
PULL_IN_MS = const(100)


class Coil:
    """hold_pm: share of the full voltage while held, per mille, 200 to 1000 (no economiser)."""

    def __init__(self, pin, hold_pm):
        if not 200 <= hold_pm <= 1000:
            raise ValueError("Coil: hold_pm %d: expected 200 to 1000" % hold_pm)
        self._pwm = PWM(Pin(pin, Pin.OUT, value=0), freq=_HZ, duty_u16=0)
        self._hold_u16 = 65535 * hold_pm // 1000
        self._on = 0
        self._since_ms = -1
        self._holding = 0

    def on(self):
        """Full voltage."""
        self._since_ms = -1
        self._holding = 0
        self._on = 1
        self._drive(65535)

    def off(self):
        """No voltage, now."""
        self._on = 0
        self._pwm.duty_u16(0)

    def _drive(self, duty_u16):
        self._pwm.duty_u16(duty_u16)
        if not self._on:  # an interrupt has opened it in the meantime
            self._pwm.duty_u16(0)

    def value(self, level):
        """Like a pin: 1 is on, 0 is off."""
        if level:
            self.on()
        else:
            self.off()

    def tick(self, now_ms):
        """Reduce to the hold voltage when the contactor has had its 100 ms."""
        if not self._on or self._holding:
            return
        if self._since_ms < 0:
            self._since_ms = now_ms
        elif (now_ms - self._since_ms) & 0x3FFFFFFF >= PULL_IN_MS:
            self._holding = 1
            self._drive(self._hold_u16)
