# SPDX-License-Identifier: MIT
"""The window of control/least_squares.py kept up to date edge by edge instead of summed anew."""

from control.least_squares import nominal_us


class Line:
    """window_mhz of one length for a window that slides by an edge at a time: the same number.

    With d_j the times since the edge that has just left (d_0 = 0), N cycles and the weights of
    window_mhz, the sum S over the next window is S + N d_(N+1) - 2 A, where A = d_1 + ... + d_N;
    and A, for the edge that leaves next, becomes A + d_(N+1) - (N + 1) d_1. `renew` when an edge
    in the window has been moved or put in.
    """

    def __init__(self, cycles, nominal_mhz):
        self._cycles = cycles
        self._nominal_mhz = nominal_mhz
        n = cycles + 1
        self._at_nominal = nominal_us(n * (n * n - 1) // 6, nominal_mhz)
        self._part = 1000 if cycles <= 8 else 100
        self._rest = nominal_mhz // self._part
        self._newest = -1
        self._total = 0
        self._sum = 0

    def renew(self):
        """Forget what was kept."""
        self._newest = -1

    def mhz(self, times, newest):
        """As window_mhz(times, newest, cycles, nominal_mhz)."""
        cycles = self._cycles
        if newest == (self._newest + 1) & 31 and self._newest >= 0:
            left = times[(newest - cycles - 1) & 31]
            last = (times[newest] - left) & 0x3FFFFFFF
            kept = self._sum
            total = self._total + cycles * last - 2 * kept
            first = (times[(newest - cycles) & 31] - left) & 0x3FFFFFFF
            self._sum = kept + last - (cycles + 1) * first
        else:
            total = self._compute(times, newest)
        self._newest = newest
        self._total = total
        share = total // self._rest
        off = total - self._at_nominal
        return self._nominal_mhz - (off * self._part + share // 2) // share

    def _compute(self, times, newest):
        cycles = self._cycles
        first = times[(newest - cycles) & 31]
        weight = -cycles
        total = kept = 0
        for index in range(newest - cycles, newest + 1):
            since = (times[index & 31] - first) & 0x3FFFFFFF
            total += weight * since
            kept += since
            weight += 2
        self._sum = kept
        return total


def shift_older(times, newest, by_us):
    """Move all edges before the last period, as if the phase had not stepped in it."""
    for index in range(newest - 31, newest - 1):
        times[index & 31] = (times[index & 31] + by_us) & 0x3FFFFFFF
