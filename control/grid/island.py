# SPDX-License-Identifier: MIT
"""Anti-islanding of a load: a grid out of its range for some time is left alone.

A charger cannot keep an island alive, but it must not pull a wounded grid further down, and
must not be there when it comes back. Frequency, its rate of change, or a phase voltage out
of range for `time_ms`: stop charging; enter_service.py says when to begin again.
"""


class Island:
    """tripped: True for the one step in which the grid is given up."""

    def __init__(self, low_mhz, high_mhz, low_pm, high_pm, rocof_mhz_s, time_ms):
        """Raises ValueError for a range that is empty. rocof_mhz_s 0: not watched."""
        if low_mhz >= high_mhz or low_pm >= high_pm:
            raise ValueError("low_mhz, low_pm: expected less than high_mhz, high_pm")
        if rocof_mhz_s < 0 or time_ms < 0:
            raise ValueError("rocof_mhz_s, time_ms: must not be negative")
        self.tripped = False
        self._low_mhz = low_mhz
        self._high_mhz = high_mhz
        self._low_pm = low_pm
        self._high_pm = high_pm
        self._rocof_mhz_s = rocof_mhz_s
        self._time_ms = time_ms
        self._ms = 0

    def step(self, dt_ms, frequency, lowest_pm, highest_pm):
        """Every 100 ms; an invalid frequency says nothing, the voltage still does."""
        out = not self._low_pm <= lowest_pm or not highest_pm <= self._high_pm
        if frequency.valid:
            out = out or not self._low_mhz <= frequency.fast_mhz <= self._high_mhz
            most = self._rocof_mhz_s
            if most and not -most <= frequency.rocof_mhz_s <= most:
                out = True
        self.tripped = False
        if not out:
            self._ms = 0
            return
        before_ms = self._ms
        self._ms += dt_ms
        self.tripped = before_ms <= self._time_ms < self._ms
        if self._ms > 1000000:
            self._ms = self._time_ms + 1  # out for hours: it has tripped once
