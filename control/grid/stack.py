# SPDX-License-Identifier: MIT
"""All grid services in one order: what they want the offer to be, below the limits.

The charger asks once in each step. `target_ma` 0 means: no wish, the limit decides.
"""

from control.limits import RESERVE


class Grid:
    """One droop around a baseline.

    reason: which service moves the offer (control.limits). pause: the wish is no current at all.
    urgent: it must not wait for any pace. may_rise: the car has shown that it follows upward.
    """

    def __init__(self, droop, baseline_ma):
        self.target_ma = 0
        self.reason = RESERVE
        self.pause = False
        self.urgent = False
        self.may_rise = False
        self.droop = droop
        self._baseline_ma = baseline_ma

    def step(self, dt_ms, now_ms, readings, meter_ok, charger):
        """Follow the measured frequency (control.frequency.Frequency)."""
        frequency = charger.frequency
        self.droop.step(dt_ms, frequency.slow_mhz, frequency.valid)
        self.target_ma = self._baseline_ma + self.droop.shift_ma
