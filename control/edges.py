# SPDX-License-Identifier: MIT
"""The times of the mains' zero crossings, repaired where a single bad one is recognised.

A local phase step fakes frequency: 10 degrees read as 1.4 Hz over one cycle. Such a step, one
displaced and one missing edge are recognised and repaired; the median of the last 5 periods is
an opinion that no single bad cycle can move.
"""

from array import array

from micropython import const

from control.least_squares import median_of_5
from control.sliding import Line, shift_older

FAST_CYCLES = const(5)
SLOW_CYCLES = const(25)

_RING = const(32)
# A period this far from the median of 5 (0.3 Hz), or six times the noise, is no frequency.
_JUMP_US = const(120)
_NOISE_STEP = const(16)  # a microsecond


class Edges:
    """What control.frequency.Frequency measures with: a ring of tick values in us, and windows'
    line over them, which is told of every repair.

    repairs: counts repaired edges, wraps. noise_mhz: the edges' jitter in a window of 5 cycles,
    about four standard deviations.
    """

    def __init__(self, nominal_mhz):
        self.nominal_mhz = nominal_mhz
        self.noise_mhz = self.repairs = 0
        self._times = array("i", [0] * _RING)
        self._newest = 0
        self._line = Line(SLOW_CYCLES, nominal_mhz)
        self._periods = array("i", [0] * 5)
        self._slot = 0
        self._good = 0  # cycles without a gap, up to SLOW_CYCLES
        self._period_us = 1000000000 // nominal_mhz
        self._shortest_us = self._period_us * 9 // 10
        self._longest_us = self._period_us * 11 // 10
        self._median_us = 0
        self._suspect_us = 0  # how far the last period was off, 0 when it was none
        self._noise = 0  # usual difference of a period from the median, 1/16 us

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

    def _restart(self):
        self._good = 0
        self._suspect_us = 0
        self._line.renew()
