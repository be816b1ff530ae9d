# SPDX-License-Identifier: MIT
"""What thousands of chargers measure of one true frequency.

Least squares over cycles is a weighted mean of the frequency, the weights a parabola over the
window. On top come the noise of the edges (as the accuracy table of the grid report has it at
5 us of jitter) and the place of each device's edges and control steps against the others'.
The rule that lets the fast window lead on a real move is the firmware's own.
"""

import numpy as np

from .devices import INT

FAST_STEPS, SLOW_STEPS = 10, 50  # of 10 ms
FAST_SD_MHZ, SLOW_SD_MHZ = 3.1, 0.3
NOISE_MHZ = 10  # what Frequency.noise_mhz says at 5 us of jitter
MOVING_MHZ = 30


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


def kernel(steps):
    """Weights of least squares over a window of `steps` of 10 ms, oldest first."""
    k = np.arange(1, steps + 1)
    weights = k * (steps + 1.0 - k)
    return weights / weights.sum()


class Measurement:
    """n devices that watch one frequency. `step(hz)` every 10 ms returns the View."""

    def __init__(self, n, rng, hz=50.0, noisy=True):
        self.view = View(n)
        self._rng = rng
        self._noisy = noisy
        self._history = np.full(SLOW_STEPS + 2, hz)
        self._fast = kernel(FAST_STEPS)
        self._slow = kernel(SLOW_STEPS)
        self._parity = rng.integers(0, 2, n)
        self._age = rng.integers(0, 2, n)  # newest edge is up to 10 ms older than the step
        self._moving = np.zeros(n, dtype=INT)
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
        fast = [1000 * float(self._fast @ history[-FAST_STEPS - a : len(history) - a])
                for a in (0, 1)]  # fmt: skip
        slow = [1000 * float(self._slow @ history[-SLOW_STEPS - a : len(history) - a])
                for a in (0, 1)]  # fmt: skip
        view.fast_mhz = self._take(fast, FAST_SD_MHZ, view.fast_mhz)
        view.slow_mhz = self._take(slow, SLOW_SD_MHZ, view.slow_mhz)
        view.median_mhz = view.fast_mhz
        self._choose(fresh)
        return view

    def _take(self, by_age, sd, before):
        exact = np.where(self._age == 0, by_age[0], by_age[1])
        if self._noisy:
            exact = exact + self._rng.normal(0.0, sd, len(exact))
        return np.where(self.view.fresh, np.rint(exact).astype(INT), before)

    def _choose(self, fresh):
        view = self.view
        level = np.where(self._moving >= 2, (MOVING_MHZ + NOISE_MHZ) // 2, MOVING_MHZ + NOISE_MHZ)
        apart = np.abs(view.fast_mhz - view.slow_mhz) >= level
        moving = np.where(apart, np.minimum(self._moving + 1, 2), 0)
        self._moving = np.where(fresh, moving, self._moving)
        view.moving = self._moving >= 2
        view.mhz = np.where(view.moving, view.fast_mhz, view.slow_mhz)
