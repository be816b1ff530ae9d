# SPDX-License-Identifier: MIT
"""What a run delivered: power, offer and log of a bench Record as arrays and events.

Power is sampled every 100 ms, as the operators want it; the offer is known to the microsecond
from the duty on the pin.
"""

import numpy as np

from tools.bench.sim.vehicle import duty_to_ma

VOLT = 230.0


class Delivered:
    """Arrays over `t_s`: hz (true), measured_hz (nan while invalid), power_w, offer_w, offer_ma.

    `duties`: [(t_s, ma)] of the pin. `phases`: phases the car uses. `log`: the firmware's events.
    """

    def __init__(self, record, phases, folder=None):
        rows = record.rows
        self.record = record
        self.folder = folder  # where the run has left its files, the flash among them
        self.phases = phases
        self.log = record.log
        self.t_s = np.array([row["t_ms"] for row in rows]) / 1000.0
        self.hz = np.array([row["grid_mhz"] for row in rows]) / 1000.0
        measured = np.array([row["measured_mhz"] for row in rows], dtype=float)
        measured[measured == 0] = np.nan
        self.measured_hz = measured / 1000.0
        self.power_w = np.array([row["power_w"] for row in rows], dtype=float)
        self.offer_ma = np.array([row["offer_ma"] for row in rows], dtype=float)
        self.reason = [row["reason"] for row in rows]
        self.contactor = np.array([row["contactor"] for row in rows])
        self.duties = [
            (t_us / 1e6, duty_to_ma(ppm)) for t_us, signal, ppm in record.edges if signal == "duty"
        ]

    @property
    def w_per_ma(self):
        """Watts of one milliampere on all phases that the car uses."""
        return VOLT * self.phases / 1000.0

    def offer_at(self, times_s):
        """The offer in mA that the duty says at each of `times_s`."""
        changes = np.array([t for t, _ in self.duties] or [0.0])
        values = np.array([ma for _, ma in self.duties] or [0])
        index = np.searchsorted(changes, times_s, side="right") - 1
        return np.where(index >= 0, values[np.clip(index, 0, None)], 0).astype(float)

    def mean_power_w(self, from_s, to_s):
        """Mean power in a window."""
        part = self.power_w[(self.t_s >= from_s) & (self.t_s < to_s)]
        return float(part.mean()) if len(part) else 0.0

    def drop_w(self, event_s, rest_s=5.0):
        """(baseline, support): the mean of the last `rest_s` before `event_s`, and less of it."""
        base_w = self.mean_power_w(event_s - rest_s, event_s)
        return base_w, base_w - self.power_w

    def offered_drop_ma(self, event_s):
        """(baseline, support) of the offer itself in mA."""
        base_ma = float(self.offer_at([event_s - 0.05])[0])
        return base_ma, base_ma - self.offer_at(self.t_s)

    def events(self, name, from_s=0.0, to_s=1e9):
        """The firmware's log lines called `name` in a window."""
        return [
            item
            for item in self.log
            if item.get("event") == name and from_s <= item["t_ms"] / 1000 <= to_s
        ]

    def armed(self, at_s):
        """(armed, why, line) as the firmware last said before `at_s`."""
        lines = self.events("grid_armed", 0, at_s)
        last = lines[-1] if lines else {}
        return bool(last.get("armed")), last.get("why", "never said"), last
