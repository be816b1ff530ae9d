# SPDX-License-Identifier: MIT
"""One activation of a reserve, watched every 100 ms: when it began and ended, and what came of it.

It begins when the services ask for a good part of their capacity and ends when they have asked for
less than half of that part for 10 s. The summary says baseline, asked, offered, delivered and
the delay to 90 % of what was asked, all from the charger's own meter.
"""

from control import limits

_END_MS = 10000


class Activation:
    """Owner of the summary. active: one is under way."""

    def __init__(self, threshold_pm):
        self.active = False
        self.count = 0
        self._threshold_pm = threshold_pm
        self._start_ms = 0
        self._quiet_ms = 0
        self._asked_ms = 0
        self._first = None
        self._reason = 0
        self._base_ma = 0
        self._asked_ma = 0
        self._offered_ma = 0
        self._delivered_ma = 0
        self._delay_ms = -1
        self._mhz = 0
        self._phases = 1

    def step(self, now_ms, grid, capacity_ma, offer_ma, mhz):
        """Every 100 ms. Returns "begin" or "end" in the step in which it does, else None."""
        asked_ma = grid.shift_ma
        size_ma = abs(asked_ma)
        most_ma = max(100, capacity_ma * self._threshold_pm // 1000)
        latched = grid.ffr is not None and grid.ffr.latched
        if not self.active:
            if not latched and (size_ma < most_ma or capacity_ma == 0):
                return None
            self._begin(now_ms, grid, mhz)
            self._note(now_ms, grid, offer_ma, mhz)
            return "begin"
        self._note(now_ms, grid, offer_ma, mhz)
        if latched or size_ma >= most_ma // 2:
            self._quiet_ms = now_ms
        elif (now_ms - self._quiet_ms) & 0x3FFFFFFF >= _END_MS:
            self.active = False
            return "end"
        return None

    def _begin(self, now_ms, grid, mhz):
        self.active = True
        self.count += 1
        self._start_ms = self._quiet_ms = self._asked_ms = now_ms
        self._first = grid.watch.drawn_ma
        self._reason = grid.reason
        self._base_ma = grid.base_ma
        self._asked_ma = self._offered_ma = self._delivered_ma = 0
        self._delay_ms = -1
        self._mhz = mhz
        self._phases = grid.watch.phases

    def _note(self, now_ms, grid, offer_ma, mhz):
        asked_ma = grid.shift_ma
        if mhz and abs(mhz - 50000) > abs(self._mhz - 50000):
            self._mhz = mhz
        if grid.reason == limits.FFR:
            self._reason = limits.FFR
        if abs(asked_ma) > abs(self._asked_ma) + 50:
            self._asked_ma = asked_ma
            self._asked_ms = now_ms
            self._offered_ma = offer_ma
            self._delay_ms = -1
        delivered_ma = grid.watch.drawn_ma - self._first
        if (delivered_ma < 0) == (self._asked_ma < 0):
            if abs(delivered_ma) > abs(self._delivered_ma):
                self._delivered_ma = delivered_ma
                self._offered_ma = offer_ma
            if self._delay_ms < 0 and abs(delivered_ma) * 10 >= abs(self._asked_ma) * 9:
                self._delay_ms = (now_ms - self._asked_ms) & 0x3FFFFFFF

    def summary(self, now_ms, unix_s):
        """A dict for log, OCPP and flash. Currents in mA per phase, signed as asked."""
        lasted_ms = (self._quiet_ms - self._start_ms) & 0x3FFFFFFF
        ago_s = ((now_ms - self._start_ms) & 0x3FFFFFFF) // 1000
        return {
            "service": limits.REASONS[self._reason],
            "t_ms": self._start_ms,
            "at": unix_s - ago_s if unix_s else None,
            "baseline_ma": self._base_ma,
            "asked_ma": self._asked_ma,
            "offered_ma": self._offered_ma,
            "delivered_ma": self._delivered_ma,
            "delivered_w": self._delivered_ma * 230 * self._phases // 1000,
            "delay_ms": self._delay_ms,
            "duration_ms": lasted_ms,
            "mhz_extreme": self._mhz,
            "phases": self._phases,
            "end": "over",
        }
