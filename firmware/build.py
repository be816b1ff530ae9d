# SPDX-License-Identifier: MIT
"""Builds the control part from settings. Needed once: app.py forgets this module afterwards."""

from control import limits, policy
from control.charger import Charger
from control.pause import Pause
from control.phases import Phases
from control.supply import Supply


def charger(settings, board):
    """A Charger as `settings` describe it, on the hardware that `board` (of boards/) describes."""
    most_ma = min(board.MAX_MA, settings.max_current_ma)
    together = board.PHASE_WIRING == "2+2"
    row = policy.row(settings.car_policy)
    grid = None
    if settings.fcr_enabled:
        from control.grid.droop import droop
        from control.grid.stack import Grid

        line = droop(
            settings.fcr_capacity_ma,
            settings.fcr_full_mhz,
            settings.fcr_deadband_mhz,
            settings.nominal_mhz,
        )
        grid = Grid(settings.fcr_baseline_ma, (line,))
    phases = Phases(
        settings.phases,
        settings.phase_switch,
        settings.phase_switch_cap,
        settings.phase_dwell_s * 1000,
        settings.phase_wait_3to1_s * 1000,
        settings.phase_wait_1to3_s * 1000,
        0 if together else 1,
    )
    pause = Pause(
        max(settings.confirm_charge_s, row[policy.CONFIRM_S]) * 1000,
        (settings.keep_awake_s or row[policy.KEEP_AWAKE_S]) * 1000,
    )
    thermal = None
    if settings.temperature_sensor != "none":
        from control.thermal import Thermal

        thermal = Thermal(settings.derate_start_c, settings.derate_stop_c, most_ma)
    made = Charger(
        most_ma,
        phases,
        cable_fixed_ma=settings.tethered_cable_ma if settings.cable == "tethered" else 0,
        cp_switch=settings.cp_switch,
        ventilation=settings.ventilation,
        wake=settings.wake,
        grid=grid,
        nominal_mhz=settings.nominal_mhz,
        row=row,
        pause=pause,
        rcd_test=settings.rcd_self_test,
        thermal=thermal,
        supply=Supply(settings.undervoltage_pm, settings.overvoltage_pm),
        together=together,
    )
    if settings.local_limit_ma:
        made.limits.offer(limits.SETTINGS, settings.local_limit_ma, 0)
    return made
