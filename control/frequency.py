# SPDX-License-Identifier: MIT
"""Mains frequency from the times of the zero crossings, as far as it can be trusted.

The fast window of 5 cycles (100 ms) is for fast reserves. Droop follows a window of changing
length: 25 cycles (500 ms) on a calm grid, cut to the newest cycles when those say something else,
and grown again cycle by cycle. The median of the last 5 periods is a second opinion.
"""

from micropython import const

from control.edges import FAST_CYCLES, SLOW_CYCLES, Edges
from control.least_squares import (
    five_mhz,
    nominal_us,
    rocof_mhz_s,
    window_mhz,
    without_odd_mhz,
)

_MIDDLE_CYCLES = const(10)

# No new edge for this long: the measurement is stale.
STALE_MS = const(200)
# After own switching (contactor, phase relay) the fast window is not to be acted upon.
BLANK_MS = const(60)
# A meter prints a frequency even on a dead bus; below half voltage it means nothing.
_VALID_PU_PM = const(500)
_NOMINAL_MV = const(230000)

# The droop's window is cut where the newest 5 or 10 cycles differ from it by this and the noise.
_CUT_MHZ = const(15)
_MIDDLE_CUT_MHZ = const(2)
_ROCOF_EVERY = const(5)


class Frequency(Edges):
    """Owner of the measured frequency. fast_mhz, slow_mhz and mhz are 0 while not `valid`.

    mhz: over 5 to 25 cycles, for droop. slow_mhz: always over 25 cycles.
    median_mhz: of the last 5 periods. rocof_mhz_s: over 500 ms. steady: the fast window may be
    acted upon. updates: counts new results, wraps. repairs: counts repaired edges, wraps.
    noise_mhz: the edges' jitter in the fast window, about four standard deviations. moving: it is
    or was on the move, so that `mhz` is quick. (Properties make each store six times as slow.)
    """

    def __init__(self, nominal_mhz=50000):
        super().__init__(nominal_mhz)
        self.fast_mhz = self.slow_mhz = self.mhz = self.median_mhz = 0
        self.rocof_mhz_s = 0
        self.valid = self.steady = self.moving = False
        self.updates = 0
        self._quiet_ms = 0
        self._five_us = nominal_us(35, nominal_mhz)
        self._blank_ms = 0
        self._span = SLOW_CYCLES  # the window of `mhz`
        self._hold = 0  # cycles until it may grow
        # The last update has asked for a cut; the rate of change is to be worked out.
        self._apart = self._rate_due = False
        self._trim_mhz = self._injected_mhz = self._inject_ms = 0

    def sober_mhz(self, over):
        """Over 8 cycles but for the one furthest down (over: up): what no phase step can fake."""
        if self._inject_ms > 0:
            return self._injected_mhz
        mhz = without_odd_mhz(self._times, self._newest, self.nominal_mhz, not over)
        return mhz + self._trim_mhz

    def trim(self, clock_ppm):
        """The board's clock is fast by `clock_ppm`, -200 to 200 or ValueError: correct for it.

        A crystal of 20 ppm is wrong by 1 mHz at 50 Hz.
        """
        if not -200 <= clock_ppm <= 200:
            raise ValueError("clock_ppm %r: expected -200 to 200" % clock_ppm)
        self._trim_mhz = (self.nominal_mhz // 1000 * clock_ppm + 500) // 1000

    def inject(self, mhz, ttl_ms):
        """Test input: for `ttl_ms` this frequency instead of the measured one; 0 ends it.

        Raises ValueError when the frequency is not within 10 % of nominal.
        """
        if ttl_ms and not 9 * self.nominal_mhz <= 10 * mhz <= 11 * self.nominal_mhz:
            raise ValueError("injected frequency %r mHz: expected nominal +-10 %%" % mhz)
        self._injected_mhz = mhz
        self._inject_ms = ttl_ms
        self._span = FAST_CYCLES  # as after a step of the measured frequency
        self.moving = True

    def blank(self):
        """The charger is about to switch a contactor: the next edges are not to be trusted."""
        self._blank_ms = BLANK_MS

    def step(self, dt_ms, edge_us, edge_count, lowest_mv):
        """Take the rising edges since the last step and the lowest phase voltage in mV."""
        if self._blank_ms > 0:
            self._blank_ms -= dt_ms
        for i in range(edge_count):
            self._edge(edge_us[i])
        quiet_ms = 0 if edge_count else self._quiet_ms
        if not edge_count and quiet_ms < STALE_MS:
            quiet_ms += dt_ms
        self._quiet_ms = quiet_ms
        if quiet_ms >= STALE_MS or lowest_mv < _NOMINAL_MV * _VALID_PU_PM // 1000:
            if self._good or self._suspect_us:
                self._restart()
        if self._inject_ms > 0:
            self._inject_ms -= dt_ms
            self._take_injected()
            return
        # While the newest period is a suspect the last results stand for one more cycle.
        if edge_count and self._good >= FAST_CYCLES and not self._suspect_us:
            self._measure(edge_count)
        elif self._rate_due and self.valid:
            self._rate()
        if self._good < SLOW_CYCLES and (self.valid or self.fast_mhz or self.moving):
            self._invalidate()

    def _measure(self, edge_count):
        nominal_mhz = self.nominal_mhz
        fast_mhz = five_mhz(self._times, self._newest, nominal_mhz, self._five_us)
        fast_mhz += self._trim_mhz
        jump_mhz = fast_mhz - self.fast_mhz
        self.fast_mhz = fast_mhz
        median_us = self._median_us  # whole microseconds: 2.5 mHz, less than its noise
        off_us = median_us - self._period_us
        self.median_mhz = nominal_mhz - off_us * nominal_mhz // median_us + self._trim_mhz
        # 10 Hz/s between two windows is no frequency of a grid.
        most_mhz = self._period_us * edge_count // 100
        self.steady = self._blank_ms <= 0 and -most_mhz < jump_mhz < most_mhz
        if self._good >= SLOW_CYCLES:
            slow_mhz = self._line.mhz(self._times, self._newest) + self._trim_mhz
            self.slow_mhz = slow_mhz
            self.valid = True
            self._follow(edge_count, fast_mhz, slow_mhz)
            if self.updates % _ROCOF_EVERY == 0:
                if self._rate_due:  # every step has an edge: there is no better time
                    self._rate()
                self._rate_due = True
        self.updates = (self.updates + 1) & 0x3FFFFFFF

    def _rate(self):
        self._rate_due = False
        self.rocof_mhz_s = rocof_mhz_s(self._times, self._newest, self.nominal_mhz, self.slow_mhz)

    def _follow(self, edge_count, fast_mhz, slow_mhz):
        """`mhz`: a window as long as the frequency has been what it is now.

        After a step the newest 5 or 10 cycles show it and the window does not yet: in two
        updates, so it is cut to those, rests until no cycle from before the step is left, and
        grows by one a cycle while the newest ones agree; on a ramp it stays short.
        """
        span = self._span
        mhz = slow_mhz
        noise_mhz = self.noise_mhz
        level_mhz = _CUT_MHZ + noise_mhz
        if span < SLOW_CYCLES:
            level_mhz -= level_mhz >> 2  # once on the move it may well go on
            self._hold -= edge_count
            if self._hold < 0:
                span = min(span + edge_count, SLOW_CYCLES)
            if span < SLOW_CYCLES:
                mhz = self._window_mhz(span)
        sign = 1 if fast_mhz >= mhz else -1
        apart_mhz = sign * (fast_mhz - mhz)
        cut = middle_mhz = agreed_mhz = 0
        if apart_mhz >= _MIDDLE_CUT_MHZ and self.steady:
            # A phase step leaves the median where it was; on a real move it has gone along.
            agreed_mhz = 2 * sign * (self.median_mhz - mhz)
        if apart_mhz >= level_mhz:
            cut = FAST_CYCLES if agreed_mhz >= apart_mhz else 0
        elif span > _MIDDLE_CYCLES and apart_mhz >= _MIDDLE_CUT_MHZ:
            middle_mhz = self._window_mhz(_MIDDLE_CYCLES)
            way_mhz = sign * (middle_mhz - mhz)
            # The shorter window has gone further, else a phase step is behind the fast one.
            if _MIDDLE_CUT_MHZ + (5 * noise_mhz >> 4) <= way_mhz <= min(apart_mhz, agreed_mhz):
                cut = _MIDDLE_CYCLES
        if cut and self._apart:
            span = cut
            self._hold = (cut >> 1) + 2
            mhz = fast_mhz if cut == FAST_CYCLES else middle_mhz
        elif apart_mhz >= level_mhz >> 2 and self._hold <= 0:
            self._hold = 1
        self._apart = cut > 0
        self._span = span
        self.moving = span < SLOW_CYCLES
        self.mhz = mhz

    def _window_mhz(self, cycles):
        return window_mhz(self._times, self._newest, cycles, self.nominal_mhz) + self._trim_mhz

    def _take_injected(self):
        mhz = self._injected_mhz
        self.fast_mhz = self.slow_mhz = self.median_mhz = self.mhz = mhz
        self.rocof_mhz_s = 0
        if self._span < SLOW_CYCLES:
            self._span += 1
            self.moving = self._span < SLOW_CYCLES
        self.valid = self.steady = True
        self.updates = (self.updates + 1) & 0x3FFFFFFF

    def _invalidate(self):
        self.valid = False
        self.slow_mhz = self.mhz = self.rocof_mhz_s = 0
        self._span = SLOW_CYCLES
        self.moving = False
        self._apart = False
        if self._good < FAST_CYCLES:
            self.fast_mhz = self.median_mhz = 0
            self.steady = False
