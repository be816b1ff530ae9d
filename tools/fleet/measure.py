# SPDX-License-Identifier: MIT
"""What thousands of chargers measure of one true frequency.

Least squares over cycles is a weighted mean of the frequency, the weights a parabola over the
window. On top come the noise of the edges (5 us of jitter, by the formula of least squares) and
the place of each device's edges and control steps against the others'. The rule that cuts the
droop's window and lets it grow is the firmware's own.
"""

import numpy as np

from .devices import INT

FAST, MIDDLE, SLOW = 5, 10, 25  # cycles of 20 ms
NOISE_MHZ = 10  # what Frequency.noise_mhz says at 5 us of jitter
CUT_MHZ = 15 + NOISE_MHZ
MIDDLE_CUT_MHZ = 2 + (5 * NOISE_MHZ >> 4)

_CYCLES = np.arange(SLOW + 1)
# Noise of a window of so many cycles at 5 us of jitter, by the formula of least squares.
SD_MHZ = 12.5 * np.sqrt(12.0 / np.maximum(1, _CYCLES * (_CYCLES + 1) * (_CYCLES + 2)))


class View:
    """One step's measurement: fast_mhz, slow_mhz, median_mhz, mhz (for droop), fresh (bool)."""

    noise_mhz = NOISE_MHZ

    def __init__(self, n):
        self.fast_mhz = np.full(n, 50000, dtype=INT)
        self.slow_mhz = np.full(n, 50000, dtype=INT)
        self.median_mhz = np.full(n, 50000, dtype=INT)
        self.mhz = np.full(n, 50000, dtype=INT)
        self.moving = np.zeros(n, dtype=bool)
        self.fresh = np.ones(n, dtype=bool)


def kernel(cycles):
    """Weights of least squares over `cycles`, for each 10 ms of the longest window."""
    steps = 2 * cycles
    k = np.arange(1, steps + 1)
    weights = k * (steps + 1.0 - k)
    return np.concatenate([np.zeros(2 * SLOW - steps), weights / weights.sum()])


class Measurement:
    """n devices that watch one frequency. `step(hz)` every 10 ms returns the View."""

    def __init__(self, n, rng, hz=50.0, noisy=True):
        self.view = View(n)
        self._rng = rng
        self._noisy = noisy
        self._history = np.full(2 * SLOW + 1, hz)
        self._kernels = np.array([kernel(cycles) for cycles in range(FAST, SLOW + 1)])
        self._parity = rng.integers(0, 2, n)
        self._age = rng.integers(0, 2, n)  # newest edge is up to 10 ms older than the step
        self._span = np.full(n, SLOW, dtype=INT)
        self._hold = np.zeros(n, dtype=INT)
        self._apart = np.zeros(n, dtype=bool)
        self._number = 0
        start = round(hz * 1000)
        for values in (self.view.fast_mhz, self.view.slow_mhz, self.view.mhz):
            values[:] = start

    def step(self, hz):
        """One control step later the true frequency is `hz`."""
        history = self._history
        history[:-1] = history[1:]
        history[-1] = hz
        view = self.view
        self._number += 1
        fresh = (self._parity + self._number) % 2 == 0
        view.fresh = fresh
        windows = 1000 * np.stack([self._kernels @ history[1:], self._kernels @ history[:-1]])
        # Two draws: the fast window's, and one for all longer ones, which share most edges.
        quick, calm = self._rng.normal(0.0, 1.0, (2, len(fresh))) if self._noisy else (0.0, 0.0)
        view.fast_mhz = self._take(windows, FAST, quick, view.fast_mhz)
        view.slow_mhz = self._take(windows, SLOW, calm, view.slow_mhz)
        view.median_mhz = view.fast_mhz
        self._follow(windows, calm)
        return view

    def _take(self, windows, cycles, noise, before):
        """A window of `cycles` (one number or one for each device), in whole mHz."""
        exact = windows[self._age, cycles - FAST] + noise * SD_MHZ[cycles]
        return np.where(self.view.fresh, np.rint(exact).astype(INT), before)

    def _follow(self, windows, noise):
        """control.frequency.Frequency._follow for one new cycle; the median always agrees."""
        view, fresh = self.view, self.view.fresh
        moving = self._span < SLOW
        hold = self._hold - moving
        span = np.where(moving & (hold < 0), self._span + 1, self._span)
        mhz = np.where(span < SLOW, self._take(windows, span, noise, view.mhz), view.slow_mhz)
        middle = self._take(windows, MIDDLE, noise, view.mhz)
        level = np.where(moving, CUT_MHZ - (CUT_MHZ >> 2), CUT_MHZ)
        sign = np.where(view.fast_mhz >= mhz, 1, -1)
        apart = sign * (view.fast_mhz - mhz)
        way = sign * (middle - mhz)
        far = apart >= level
        near = ~far & (span > MIDDLE) & (way >= MIDDLE_CUT_MHZ) & (way <= apart)
        hold = np.where((apart >= level >> 2) & (hold <= 0), 1, hold)
        cut = (far | near) & self._apart
        cycles = np.where(far, FAST, MIDDLE)
        mhz = np.where(cut, np.where(far, view.fast_mhz, middle), mhz)
        self._span = np.where(fresh, np.where(cut, cycles, span), self._span)
        self._hold = np.where(fresh, np.where(cut, (cycles >> 1) + 2, hold), self._hold)
        self._apart = np.where(fresh, far | near, self._apart)
        view.mhz = np.where(fresh, mhz, view.mhz)
        view.moving = self._span < SLOW
