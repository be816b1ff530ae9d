# SPDX-License-Identifier: MIT
"""One frequency reserve in proportion (FCR, LFSM): a curve that moves the offer.

A load helps a low frequency by drawing less and a high one by drawing more, so the curve gives
the shift of the offer: negative at low frequencies.
"""

from micropython import const

from control.limits import FCR

# In what the curve counts: mA per phase, W of the whole car, or per mille of the baseline.
MA = const(0)
W = const(1)
PM_OF_BASE = const(2)


class Reserve:
    """`shift_ma` is what this reserve adds to the offer now (negative: draw less).

    full_ms: how fast the operator wants all of it, for the arming.
    static: acts once and stays until the frequency is back where the curve is 0 (static FCR-D).
    """

    def __init__(self, curve, play, unit=MA, reason=FCR, static=False):
        self.shift_ma = 0
        self.reason = reason
        self.curve = curve
        self.unit = unit
        self.full_ms = 30000
        self._play = play
        self._static = static

    def to_ma(self, value, phases, base_ma):
        """A value of the curve in mA per phase, for a car that uses `phases`."""
        if self.unit == MA:
            return value
        if self.unit == W:
            # At nominal voltage, towards zero: a small reserve is better than a large one.
            per_ma = 230 * phases
            return value * 1000 // per_ma if value >= 0 else -(-value * 1000 // per_ma)
        return value * base_ma // 1000 if value >= 0 else -(-value * base_ma // 1000)

    def up_ma(self, phases, base_ma):
        """Most that it takes off, mA per phase."""
        return max(0, -self.to_ma(self.curve.lowest, phases, base_ma))

    def down_ma(self, phases, base_ma):
        """Most that it adds, mA per phase."""
        return max(0, self.to_ma(self.curve.highest, phases, base_ma))

    def target_ma(self, mhz, phases=3, base_ma=0):
        """The law itself: the shift at `mhz`."""
        return self.to_ma(self.curve.at(self._play.step(mhz)), phases, base_ma)

    def step(self, mhz, phases, base_ma):
        """Follow a frequency that is valid."""
        target_ma = self.curve.at(self._play.step(mhz))  # as target_ma(), with fewer calls
        if self.unit != MA:
            target_ma = self.to_ma(target_ma, phases, base_ma)
        if self._static and target_ma:
            if target_ma < 0 and self.shift_ma < target_ma:
                return
            if target_ma > 0 and self.shift_ma > target_ma:
                return
        if target_ma != self.shift_ma:
            self.shift_ma = target_ma

    def walk_back(self, by_ma):
        """One step towards no shift, when there is no frequency or no leave to act."""
        if self.shift_ma > by_ma:
            self.shift_ma -= by_ma
        elif self.shift_ma < -by_ma:
            self.shift_ma += by_ma
        else:
            self.shift_ma = 0
