# SPDX-License-Identifier: MIT
"""Volt-watt: less current when the lowest phase voltage is low. An upper limit, no reserve.

It falls quickly and rises slowly, so that a street of chargers does not swing with its own
voltage drop.
"""


class VoltWatt:
    """`cap_ma` for the limits list. `curve`: voltage in per mille -> per mille of rated_ma."""

    def __init__(self, curve, rated_ma, fall_ma_s, rise_ma_s):
        """Raises ValueError when a value makes no sense."""
        if curve.lowest < 0 or curve.highest > 1000:
            raise ValueError("curve: expected values from 0 to 1000 per mille")
        if not 1 <= fall_ma_s <= 80000 or not 1 <= rise_ma_s <= 80000:
            raise ValueError("fall_ma_s and rise_ma_s: expected 1 to 80000")
        self.cap_ma = rated_ma
        self._curve = curve
        self._rated_ma = rated_ma
        self._fall_ma_s = fall_ma_s
        self._rise_ma_s = rise_ma_s

    def step(self, dt_ms, lowest_pm):
        """Every 100 ms, with the lowest phase voltage in per mille of nominal."""
        goal_ma = self._rated_ma * self._curve.at(lowest_pm) // 1000
        off_ma = goal_ma - self.cap_ma
        fall_ma = self._fall_ma_s * dt_ms // 1000
        rise_ma = self._rise_ma_s * dt_ms // 1000
        if off_ma < -fall_ma:
            off_ma = -fall_ma
        elif off_ma > rise_ma:
            off_ma = rise_ma
        self.cap_ma += off_ma
