# SPDX-License-Identifier: MIT
"""Synthetic inertia: an answer to the rate of change of frequency. Gain 0 unless asked for.

In DTU's experiments (Rezkalla and others, Applied Energy 2018) droop with series electric cars
improved the transient, while a rate-of-change answer was hard to do with the response time
of cars and could even be unstable. So the rate is measured and published, and acts only where
somebody has set a gain.
"""


class Inertia:
    """`shift_ma` from the rate of change over 500 ms. gain_ma: mA for each Hz/s."""

    def __init__(self, gain_ma, most_ma):
        """Raises ValueError for a gain out of 0 to 20000 or a bound out of 0 to 80000."""
        if not 0 <= gain_ma <= 20000 or not 0 <= most_ma <= 80000:
            raise ValueError("gain_ma: expected 0 to 20000, most_ma 0 to 80000")
        self.shift_ma = 0
        self._gain_ma = gain_ma
        self._most_ma = most_ma

    def step(self, rocof_mhz_s):
        """A falling frequency (negative) draws less."""
        if rocof_mhz_s > 20000:
            rocof_mhz_s = 20000
        elif rocof_mhz_s < -20000:
            rocof_mhz_s = -20000
        size_ma = self._gain_ma * (rocof_mhz_s if rocof_mhz_s > 0 else -rocof_mhz_s) // 1000
        if size_ma > self._most_ma:
            size_ma = self._most_ma
        self.shift_ma = size_ma if rocof_mhz_s > 0 else -size_ma
