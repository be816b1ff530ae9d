# SPDX-License-Identifier: MIT
"""Mains frequency from the times of the zero crossings, by least squares over two windows.

A straight line through N + 1 edge times has the period as its slope. Its error falls faster
than that of "last minus first" (sd = f^2 * jitter * sqrt(12 / (N (N+1) (N+2)))). The fast
window of 5 cycles (100 ms) is for fast reserves, the slow one of 25 cycles (500 ms) for droop.
All in integers: microseconds in, millihertz out, no value reaches 2**30.
"""

from array import array

from micropython import const

FAST_CYCLES = const(5)
SLOW_CYCLES = const(25)

# No new edge for this long: the measurement is stale.
STALE_MS = const(200)

# A meter prints a frequency even on a dead bus; below half voltage it means nothing.
_VALID_PU_PM = const(500)
_NOMINAL_MV = const(230000)

_RING = const(32)


def window_mhz(times, newest, cycles, nominal_mhz):
    """Frequency in mHz of the `cycles` periods that end with ring index `newest`.

    Slope S of the line through n = cycles + 1 points: 6 * sum(w_i t_i) / (n (n^2 - 1)) with
    w_i = 2 i - (n - 1). The frequency is found as a deviation from nominal, since 10^9 / S
    would not keep a millihertz in 31 bits. Valid for +-10 % around nominal.
    """
    first = times[(newest - cycles) & 31]
    weight = -cycles
    total = 0
    index = newest - cycles
    for _ in range(cycles + 1):
        total += weight * ((times[index & 31] - first) & 0x3FFFFFFF)
        weight += 2
        index += 1
    n = cycles + 1
    scale = n * (n * n - 1) // 6
    # The sum at exactly nominal frequency: scale * 10^9 / nominal, without leaving 31 bits.
    at_nominal = scale * (1000000000 // nominal_mhz)
    at_nominal += scale * (1000000000 % nominal_mhz) // nominal_mhz
    off = total - at_nominal
    if cycles <= 8:
        part, rest = 1000, nominal_mhz // 1000
    else:
        part, rest = 100, nominal_mhz // 100
    share = total // rest
    return nominal_mhz - (off * part + share // 2) // share


class Frequency:
    """Owner of the measured frequency. fast_mhz and slow_mhz are 0 while not `valid`."""

    def __init__(self, nominal_mhz=50000):
        self.nominal_mhz = nominal_mhz
        self.fast_mhz = 0
        self.slow_mhz = 0
        self.valid = False
        self.updates = 0  # counts new results; wraps with the small integers
        self._times = array("i", [0] * _RING)
        self._newest = 0
        self._good = 0  # cycles without a gap, up to SLOW_CYCLES
        self._quiet_ms = 0
        period_us = 1000000000 // nominal_mhz
        self._shortest_us = period_us * 9 // 10
        self._longest_us = period_us * 11 // 10

    def step(self, dt_ms, edge_us, edge_count, lowest_mv):
        """Take the rising edges since the last step and the lowest phase voltage in mV."""
        for i in range(edge_count):
            self._edge(edge_us[i])
        if edge_count:
            self._quiet_ms = 0
        elif self._quiet_ms < STALE_MS:
            self._quiet_ms += dt_ms
        if self._quiet_ms >= STALE_MS or lowest_mv < _NOMINAL_MV * _VALID_PU_PM // 1000:
            self._good = 0
        if edge_count and self._good >= FAST_CYCLES:
            self.fast_mhz = window_mhz(self._times, self._newest, FAST_CYCLES, self.nominal_mhz)
            if self._good >= SLOW_CYCLES:
                self.slow_mhz = window_mhz(
                    self._times, self._newest, SLOW_CYCLES, self.nominal_mhz
                )
                self.valid = True
            self.updates = (self.updates + 1) & 0x3FFFFFFF
        if self._good < SLOW_CYCLES:
            self._invalidate()

    def blank(self):
        """The charger is about to switch a contactor: the next edges are not to be trusted."""

    def _edge(self, at_us):
        period_us = (at_us - self._times[self._newest & 31]) & 0x3FFFFFFF
        self._newest = (self._newest + 1) & 31
        self._times[self._newest] = at_us
        if self._shortest_us < period_us < self._longest_us:
            if self._good < SLOW_CYCLES:
                self._good += 1
        else:
            self._good = 0  # a missing or false edge: start the windows again

    def _invalidate(self):
        self.valid = False
        self.slow_mhz = 0
        if self._good < FAST_CYCLES:
            self.fast_mhz = 0
