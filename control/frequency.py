# SPDX-License-Identifier: MIT
"""Mains frequency from the times of the zero crossings, as far as it can be trusted.

The fast window of 5 cycles (100 ms) is for fast reserves. Droop follows a window of changing
length: 25 cycles (500 ms) on a calm grid, cut to the newest cycles when those say something else,
and grown again cycle by cycle. A local phase step fakes frequency: 10 degrees read as 1.4 Hz over
one cycle. Such a step, one displaced and one missing edge are recognised and repaired; the median
of the last 5 periods is a second opinion that no single bad cycle can move.
"""

from array import array

from micropython import const

from control.least_squares import (
    five_mhz,
    median_of_5,
    nominal_us,
    rocof_mhz_s,
    window_mhz,
    without_odd_mhz,
)
from control.sliding import Line, shift_older

FAST_CYCLES = const(5)
_MIDDLE_CYCLES = const(10)
SLOW_CYCLES = const(25)

# No new edge for this long: the measurement is stale.
STALE_MS = const(200)
# After own switching (contactor, phase relay) the fast window is not to be acted upon.
BLANK_MS = const(60)
# A meter prints a frequency even on a dead bus; below half voltage it means nothing.
_VALID_PU_PM = const(500)
_NOMINAL_MV = const(230000)

_RING = const(32)
# A period this far from the median of 5 (0.3 Hz), or six times the noise, is no frequency.
_JUMP_US = const(120)
_NOISE_STEP = const(16)  # a microsecond
# The droop's window is cut where the newest 5 or 10 cycles differ from it by this and the noise.
_CUT_MHZ = const(15)
_MIDDLE_CUT_MHZ = const(2)
_ROCOF_EVERY = const(5)


