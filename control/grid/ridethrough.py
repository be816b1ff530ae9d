# SPDX-License-Identifier: MIT
"""Low-voltage and fault ride-through: stay connected through a dip, and do not come back at once.

While the dip is shorter than the curve allows, the offer, the contactor and all services stay
as they were. After a deep dip every car of a street starts again at the same moment; a cap
that rises from 6 A takes the surge out of it.
"""

from micropython import const

# Below this a car's own charger lets go of the phase, so it will start anew.
_DEEP_PM = const(700)
_FROM_MA = const(6000)
NO_CAP = const(1000000)


class RideThrough:
    """hold: nothing is to change. failed: the dip has lasted too long. cap_ma: after a dip."""

    def __init__(self, curve, ramp_ma_s=1000):
        """curve: voltage in per mille -> ms; at the last knot's voltage a dip begins.

        Raises ValueError when the times fall with a rising voltage.
        """
        if not curve.rises() or curve.lowest < 0:
            raise ValueError("curve: expected times that rise with the voltage")
        if not 1 <= ramp_ma_s <= 80000:
            raise ValueError("ramp_ma_s %r: expected 1 to 80000" % ramp_ma_s)
        self.hold = False
        self.failed = False
        self.cap_ma = NO_CAP
        self.dips = 0
        self._curve = curve
        self._ramp_ma_s = ramp_ma_s
        self._ms = 0
        self._deep = False

    def step(self, dt_ms, lowest_pm, begins_pm):
        """Every 100 ms. begins_pm: below this it is a dip."""
        if lowest_pm < begins_pm:
            if not self._ms:
                self.dips = (self.dips + 1) & 0x3FFFFFFF
            self._ms += dt_ms
            if lowest_pm < _DEEP_PM:
                self._deep = True
            self.failed = self._ms > self._curve.at(lowest_pm)
            self.hold = not self.failed
            return
        if self._deep:
            self._deep = False
            self.cap_ma = _FROM_MA
        elif self.cap_ma < NO_CAP:
            self.cap_ma += self._ramp_ma_s * dt_ms // 1000
            if self.cap_ma > 80000:
                self.cap_ma = NO_CAP
        self._ms = 0
        self.hold = self.failed = False
