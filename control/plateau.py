# SPDX-License-Identifier: MIT
"""Pilot state A to F from the plateau voltages: hysteresis, debounce, diode check.

Thresholds lie half-way between the nominal plateaus of IEC 61851-1 Table A.4 (12, 9, 6, 3,
0 V) with 0.25 V of hysteresis on either side. Only the high plateau decides the letter: a
tester that shorts the pilot through its diode leaves the low plateau at -12 V.
"""

from micropython import const

A = const(0)
B = const(1)
C = const(2)
D = const(3)
E = const(4)
F = const(5)

# Lower edge of A, B, C, D in mV; the index is the state above that edge.
_EDGE_MV = (10500, 7500, 4500, 1500)
_HYSTERESIS_MV = const(250)
_FAR_MV = const(1000000)

# A change of letter must last this long. Leaving C or D has 100 ms for everything (Table A.6
# sequence 8.1), contactor drop-out included: 50 ms leaves half of it to the contactor.
DEBOUNCE_MS = const(50)

# Low plateau above this while the PWM runs: no diode, or no car behind it (pilot sheet 2.3).
_DIODE_MV = const(-10000)
_DIODE_MS = const(100)  # to be seen for so long, good or bad

# The socket must have been seen empty for this long before A to C means a car without S2.
_ALONE_MS = const(500)

# After a CP break or a -12 V pulse the reading is the charger's own for a moment.
BLANK_MS = const(80)


def letter(high_mv, previous):
    """State letter of a high plateau, with hysteresis around the `previous` letter."""
    if previous > E:
        previous = E
    # Move one way only: an edge is crossed when the voltage is past it by the hysteresis.
    while previous > A and high_mv > _EDGE_MV[previous - 1] + _HYSTERESIS_MV:
        previous -= 1
    while previous < E and high_mv < _EDGE_MV[previous] - _HYSTERESIS_MV:
        previous += 1
    return previous


class Plateau:
    """Owner of the pilot state. `state` is the debounced letter, `raw` the last reading's.

    held_ms: how long `raw` has been what it is. diode: 1 good, 0 bad, -1 not known (no PWM).
    simplified: the car went from A to C without ever showing B, so it has no S2.
    """

    def __init__(self):
        self.state = A
        self.raw = A
        self.held_ms = 0
        self.diode = -1
        self._diode_ms = 0
        self._away_ms = 0
        self._blank_ms = 0
        self.simplified = False
        self._alone_ms = 0
        self._from_mv = _EDGE_MV[A] - _HYSTERESIS_MV
        self._to_mv = _FAR_MV

    def blank(self):
        """Believe nothing for a moment: the charger itself has disturbed the pilot."""
        self._blank_ms = BLANK_MS

    def step(self, dt_ms, high_mv, low_mv, pwm):
        """Take one pair of plateaus; `pwm` is true while the 1 kHz signal runs."""
        if self._blank_ms > 0:
            self._blank_ms -= dt_ms
            self.held_ms = 0
            self._diode_ms = 0
            return
        raw = self.raw
        if self._from_mv <= high_mv <= self._to_mv:
            if self.held_ms < 1000000:
                self.held_ms += dt_ms
        else:
            raw = self._move(letter(high_mv, raw))
        if raw == self.state:
            if self._away_ms:
                self._away_ms = 0
        elif self.held_ms >= DEBOUNCE_MS or self._left_power(dt_ms, raw):
            self._enter(raw)
        if not pwm or raw == A or raw == E:
            self.diode = -1  # not visible without PWM, and E says nothing about a diode
            self._diode_ms = 0
        else:
            good = 1 if low_mv < _DIODE_MV else 0
            if good != self.diode:
                self._see_diode(dt_ms, good)
            elif self._diode_ms:
                self._diode_ms = 0

    def _move(self, raw):
        """Another letter, and the levels within which it stays the one."""
        if self.raw == A:
            self._alone_ms = self.held_ms
        self.raw = raw
        self.held_ms = 0
        self._from_mv = _EDGE_MV[raw] - _HYSTERESIS_MV if raw < E else -_FAR_MV
        self._to_mv = _EDGE_MV[raw - 1] + _HYSTERESIS_MV if raw > A else _FAR_MV
        return raw

    def _enter(self, raw):
        if raw == A:
            self.simplified = False
        elif self.state == A and raw == C:
            # A car found in C at power-up was never seen in A for long: that is no sign.
            self.simplified = self._alone_ms >= _ALONE_MS
        self.state = raw
        self._away_ms = 0

    def _left_power(self, dt_ms, raw):
        # A plug being pulled passes B on its way to A: what counts for the 100 ms is that
        # C and D are gone, not that one other letter has been steady.
        if raw == C or raw == D or (self.state != C and self.state != D):
            self._away_ms = 0
            return False
        self._away_ms += dt_ms
        return self._away_ms > DEBOUNCE_MS

    def _see_diode(self, dt_ms, good):
        self._diode_ms += dt_ms
        if self._diode_ms >= _DIODE_MS:
            self.diode = good
            self._diode_ms = 0
