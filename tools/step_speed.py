# SPDX-License-Identifier: MIT
"""Runs on MicroPython: how long one control step takes while a car charges on three phases.

Usage: micropython tools/step_speed.py ROOT [STEPS]

The reading is fixed but for the time and the mains edges, and answers the pilot as a car
in C does. Prints microseconds per step times 100, a whole number. The same file runs on a chip.
"""

import gc
import sys
import time

sys.path.insert(0, sys.argv[1])

from control.charger import Charger
from control.grid.droop import droop
from control.grid.stack import Grid
from control.phases import Phases
from control.readings import PILOT_PWM, Readings

_STEP_MS = 10
_CYCLE_US = 20000
_WARM_UP = 2000
_MASK = 0x3FFFFFFF


def charging_reading():
    """Return what a board reads while current flows into a three-phase car."""
    readings = Readings()
    readings.cp_high_mv = 6000
    readings.pp_ohm = 220
    readings.rcd_ok = 1
    readings.l1_mv = readings.l2_mv = readings.l3_mv = 230000
    readings.meter_age_ms = 100
    return readings


def run(charger, readings, now_ms, steps):
    """Take the given number of steps; return the time after the last."""
    command = charger.command
    for number in range(steps):
        now_ms = (now_ms + _STEP_MS) & _MASK
        readings.cp_low_mv = -12000 if command.pilot_mode == PILOT_PWM else 6000
        readings.contactor_closed = command.contactor
        readings.phase_closed = command.three_phase
        drawn_ma = charger.offer_ma if command.contactor else 0
        readings.l1_ma = readings.l2_ma = readings.l3_ma = drawn_ma
        readings.edge_count = number & 1
        readings.edge_us[0] = (number >> 1) * _CYCLE_US & _MASK
        charger.step(now_ms, readings)
    return now_ms


def main():
    """Warm up until the car charges, then measure."""
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    phases = Phases(3, True, 10, 600000, 30000, 60000)
    phases.kept(3)  # a car that was on three phases when the power went: it charges at once
    charger = Charger(16000, phases, grid=Grid(10000, (droop(),)))
    charger.authorise(True)
    readings = charging_reading()
    now_ms = run(charger, readings, 0, _WARM_UP)
    if not charger.command.contactor:
        print("the car does not charge: state", charger.state_name, "fault", charger.fault)
        sys.exit(1)
    gc.collect()
    start = time.ticks_us()
    run(charger, readings, now_ms, steps)
    print(time.ticks_diff(time.ticks_us(), start) * 100 // steps)


main()
