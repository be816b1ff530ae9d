# SPDX-License-Identifier: MIT
"""What the grid services keep over a restart: changes made from outside, the activation under way.

Only sections that no other file keeps: firmware/ocpp keeps its DER controls, which have times of
their own. A change holds until it is taken back, or until the settings file says something else
about that section than it did when the change was made.
"""

from firmware import evidence
from firmware.activation import Activation
from firmware.journal import read_json, write_json

FILE = "grid_kept.json"
SECTIONS = ("ffr",)
_NUMBERS = ("t_ms", "threshold_pm", "capacity_ma", "phases", "asked_ma", "baseline_ma")
_AHEAD_MS = 1 << 29
_ROWS_A_STEP = 25


class Kept:
    """changes: {section: [what it was set to, what the settings said]}. open: dict or None."""

    def __init__(self):
        found = read_json(FILE)
        if not isinstance(found, dict):
            found = {}
        self.dirty = False
        self.changes = {}
        changes = found.get("changes")
        for name in SECTIONS:
            pair = changes.get(name) if isinstance(changes, dict) else None
            if isinstance(pair, list) and len(pair) == 2:
                self.changes[name] = pair
        self.open = found.get("open") if _whole(found.get("open")) else None

    def save(self):
        """Write it; OSError when the flash is full."""
        self.dirty = False
        write_json(FILE, {"changes": self.changes, "open": self.open})

    def note(self, changes, settings_grid):
        """A change at run time: what is as in the settings need not be kept."""
        for name in SECTIONS:
            if name not in changes:
                continue
            local = settings_grid.get(name)
            before = self.changes.pop(name, None)
            if changes[name] != local:
                self.changes[name] = [changes[name], local]
            if self.changes.get(name) != before:
                self.dirty = True

    def valid(self, settings_grid):
        """The changes that still hold; forgets the others."""
        for name in SECTIONS:
            if name in self.changes and self.changes[name][1] != settings_grid.get(name):
                del self.changes[name]
                self.dirty = True
        return {name: pair[0] for name, pair in self.changes.items()}


def _whole(begun):
    """True when `begun` is what firmware/grid_record.py has written."""
    if not isinstance(begun, dict) or "at" not in begun:
        return False
    if not isinstance(begun.get("file"), str) or not isinstance(begun.get("service"), str):
        return False
    return all(isinstance(begun.get(key), int) for key in _NUMBERS)


class _Watch:
    drawn_ma = 0
    phases = 1


class _Latch:
    latched = False


class _Row:
    """A row of the evidence as firmware/activation.py wants to see the services."""

    def __init__(self, phases, nominal_mhz):
        self.watch = _Watch()
        self.watch.phases = phases
        self.ffr = _Latch()
        self.shift_ma = self.base_ma = self.reason = self.offer_ma = self.mhz = 0
        self._nominal_mhz = nominal_mhz

    def take(self, row):
        """One row as evidence.rows gives it."""
        self.mhz = 0 if row[1] == -32768 else self._nominal_mhz + row[1]
        self.shift_ma = row[2] * 10
        self.base_ma = row[3] * 10
        self.offer_ma = row[4] * 10
        self.watch.drawn_ma = row[5] * 10
        self.reason = row[6]
        self.ffr.latched = bool(row[7] & evidence.LATCHED)


class Closing:
    """Makes the summary of the activation that a power cut has ended, from its rows in flash.

    `step` takes some rows at a time, since the control step must not wait for a long file, and
    returns the summary in the end.
    """

    def __init__(self, begun, nominal_mhz):
        """begun: `Kept.open`."""
        self.file = begun["file"]
        self._begun = begun
        self._activation = Activation(begun["threshold_pm"])
        self._row = _Row(begun["phases"], nominal_mhz)
        self._rows = evidence.rows(self.file)
        self._last_ms = begun["t_ms"]

    def step(self):
        """None while there are more rows."""
        row = self._row
        for _ in range(_ROWS_A_STEP):
            values = next(self._rows, None)
            if values is None:
                return self._summary()
            if (values[0] - self._begun["t_ms"]) & 0x3FFFFFFF >= _AHEAD_MS:
                continue  # of the 10 s before it
            row.take(values)
            self._last_ms = values[0]
            what = self._activation.step(
                values[0], row, self._begun["capacity_ma"], row.offer_ma, row.mhz
            )
            if what == "end":
                return self._summary()
        return None

    def _summary(self):
        begun = self._begun
        if self._activation.count:
            summary = self._activation.summary(self._last_ms, None)
        else:  # not one row was in flash yet
            summary = {
                "service": begun["service"], "t_ms": begun["t_ms"], "phases": begun["phases"],
                "baseline_ma": begun["baseline_ma"], "asked_ma": begun["asked_ma"],
                "offered_ma": 0, "delivered_ma": 0, "delivered_w": 0, "delay_ms": -1,
                "duration_ms": 0, "mhz_extreme": 0,
            }  # fmt: skip
        summary["at"] = begun["at"]
        summary["end"] = "power cut"
        return summary
