# SPDX-License-Identifier: MIT
"""The firmware's grid code for thousands of chargers at once: the same integers, vectorised.

Each class mirrors one class of control/ (named in its docstring) for n devices with numpy int64.
tools/fleet/check.py holds them against the firmware's own code, step for step.
"""

import numpy as np

from control.grid import ffr as latch

INT = np.int64
MIN_MA = 6000
BACK_MS = 1000
NO_CAP = 1000000


def toward_zero(value, part, whole):
    """value * part // whole, rounded towards zero for either sign of `value`."""
    return np.where(value < 0, -((-value) * part // whole), value * part // whole)


class Curves:
    """control.grid.curve.Curve: one curve for all, a frequency for each."""

    def __init__(self, points):
        self.x = np.array([p[0] for p in points], dtype=INT)
        self.y = np.array([p[1] for p in points], dtype=INT)

    def at(self, mhz):
        """The values at `mhz` (array)."""
        i = np.clip(np.searchsorted(self.x, mhz, side="left"), 1, len(self.x) - 1)
        left = self.y[i - 1]
        rise = self.y[i] - left
        part = mhz - self.x[i - 1]
        inside = left + toward_zero(rise, part, self.x[i] - self.x[i - 1])
        below = np.where(mhz <= self.x[0], self.y[0], inside)
        return np.where(mhz >= self.x[-1], self.y[-1], below)


class Reserves:
    """control.grid.reserve.Reserve with control.grid.curve.Play in front (unit mA)."""

    def __init__(self, points, stagger_mhz, nominal_mhz=50000, deadband_mhz=0, hysteresis_mhz=0):
        """stagger_mhz: array, one per device; deadband of the step style."""
        self.curve = Curves(points)
        self.stagger_mhz = stagger_mhz.astype(INT)
        self.shift_ma = np.zeros(len(stagger_mhz), dtype=INT)
        self._held_mhz = np.zeros(len(stagger_mhz), dtype=INT)
        self._nominal_mhz = nominal_mhz
        self._deadband_mhz = deadband_mhz
        self._hysteresis_mhz = hysteresis_mhz

    def step(self, mhz):
        """Follow the measured frequencies (array)."""
        off = mhz - self._held_mhz
        stays = (-self._hysteresis_mhz < off) & (off < self._hysteresis_mhz)
        self._held_mhz = np.where(stays, self._held_mhz, mhz)
        off = self._held_mhz + self.stagger_mhz - self._nominal_mhz
        if self._deadband_mhz:
            off = np.where(np.abs(off) <= self._deadband_mhz, 0, off)
        self.shift_ma = self.curve.at(self._nominal_mhz + off)


class Latches:
    """control.grid.ffr.Ffr for under-frequency: levels may differ from device to device."""

    def __init__(self, level_mhz, option):
        """level_mhz: array. option: a dict of control.grid.ffr_options."""
        n = len(level_mhz)
        self.level_mhz = level_mhz.astype(INT)
        self.state = np.zeros(n, dtype=INT)
        self.shift_ma = np.zeros(n, dtype=INT)
        self.trips = np.zeros(n, dtype=INT)
        self.capacity_ma = np.zeros(n, dtype=INT)
        self.recover_ma = np.full(n, NO_CAP, dtype=INT)
        self._o = option
        self._ms = np.zeros(n, dtype=INT)
        self._since_ms = np.zeros(n, dtype=INT)
        self._beyond = np.zeros(n, dtype=INT)
        self._back_ms = np.full(n, BACK_MS, dtype=INT)

    def step(self, dt_ms, view, armed, capacity_ma):
        """view: a measure.View; armed: bool array; capacity_ma: array."""
        if self.state.any():
            self._advance(dt_ms)
        new = view.fresh
        off = view.fast_mhz - self.level_mhz
        good = new & (off >= 0)
        self._beyond[good] = 0
        self._back_ms[good & (self._back_ms < BACK_MS)] += 20
        below = new & (off < 0)
        if not below.any():
            return
        doubt = view.median_mhz - self.level_mhz
        unsure = below & (doubt >= 5 + (view.noise_mhz >> 1))
        self._beyond[unsure] = 0
        sure = below & ~unsure
        self._beyond[sure] += 1
        waits = (self.state == latch.WAITING) | (self.state == latch.RECOVERY)
        ready = waits & (self._back_ms >= BACK_MS)
        trips = sure & (self._beyond >= self._o["confirm"]) & armed & ready
        self._back_ms[sure & ~trips & ~ready] = 0
        if trips.any():
            self._trip(trips, capacity_ma)

    def _trip(self, who, capacity_ma):
        self.trips[who] += 1
        self.capacity_ma[who] = capacity_ma[who]
        self.shift_ma[who] = -capacity_ma[who]
        self.recover_ma[who] = 0
        self._since_ms[who] = 0
        self._back_ms[who] = 0
        self._go(who, latch.SUPPORT)

    def _advance(self, dt_ms):
        state = self.state.copy()
        active = state != latch.WAITING
        self._ms[active] += dt_ms
        self._since_ms[active] += dt_ms
        option = self._o
        self._go((state == latch.SUPPORT) & (self._ms >= option["support_ms"]), latch.DEACTIVATION)
        ramp = state == latch.DEACTIVATION
        if ramp.any():
            left_pm = 1000 - self._ms * option["deactivate_pm_s"] // 1000
            over = ramp & (left_pm <= 0)
            on = ramp & ~over
            self.shift_ma[on] = -(self.capacity_ma[on] * left_pm[on] // 1000)
            self.shift_ma[over] = 0
            self._go(over, latch.BUFFER)
        done = (state == latch.BUFFER) & (self._ms >= option["buffer_ms"])
        self.recover_ma[done] = self.capacity_ma[done] * option["recovery_pm"] // 1000
        self._go(done, latch.RECOVERY)
        ready = (state == latch.RECOVERY) & (self._since_ms >= option["ready_ms"])
        self.recover_ma[ready] = NO_CAP
        self._go(ready, latch.WAITING)

    def _go(self, who, state):
        self.state[who] = state
        self._ms[who] = 0


class Offers:
    """control.offer.Offer while a grid service moves it and the car sees the PWM."""

    def __init__(self, start_ma, limit_ma, grain_ma):
        """Arrays in mA. All have been standing long enough to move."""
        self.offer_ma = start_ma.astype(INT).copy()
        self._limit_ma = limit_ma.astype(INT)
        self._grain_ma = grain_ma.astype(INT)
        self._since_ms = np.full(len(start_ma), 10000, dtype=INT)

    def step(self, dt_ms, target_ma, urgent, quick, may_rise):
        """target_ma: the wish of the services; urgent, quick, may_rise: bool arrays."""
        self._since_ms = np.minimum(self._since_ms + dt_ms, 1 << 20)
        limit = self._limit_ma
        wish = np.maximum(target_ma, MIN_MA)
        by_grid = (wish < limit) | may_rise
        goal = np.minimum(wish, limit)
        goal = np.where(by_grid, np.minimum(goal + (self._grain_ma >> 1), limit), goal)
        goal -= goal % self._grain_ma
        goal = np.maximum(goal, MIN_MA)
        up = goal - self.offer_ma
        pace = np.where(quick | (np.abs(up) >= 1000), 100, 1000)
        pace = np.where(urgent | (self.offer_ma > limit), 0, pace)
        pace = np.where((up > 0) & ~may_rise, 5000, pace)
        pace = np.where(by_grid, pace, np.where(up > 0, 5000, 0))
        goes = (up != 0) & (self._since_ms >= pace)
        self.offer_ma = np.where(goes, goal, self.offer_ma)
        self._since_ms[goes] = 0


class Returns:
    """control.grid.enter_service.EnterService: call every 100 ms."""

    def __init__(self, ranges, delay_s, delays_s, ramp_ma_min):
        """delays_s: array, the random delay of each device in whole seconds."""
        n = len(delays_s)
        self.state = np.zeros(n, dtype=INT)
        self.cap_ma = np.full(n, NO_CAP, dtype=INT)
        self._low_mhz, self._high_mhz = ranges[0], ranges[1]
        self._delay_ms = delay_s * 1000
        self._random_ms = delays_s.astype(INT) * 1000
        self._ramp_ma_min = ramp_ma_min
        self._ms = np.zeros(n, dtype=INT)

    def leave(self, who):
        """Those devices are out of service now."""
        self.cap_ma[who] = 0
        self.state[who] = 1
        self._ms[who] = 0

    def step(self, dt_ms, mhz):
        """With the measured frequencies (array); voltages are taken to be in range."""
        state = self.state.copy()
        good = (self._low_mhz <= mhz) & (mhz <= self._high_mhz)
        out = state != 0
        again = out & ~good & (state != 3)
        self.state[again] = 1
        self._ms[again] = 0
        on = out & ~again
        self._ms[on] += dt_ms
        done = on & (state == 1) & (self._ms >= self._delay_ms)
        self.state[done] = 2
        self._ms[done] = 0
        begin = on & (state == 2) & (self._ms >= self._random_ms)
        self.cap_ma[begin] = MIN_MA
        self.state[begin] = 3
        self._ms[begin] = 0
        climb = on & (state == 3)
        self.cap_ma[climb] = MIN_MA + self._ms[climb] // 100 * self._ramp_ma_min // 600
        full = climb & (self.cap_ma > 80000)
        self.cap_ma[full] = NO_CAP
        self.state[full] = 0
        self._ms[full] = 0