class Frequency:
    """Owner of the measured frequency. fast_mhz, slow_mhz and mhz are 0 while not `valid`.

    mhz: over 5 to 25 cycles, for droop. slow_mhz: always over 25 cycles.
    median_mhz: of the last 5 periods. rocof_mhz_s: over 500 ms. steady: the fast window may be
    acted upon. updates: counts new results, wraps. repairs: counts repaired edges, wraps.
    noise_mhz: the edges' jitter in the fast window, about four standard deviations. moving: it is
    or was on the move, so that `mhz` is quick. (Properties make each store six times as slow.)
    """

    def __init__(self, nominal_mhz=50000):
        self.nominal_mhz = nominal_mhz
        self.fast_mhz = self.slow_mhz = self.mhz = self.median_mhz = 0
        self.rocof_mhz_s = self.noise_mhz = 0
        self.valid = self.steady = self.moving = False
        self.updates = self.repairs = 0
        self._times = array("i", [0] * _RING)
        self._newest = 0
        self._line = Line(SLOW_CYCLES, nominal_mhz)
        self._periods = array("i", [0] * 5)
        self._slot = 0
        self._good = 0  # cycles without a gap, up to SLOW_CYCLES
        self._quiet_ms = 0
        self._period_us = 1000000000 // nominal_mhz
        self._five_us = nominal_us(35, nominal_mhz)
        self._shortest_us = self._period_us * 9 // 10
        self._longest_us = self._period_us * 11 // 10
        self._median_us = 0
        self._suspect_us = 0  # how far the last period was off, 0 when it was none
        self._noise = 0  # usual difference of a period from the median, 1/16 us
        self._blank_ms = 0
        self._span = SLOW_CYCLES  # the window of `mhz`
        self._hold = 0  # cycles until it may grow
        self._apart = False  # the last update has asked for a cut
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
                rocof = rocof_mhz_s(self._times, self._newest, nominal_mhz)
                # That is at nominal; it goes with the third power of the frequency.
                self.rocof_mhz_s = rocof + 3 * rocof * (slow_mhz - nominal_mhz) // nominal_mhz
        self.updates = (self.updates + 1) & 0x3FFFFFFF

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
            span = self._grown(edge_count)
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

    def _grown(self, edge_count):
        self._hold -= edge_count
        return self._span if self._hold >= 0 else min(self._span + edge_count, SLOW_CYCLES)

    def _window_mhz(self, cycles):
        return window_mhz(self._times, self._newest, cycles, self.nominal_mhz) + self._trim_mhz

    def _edge(self, at_us):
        times = self._times
        period_us = (at_us - times[self._newest]) & 0x3FFFFFFF
        if not self._shortest_us <= period_us <= self._longest_us:
            if period_us < self._shortest_us and self._good:
                return  # a second edge within one cycle is noise
            period_us = self._bridge(at_us, period_us)
        newest = (self._newest + 1) & 31
        self._newest = newest
        times[newest] = at_us
        if not period_us:
            self._restart()
            return
        good = self._good + 1 if self._good < SLOW_CYCLES else SLOW_CYCLES
        self._good = good
        if good > FAST_CYCLES:
            self._judge(period_us - self._median_us)
            if self._suspect_us:
                return  # not among the periods that make the median
        self._slot = slot = self._slot + 1 if self._slot < 4 else 0
        periods = self._periods
        old_us, median_us = periods[slot], self._median_us
        periods[slot] = period_us
        if old_us == period_us or (old_us - median_us) * (period_us - median_us) > 0:
            return  # on the same side of the median, which stays
        self._median_us = median_of_5(periods[0], periods[1], periods[2], periods[3], periods[4])

    def _bridge(self, at_us, period_us):
        """One edge is missing in an even row: put it in. Returns the last period, 0 if none."""
        off_us = period_us - 2 * self._median_us
        if self._good <= FAST_CYCLES or self._suspect_us or not -_JUMP_US < off_us < _JUMP_US:
            return 0
        half_us = period_us >> 1
        self._line.renew()
        self._newest = (self._newest + 1) & 31
        self._times[self._newest] = (at_us - (period_us - half_us)) & 0x3FFFFFFF
        self._good = min(self._good + 1, SLOW_CYCLES)
        self.repairs = (self.repairs + 1) & 0x3FFFFFFF
        return period_us - half_us

    def _judge(self, off_us):
        """Is the newest period, `off_us` from the median, a frequency or an artefact?"""
        size_us = off_us if off_us > 0 else -off_us
        # The median of the differences, found by small steps: one large one counts no more.
        noise = self._noise
        if noise or size_us:
            noise += _NOISE_STEP if size_us << 4 > noise else -_NOISE_STEP
            self._noise = noise
            self.noise_mhz = noise >> 3  # 2 mHz for each microsecond
        was_us = self._suspect_us
        if was_us:
            self._suspect_us = 0
            half_us = abs(was_us) >> 1
            if size_us <= half_us:  # back to what it was: the phase has stepped
                shift_older(self._times, self._newest, was_us)
            elif -half_us <= was_us + off_us <= half_us:
                at = (self._newest - 1) & 31  # long, then short: one edge was out of place
                self._times[at] = (self._times[at] - was_us) & 0x3FFFFFFF
            else:
                return
            self._line.renew()
            self.repairs = (self.repairs + 1) & 0x3FFFFFFF
            return
        limit_us = noise * 6 >> 4  # at most some milliseconds, since periods are checked
        if size_us > (limit_us if limit_us > _JUMP_US else _JUMP_US):
            self._suspect_us = off_us

    def _take_injected(self):
        mhz = self._injected_mhz
        self.fast_mhz = self.slow_mhz = self.median_mhz = self.mhz = mhz
        self.rocof_mhz_s = 0
        if self._span < SLOW_CYCLES:
            self._span += 1
            self.moving = self._span < SLOW_CYCLES
        self.valid = self.steady = True
        self.updates = (self.updates + 1) & 0x3FFFFFFF

    def _restart(self):
        self._good = 0
        self._suspect_us = 0
        self._line.renew()

    def _invalidate(self):
        self.valid = False
        self.slow_mhz = self.mhz = self.rocof_mhz_s = 0
        self._span = SLOW_CYCLES
        self.moving = False
        self._apart = False
        if self._good < FAST_CYCLES:
            self.fast_mhz = self.median_mhz = 0
            self.steady = False
