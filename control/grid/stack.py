# SPDX-License-Identifier: MIT
"""All grid services in one order: what they want the offer to be, below the limits.

The charger asks once in each step. `target_ma` 0 means: no wish, the limit decides.
"""


class Grid:
    """One droop around a baseline. `urgent`: the wish may go out without the 5 s wait."""

    def __init__(self, droop, baseline_ma):
        self.target_ma = 0
        self.urgent = True
        self.droop = droop
        self._baseline_ma = baseline_ma

    def step(self, dt_ms, frequency):
        """Follow the measured frequency (control.frequency.Frequency)."""
        self.droop.step(dt_ms, frequency.slow_mhz, frequency.valid)
        self.target_ma = self._baseline_ma + self.droop.shift_ma
