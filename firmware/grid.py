# SPDX-License-Identifier: MIT
"""The grid services as the rest of the firmware sees them: settings, set-points, status, evidence.

Control decides every 10 ms; this looks every 100 ms, tells the log what has changed, and keeps
the evidence of activations. A change of settings is checked and built as a whole first, and
takes effect between two steps or not at all.
"""

import gc
import sys

from control import limits
from control.grid import ffr as ffr_states
from control.grid.arming import WHY
from firmware.grid_record import Recorder

# What is needed to check and build settings only; its memory is given back afterwards.
_BUILDERS = (
    "grid_config",
    "grid_sections",
    "grid_curves",
    "grid_supply",
)


def _build(config, settings):
    """(Grid or None, None) or (None, error text)."""
    from firmware.grid_config import build

    try:
        return build(config, settings), None
    except ValueError as error:
        return None, str(error)
    finally:
        for name in _BUILDERS:
            sys.modules.pop("firmware." + name, None)
        gc.collect()


class GridService:
    """`apply`, `setpoint` and `inject` may be called by any service at any time.

    on_summary: called with the summary (a dict) of each activation, or None.
    """

    def __init__(self, app):
        self._app = app
        self._plain = app.charger.grid  # from the fcr_* settings, if any: what remains without us
        self.config = {}
        self.on_summary = None
        self._record = Recorder(app)
        self._armed = self._why = self._ffr_state = self._enter_state = None
        self._frozen = 0

    # What services ask for.

    def start(self, settings_grid):
        """Once after boot: the settings, then what was changed from outside before the restart."""
        error = self._change(settings_grid) if settings_grid else None
        changes = self._record.kept.valid(settings_grid if isinstance(settings_grid, dict) else {})
        if changes:
            why = self._change(changes)
            if why:
                self._app.log.event("grid_not_kept", why=why)
        return error

    def apply(self, changes):
        """Change the "grid" settings: sections given replace, null removes. None or an error.

        What no other file keeps holds after a restart too.
        """
        error = self._change(changes)
        if not error:
            self._record.kept.note(changes, getattr(self._app.settings, "grid", None) or {})
            self._record.save()
        return error

    def _change(self, changes):
        if not isinstance(changes, dict):
            return "grid: expected an object"
        charger = self._app.charger
        before = charger.grid
        if before and before.ffr and before.ffr.shift_ma:
            return "grid: an activation is under way: expected a change after it"
        config = dict(self.config)
        for key, value in changes.items():
            if value is None:
                config.pop(key, None)
            else:
                config[key] = value
        made, error = _build(config, self._app.settings)
        if not error and made:
            error = self._too_large(made, before)
        if error:
            return error
        self._swap(made, before)
        self.config = config
        self._app.log.event("grid_config", services=sorted(config))
        return None

    def _too_large(self, made, before):
        """Reserves that the car at the plug cannot deliver, as an error, or None."""
        arming = before.arming if before else None
        if not arming or not arming.steady or not made.arming:
            return None
        phases = before.watch.phases
        up_ma = made.ffr_ma(phases) if made.ffr and not made.ffr.over else 0
        for reserve in made.reserves:
            up_ma += reserve.up_ma(phases, before.base_ma)
        if up_ma > arming.capacity_up_ma + 150:
            return "grid: reserves of %d mA to take off: the car at the plug has %d" % (
                up_ma,
                arming.capacity_up_ma,
            )
        return None

    def _swap(self, made, before):
        charger = self._app.charger
        values = self.config
        if made:
            if before and before.arming and made.arming:
                made.arming.inherit(before.arming)
            out = before and before.watch.enter and before.watch.enter.state
            if out and made.watch.enter:
                made.watch.enter.leave()
            values = made.values
            charger.frequency.trim(values["clock_ppm"])
            self._record.configure(values, charger.frequency.nominal_mhz)
        charger.limits.withdraw(limits.GRID)
        charger.limits.withdraw(limits.VOLTAGE)
        charger.grid = made or self._plain

    def setpoint(self, ma, ttl_s, ramp_ma_s=0):
        """FRR: draw `ma` per phase for `ttl_s`, or None to end it. Returns None or an error."""
        grid = self._app.charger.grid
        if not grid or not grid.frr:
            return "grid.frr: not configured"
        if ma is None:
            grid.frr.withdraw()
            return None
        try:
            grid.frr.request(ma, ttl_s * 1000, ramp_ma_s)
        except (TypeError, ValueError) as error:
            return "grid.frr: %s" % error
        self._app.log.event("grid_setpoint", ma=ma, ttl_s=ttl_s)
        return None

    def inject(self, mhz, ttl_s):
        """Test input in place of the measured frequency; ttl_s 0 ends it. None or an error."""
        try:
            self._app.charger.frequency.inject(mhz, ttl_s * 1000)
        except (TypeError, ValueError) as error:
            return str(error)
        self._app.log.event("grid_inject", mhz=mhz, ttl_s=ttl_s)
        return None

    def override_delay(self):
        """The user does not want to wait for the random delay."""
        grid = self._app.charger.grid
        if grid and grid.watch.random:
            grid.watch.random.override()

    def status(self):
        """What is published: a dict of numbers and names."""
        charger = self._app.charger
        grid = charger.grid
        frequency = charger.frequency
        found = {
            "services": sorted(self.config),
            "mhz": frequency.slow_mhz,
            "rocof_mhz_s": frequency.rocof_mhz_s,
            "valid": frequency.valid,
        }
        if grid:
            found["armed"] = grid.armed()
            found["baseline_ma"] = grid.base_ma
            found["asked_ma"] = grid.shift_ma
            found["reason"] = limits.REASONS[grid.reason]
            if grid.ffr:
                found["ffr"] = ffr_states.NAMES[grid.ffr.state]
            if grid.arming:
                found.update(self._arming(grid))
        return found

    def _arming(self, grid):
        arming = grid.arming
        per_ma = 230 * grid.watch.phases
        return {
            "armed": grid.armed(),
            "why": WHY[arming.why],
            "capacity_up_ma": arming.capacity_up_ma,
            "capacity_down_ma": arming.capacity_down_ma,
            "capacity_up_w": arming.capacity_up_ma * per_ma // 1000,
            "capacity_down_w": arming.capacity_down_ma * per_ma // 1000,
            "response_down_ms": arming.down_ms,
            "response_up_ms": arming.up_ms,
            "class": arming.car_class(),
        }

    # The service: called every 100 ms.

    def poll(self, now_ms):
        """Look, tell, keep."""
        record = self._record
        record.tell(self.on_summary)
        grid = self._app.charger.grid
        if not grid or not self.config:
            record.save()
            return
        self._tell(grid)
        record.poll(now_ms, grid)

    def _tell(self, grid):
        log = self._app.log
        arming = grid.arming
        if arming and (grid.armed() != self._armed or arming.why != self._why):
            self._armed = grid.armed()
            self._why = arming.why
            log.event("grid_armed", **self._arming(grid))
        if grid.ffr and grid.ffr.state != self._ffr_state:
            self._ffr_state = grid.ffr.state
            log.event("grid_ffr", state=ffr_states.NAMES[grid.ffr.state], trips=grid.ffr.trips)
        if grid.frozen != self._frozen:
            self._frozen = grid.frozen
            if grid.frozen == 2:
                log.event("freq_invalid")
        enter = grid.watch.enter
        if enter and enter.state != self._enter_state:
            from control.grid.enter_service import NAMES

            self._enter_state = enter.state
            log.event("grid_return", state=NAMES[enter.state])
