# SPDX-License-Identifier: MIT
"""Mains frequency from the times of the zero crossings, as far as it can be trusted.

The fast window of 5 cycles (100 ms) is for fast reserves, the slow one of 25 cycles (500 ms)
for droop. A local phase step fakes frequency: 10 degrees read as 1.4 Hz over one cycle. Such a
step, one displaced edge and one missing edge are recognised and repaired, so that the windows
go on; the median of the last 5 periods is a second opinion that no single bad cycle can move.
"""

from array import array

from micropython import const

from control.least_squares import median_of_5, rocof_mhz_s, window_mhz

FAST_CYCLES = const(5)
SLOW_CYCLES = const(25)

# No new edge for this long: the measurement is stale.
STALE_MS = const(200)
# After own switching (contactor, phase relay) the fast window is not to be acted upon.
BLANK_MS = const(60)

# A meter prints a frequency even on a dead bus; below half voltage it means nothing.
_VALID_PU_PM = const(500)
_NOMINAL_MV = const(230000)

_RING = const(32)
# A period that differs this much from the median of 5 is no frequency (0.75 Hz in one cycle);
# where the edges are noisier than that, six times their usual difference.
_JUMP_US = const(300)
_NOISE_STEP = const(16)  # a microsecond
# Beyond this difference of the windows the frequency is on the move: take the fast one.
_MOVING_MHZ = const(30)
_ROCOF_EVERY = const(5)


