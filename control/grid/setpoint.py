# SPDX-License-Identifier: MIT
"""Restoration and replacement reserve (FRR, RR): a set-point from outside that moves the baseline.

It ramps, and it expires: without renewal the baseline comes back by the same ramp, so a lost
connection leaves nothing behind.
"""

from micropython import const

_LONG_MS = const(0x3FFFFFFF)


class Setpoint:
    """`shift_ma`: how far the baseline is moved now. active: a set-point is in force."""

    def __init__(self, ramp_ma_s):
        """ramp_ma_s: mA per second, 1 to 80000; ValueError otherwise."""
        if not 1 <= ramp_ma_s <= 80000:
            raise ValueError("ramp_ma_s %r: expected 1 to 80000" % ramp_ma_s)
        self.shift_ma = 0
        self.active = False
        self._goal_ma = 0
        self._left_ms = 0
        self._ramp_ma_s = ramp_ma_s
        self._default_ma_s = ramp_ma_s
        self._carry = 0

    def request(self, ma, ttl_ms, ramp_ma_s=0):
        """Draw `ma` per phase instead of the baseline for `ttl_ms`. Raises ValueError.

        ramp_ma_s 0: the configured ramp.
        """
        if not 0 <= ma <= 80000:
            raise ValueError("setpoint %r mA: expected 0 to 80000" % ma)
        if not 1 <= ttl_ms < _LONG_MS:
            raise ValueError("setpoint time %r ms: expected 1 to 2^30" % ttl_ms)
        if not 0 <= ramp_ma_s <= 80000:
            raise ValueError("setpoint ramp %r mA/s: expected 0 to 80000" % ramp_ma_s)
        self.active = True
        self._goal_ma = ma
        self._left_ms = ttl_ms
        self._ramp_ma_s = ramp_ma_s or self._default_ma_s

    def withdraw(self):
        """Back to the baseline, by the ramp."""
        self.active = False

    def step(self, dt_ms, base_ma, lowest_ma):
        """Move; the result stays at or above `lowest_ma`, which the armed reserves need."""
        if self.active:
            self._left_ms -= dt_ms
            if self._left_ms <= 0:
                self.active = False
        goal_ma = 0
        if self.active:
            goal_ma = (self._goal_ma if self._goal_ma > lowest_ma else lowest_ma) - base_ma
        if goal_ma == self.shift_ma:
            self._carry = 0
            return
        self._carry += self._ramp_ma_s * dt_ms
        by_ma = self._carry // 1000
        self._carry -= by_ma * 1000
        off_ma = goal_ma - self.shift_ma
        if off_ma > by_ma:
            off_ma = by_ma
        elif off_ma < -by_ma:
            off_ma = -by_ma
        self.shift_ma += off_ma
