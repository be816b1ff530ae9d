# SPDX-License-Identifier: MIT
"""What the grid services leave behind: rows of evidence, the summary of each activation.

An activation that a power cut has ended is closed after the restart, from its rows in flash.
"""

from control import limits
from firmware.activation import Activation
from firmware.evidence import ARMED, HELD, LATCHED, Evidence
from firmware.grid_kept import Closing, Kept
from firmware.journal import read_json, write_json
from firmware.wear import Bucket

FILE = "grid_activations.json"
_KEPT = 10
_CALM_ROWS = 5


class Recorder:
    """Owner of evidence, activation and what is kept (`kept`, see firmware/grid_kept.py)."""

    def __init__(self, app):
        self._app = app
        self.kept = Kept()
        self._bucket = Bucket(12, 60)
        self._closing = None  # an activation that a power cut has ended
        if self.kept.open:
            self._closing = Closing(self.kept.open, app.charger.frequency.nominal_mhz)
        self._unsent = []
        self._evidence = None
        self._activation = None
        self._offer_ma = 0
        self._calm = 0

    def configure(self, values, nominal_mhz):
        """New settings of the section "log"."""
        self._activation = Activation(values["threshold_pm"])
        if self._evidence is None:
            self._evidence = Evidence(nominal_mhz, values["max_kb"])

    def save(self):
        """Write what is kept, as often as the flash stands it; else with a later poll."""
        if not self.kept.dirty or not self._bucket.take(self._app.clock.uptime_s()):
            return
        try:
            self.kept.save()
        except OSError as error:
            self._app.log.event("grid_not_kept", why=str(error))

    def tell(self, on_summary):
        """Close what a power cut has ended; hand over summaries once somebody takes them."""
        if self._closing:
            self._close(self._closing)
        if self._unsent and on_summary:
            on_summary(self._unsent.pop(0))

    def poll(self, now_ms, grid):
        """Every 100 ms, with the services (control.grid.stack.Grid)."""
        charger = self._app.charger
        offer_ma = charger.offer_ma
        if offer_ma != self._offer_ma:
            self._offer_ma = offer_ma
            self._calm = 0
        else:
            self._calm += 1
        calm = self._calm >= _CALM_ROWS
        frequency = charger.frequency
        mhz = frequency.mhz if frequency.valid else 0
        latched = grid.ffr is not None and grid.ffr.latched
        flags = (ARMED if grid.armed() else 0) | (LATCHED if latched else 0)
        flags |= HELD if grid.hold else 0
        reason = grid.reason if grid.shift_ma else 0
        evidence = self._evidence
        evidence.row(
            now_ms, mhz, grid.shift_ma, grid.base_ma, offer_ma, grid.watch.drawn_ma, reason, flags
        )
        capacity_ma = grid.capacity_ma()
        what = self._activation.step(now_ms, grid, capacity_ma, offer_ma, mhz)
        if what == "begin":
            self._begin(now_ms, grid, capacity_ma)
        elif self._activation.active:
            evidence.extend()
        if what == "end":
            self._report(
                self._activation.summary(now_ms, self._app.clock.now()), evidence.truncated
            )
        evidence.poll(calm)
        if calm:
            self.save()

    def _begin(self, now_ms, grid, capacity_ma):
        unix_s = self._app.clock.now()
        self._evidence.begin(now_ms, unix_s)
        service = limits.REASONS[grid.reason]
        self._app.log.event("grid_activation_begins", service=service)
        self.kept.open = {
            "t_ms": now_ms, "at": unix_s, "file": self._evidence.file, "service": service,
            "threshold_pm": grid.values["threshold_pm"], "capacity_ma": capacity_ma,
            "phases": grid.watch.phases, "asked_ma": grid.shift_ma, "baseline_ma": grid.base_ma,
        }  # fmt: skip
        self.kept.dirty = True

    def _close(self, closing):
        summary = closing.step()
        if summary:
            self._closing = None
            self._report(summary, False, closing.file)

    def _report(self, summary, truncated, file=None):
        summary["file"] = file or self._evidence.file
        summary["truncated"] = truncated
        kept = read_json(FILE)
        kept = kept[1 - _KEPT :] if isinstance(kept, list) else []
        kept.append(summary)
        try:
            write_json(FILE, kept)
        except OSError as error:
            self._app.log.event("grid_not_kept", why=str(error))
        if not self._activation or not self._activation.active:
            self.kept.open = None
            self.kept.dirty = True
        self._app.log.event("grid_activation", **summary)
        self._unsent = self._unsent[-_KEPT:] + [summary]