class Frequency:
    """Owner of the measured frequency. fast_mhz, slow_mhz and mhz are 0 while not `valid`.

    mhz: the slow window, or the fast one while the frequency is on the move; for droop.
    median_mhz: of the last 5 periods. rocof_mhz_s: over 500 ms. steady: the fast window may be
    acted upon. updates: counts new results, wraps. repairs: counts repaired edges, wraps.
    """

    def __init__(self, nominal_mhz=50000):
        self.nominal_mhz = nominal_mhz
        self.fast_mhz = 0
        self.slow_mhz = 0
        self.mhz = 0
        self.median_mhz = 0
        self.rocof_mhz_s = 0
        self.steady = False
        self.valid = False
        self.updates = 0
        self.repairs = 0
        self._times = array("i", [0] * _RING)
        self._newest = 0
        self._periods = array("i", [0] * 5)
        self._slot = 0
        self._good = 0  # cycles without a gap, up to SLOW_CYCLES
        self._quiet_ms = 0
        self._period_us = 1000000000 // nominal_mhz
        self._shortest_us = self._period_us * 9 // 10
        self._longest_us = self._period_us * 11 // 10
        self._median_us = 0
        self._suspect_us = 0  # how far the last period was off, 0 when it was none
        self._noise = 0  # usual difference of a period from the median, 1/16 us
        self._blank_ms = 0
        self._moving = 0
        self._trim_mhz = 0
        self._injected_mhz = 0
        self._inject_ms = 0

    @property
    def noise_mhz(self):
        """What the edges' jitter makes of the fast window, about four standard deviations."""
        return self._noise >> 3  # 2 mHz for each microsecond

    @property
    def moving(self):
        """True while the frequency is on the move, so that `mhz` is the fast window."""
        return self._moving >= 2

    def trim(self, clock_ppm):
        """The board's clock is fast by `clock_ppm` (-200 to 200): correct for it, to 1 mHz.

        Raises ValueError out of range. A crystal of 20 ppm is wrong by 1 mHz at 50 Hz.
        """
        if not -200 <= clock_ppm <= 200:
            raise ValueError("clock_ppm %r: expected -200 to 200" % clock_ppm)
        self._trim_mhz = (self.nominal_mhz // 1000 * clock_ppm + 500) // 1000

    def inject(self, mhz, ttl_ms):
        """Test input: for `ttl_ms` this frequency instead of the measured one; 0 ends it.

        Operators' tests replace the signal at the measurement's input. Raises ValueError when
        the frequency is not within 10 % of nominal.
        """
        if ttl_ms and not 9 * self.nominal_mhz <= 10 * mhz <= 11 * self.nominal_mhz:
            raise ValueError("injected frequency %r mHz: expected nominal +-10 %%" % mhz)
        self._injected_mhz = mhz
        self._inject_ms = ttl_ms

    def blank(self):
        """The charger is about to switch a contactor: the next edges are not to be trusted."""
        self._blank_ms = BLANK_MS

    def step(self, dt_ms, edge_us, edge_count, lowest_mv):
        """Take the rising edges since the last step and the lowest phase voltage in mV."""
        if self._blank_ms > 0:
            self._blank_ms -= dt_ms
        for i in range(edge_count):
            self._edge(edge_us[i])
        if edge_count:
            self._quiet_ms = 0
        elif self._quiet_ms < STALE_MS:
            self._quiet_ms += dt_ms
        if self._quiet_ms >= STALE_MS or lowest_mv < _NOMINAL_MV * _VALID_PU_PM // 1000:
            self._restart()
        if self._inject_ms > 0:
            self._inject_ms -= dt_ms
            self._take_injected()
            return
        # While the newest period is a suspect the last results stand for one more cycle.
        if edge_count and self._good >= FAST_CYCLES and not self._suspect_us:
            self._measure(edge_count)
        if self._good < SLOW_CYCLES:
            self._invalidate()

    def _measure(self, edge_count):
        before_mhz = self.fast_mhz
        nominal_mhz = self.nominal_mhz
        trim_mhz = self._trim_mhz
        fast_mhz = window_mhz(self._times, self._newest, FAST_CYCLES, nominal_mhz) + trim_mhz
        self.fast_mhz = fast_mhz
        median_us = self._median_us
        # The median is whole microseconds: 2.5 mHz, less than its noise.
        off_us = median_us - self._period_us
        self.median_mhz = nominal_mhz - off_us * nominal_mhz // median_us + trim_mhz
        # 10 Hz/s between two windows is no frequency of a grid.
        most_mhz = self._period_us * edge_count // 100
        jump_mhz = fast_mhz - before_mhz
        self.steady = self._blank_ms <= 0 and -most_mhz < jump_mhz < most_mhz
        if self._good >= SLOW_CYCLES:
            slow_mhz = window_mhz(self._times, self._newest, SLOW_CYCLES, nominal_mhz) + trim_mhz
            self.slow_mhz = slow_mhz
            self.valid = True
            self._choose(fast_mhz, slow_mhz)
            if self.updates % _ROCOF_EVERY == 0:
                rocof = rocof_mhz_s(self._times, self._newest, nominal_mhz)
                # That is at nominal; it goes with the third power of the frequency.
                self.rocof_mhz_s = rocof + 3 * rocof * (slow_mhz - nominal_mhz) // nominal_mhz
        self.updates = (self.updates + 1) & 0x3FFFFFFF

    def _choose(self, fast_mhz, slow_mhz):
        """The slow window is exact but 250 ms late: on a real move the fast one leads."""
        noise_mhz = self._noise >> 3
        level_mhz = _MOVING_MHZ + noise_mhz
        apart_mhz = fast_mhz - slow_mhz
        doubt_mhz = fast_mhz - self.median_mhz
        if self._moving >= 2:
            level_mhz >>= 1
        if not -level_mhz < apart_mhz < level_mhz:
            if self.steady and -40 - noise_mhz < doubt_mhz < 40 + noise_mhz:
                if self._moving < 2:
                    self._moving += 1
        else:
            self._moving = 0
        self.mhz = fast_mhz if self._moving >= 2 else slow_mhz

    def _edge(self, at_us):
        period_us = (at_us - self._times[self._newest & 31]) & 0x3FFFFFFF
        if period_us < self._shortest_us and self._good:
            return  # a second edge within one cycle is noise
        if not self._shortest_us <= period_us <= self._longest_us:
            period_us = self._bridge(at_us, period_us)
        self._newest = (self._newest + 1) & 31
        self._times[self._newest] = at_us
        if not period_us:
            self._restart()
            return
        if self._good < SLOW_CYCLES:
            self._good += 1
        if self._good > FAST_CYCLES:
            off_us = period_us - self._median_us
            self._judge(off_us)
            if self._suspect_us:
                return  # not among the periods that make the median
        self._slot = self._slot + 1 if self._slot < 4 else 0
        periods = self._periods
        periods[self._slot] = period_us
        self._median_us = median_of_5(periods[0], periods[1], periods[2], periods[3], periods[4])

    def _bridge(self, at_us, period_us):
        """One edge is missing in an even row: put it in. Returns the last period, 0 if none."""
        off_us = period_us - 2 * self._median_us
        if self._good <= FAST_CYCLES or self._suspect_us or not -_JUMP_US < off_us < _JUMP_US:
            return 0
        half_us = period_us >> 1
        self._newest = (self._newest + 1) & 31
        self._times[self._newest] = (at_us - (period_us - half_us)) & 0x3FFFFFFF
        if self._good < SLOW_CYCLES:
            self._good += 1
        self.repairs = (self.repairs + 1) & 0x3FFFFFFF
        return period_us - half_us

    def _judge(self, off_us):
        """Is the newest period, `off_us` from the median, a frequency or an artefact?"""
        size_us = off_us if off_us > 0 else -off_us
        # The median of the differences, found by small steps: one large one counts no more.
        if size_us << 4 > self._noise:
            self._noise += _NOISE_STEP
        elif self._noise:
            self._noise -= _NOISE_STEP
        was_us = self._suspect_us
        if was_us:
            self._suspect_us = 0
            half_us = (was_us if was_us > 0 else -was_us) >> 1
            if size_us <= half_us:
                self._shift_older(was_us)  # back to what it was: the phase has stepped
            elif -half_us <= was_us + off_us <= half_us:
                at = (self._newest - 1) & 31  # long, then short: one edge was out of place
                self._times[at] = (self._times[at] - was_us) & 0x3FFFFFFF
                self.repairs = (self.repairs + 1) & 0x3FFFFFFF
            return
        limit_us = self._noise * 6 >> 4  # at most some milliseconds, since periods are checked
        if size_us > (limit_us if limit_us > _JUMP_US else _JUMP_US):
            self._suspect_us = off_us

    def _shift_older(self, by_us):
        """Move all edges before the step as if there had been none."""
        times = self._times
        index = self._newest - 2
        for _ in range(_RING - 2):
            times[index & 31] = (times[index & 31] + by_us) & 0x3FFFFFFF
            index -= 1
        self.repairs = (self.repairs + 1) & 0x3FFFFFFF

    def _take_injected(self):
        mhz = self._injected_mhz
        self.fast_mhz = self.slow_mhz = self.median_mhz = self.mhz = mhz
        self.rocof_mhz_s = 0
        self.valid = self.steady = True
        self.updates = (self.updates + 1) & 0x3FFFFFFF

    def _restart(self):
        self._good = 0
        self._suspect_us = 0

    def _invalidate(self):
        self.valid = False
        self.slow_mhz = self.mhz = 0
        self.rocof_mhz_s = 0
        self._moving = 0
        if self._good < FAST_CYCLES:
            self.fast_mhz = self.median_mhz = 0
            self.steady = False
