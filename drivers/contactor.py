# SPDX-License-Identifier: MIT
"""Main contactor and the one for L2 and L3: two coils, two feedback contacts, one interlock.

Wiring "4pole+relay": a relay for L2/L3 in series with a four-pole main contactor. The interlock
is here as well as in control and in the wiring: the relay does not move while the main contactor
is driven, or has been within the last 100 ms, or feeds back closed.

Wiring "2+2" (together=True): the main contactor carries L1/N, the other L2/L3. Then L2/L3 may only
be closed while the main one is, and both fall together.

    power = Contactors(4, 5, 6, 7)
    power.drive(1, 0, now_ms)
"""

from machine import Pin

_SETTLE_MS = 100
_LONG_AGO_MS = 1 << 20


class Contactors:
    """Coils off from the first line. `main` is 1 while the main coil is driven."""

    def __init__(self, main_pin, phase_pin, main_feedback_pin, phase_feedback_pin, together=False):
        self._main = main_pin if hasattr(main_pin, "off") else Pin(main_pin, Pin.OUT, value=0)
        self._economise = getattr(self._main, "tick", None)
        self._phase = Pin(phase_pin, Pin.OUT, value=0)
        self._main_feedback = Pin(main_feedback_pin, Pin.IN)
        self._phase_feedback = Pin(phase_feedback_pin, Pin.IN)
        self._together = together
        self.main = 0
        self.three_phase = 0
        self._let_go_ms = -_LONG_AGO_MS

    def drive(self, main, three_phase, now_ms):
        """Drive both coils; the phase relay waits for the interlock (asked again each step)."""
        if main:
            if not self.main:
                self.main = 1
                self._main.on()
                if self._together:
                    self._move(three_phase)
                if not self.main:  # the guard's interrupt came in between: it has the last word
                    self.open()
            if self._economise:
                self._economise(now_ms)
        elif self.main:
            self._let_go_ms = now_ms
            self.open()
        if three_phase != self.three_phase and not self._together:
            if not self.main and self._settled(now_ms):
                self._move(three_phase)

    def _move(self, three_phase):
        self.three_phase = three_phase
        self._phase.value(three_phase)

    def _settled(self, now_ms):
        quiet_ms = (now_ms - self._let_go_ms) & 0x3FFFFFFF
        return quiet_ms >= _SETTLE_MS and not self._main_feedback.value()

    def open(self):
        """Open what carries current, now. The guard calls this from its timer interrupt."""
        self._main.off()
        self.main = 0
        if self._together:
            self._phase.off()
            self.three_phase = 0

    def main_closed(self):
        """1 while the main contacts feed back closed."""
        return self._main_feedback.value()

    def phase_closed(self):
        """1 while the contacts for L2 and L3 feed back closed."""
        return self._phase_feedback.value()
