# SPDX-License-Identifier: MIT
"""Frequency containment reserve: one droop curve that moves the offer around a baseline.

A load helps a low frequency by drawing less and a high one by drawing more:
    offer = baseline - capacity * clip((nominal - f) / full, -1, 1)
with an optional deadband of the step kind (inside it nothing, outside it the line itself,
as in Continental Europe). Nordic FCR-N: full at 100 mHz, no deadband; Continental FCR: full
at 200 mHz, deadband 10 mHz (SO GL annex V).
"""

from micropython import const

# On a frequency that has become invalid: hold the last answer, then go to the baseline.
FREEZE_MS = const(1000)
RAMP_MA_PER_S = const(1000)

# A change smaller than this is not worth a duty change; a car follows in steps of 1 A anyway.
_STEP_MA = const(100)


class Droop:
    """`shift_ma` is what the reserve adds to the baseline now (negative: draw less)."""

    def __init__(self, capacity_ma=4000, full_mhz=200, deadband_mhz=10, nominal_mhz=50000):
        """Raises ValueError when a value makes no curve."""
        if not 0 <= capacity_ma <= 80000:
            raise ValueError("fcr_capacity_ma %r: expected 0 to 80000" % capacity_ma)
        if not 1 <= full_mhz <= 5000:
            raise ValueError("fcr_full_mhz %r: expected 1 to 5000" % full_mhz)
        if not 0 <= deadband_mhz < full_mhz:
            raise ValueError("fcr_deadband_mhz %r: expected 0 to below full" % deadband_mhz)
        self.capacity_ma = capacity_ma
        self.full_mhz = full_mhz
        self.deadband_mhz = deadband_mhz
        self.nominal_mhz = nominal_mhz
        self.shift_ma = 0
        self._invalid_ms = 0

    def target_ma(self, mhz):
        """The curve itself: the shift in mA at `mhz`."""
        off = mhz - self.nominal_mhz
        if -self.deadband_mhz <= off <= self.deadband_mhz:
            return 0
        if off >= self.full_mhz:
            return self.capacity_ma
        if off <= -self.full_mhz:
            return -self.capacity_ma
        # Magnitude and sign apart: floor division would treat the two sides differently.
        if off < 0:
            return -(self.capacity_ma * -off // self.full_mhz)
        return self.capacity_ma * off // self.full_mhz

    def step(self, dt_ms, mhz, valid):
        """Follow the frequency, or walk back to the baseline when there is none."""
        if valid:
            self._invalid_ms = 0
            target_ma = self.target_ma(mhz)
            off_ma = target_ma - self.shift_ma
            if not -_STEP_MA < off_ma < _STEP_MA or (target_ma == 0 and off_ma):
                self.shift_ma = target_ma
        elif self.shift_ma:
            self._invalid_ms += dt_ms
            if self._invalid_ms >= FREEZE_MS:
                self._walk_back(RAMP_MA_PER_S * dt_ms // 1000)

    def _walk_back(self, by_ma):
        if self.shift_ma > by_ma:
            self.shift_ma -= by_ma
        elif self.shift_ma < -by_ma:
            self.shift_ma += by_ma
        else:
            self.shift_ma = 0
