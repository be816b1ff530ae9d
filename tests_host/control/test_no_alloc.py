# SPDX-License-Identifier: MIT
"""The control step and the guard's tick allocate nothing, whatever happens in them.

On MicroPython the heap is locked, so that any allocation raises MemoryError; the 32-bit build
also finds integers that have outgrown 31 bits. On CPython this only runs the same story.
"""

import sys

import micropython

from control.grid.droop import droop
from control.grid.stack import Grid
from control.guard import Guard
from control.readings import PILOT_PWM
from tests_host.control.rig import HIGH_MV, Rig, ocpp_limit


def locked_steps(rig, ms, car, mhz=50000):
    """Steps of the charger alone under a locked heap, with mains edges at `mhz`."""
    charger = rig.charger
    readings = rig.readings
    period_us = 1000000000 // mhz
    high_mv = HIGH_MV[car]
    edge_us = rig.edge_us
    now_ms = rig.now_ms
    left = 0
    failed = 0
    micropython.heap_lock()
    try:
        for _ in range(ms // 10):
            command = charger.command
            readings.cp_high_mv = high_mv
            readings.cp_low_mv = -12000 if command.pilot_mode == PILOT_PWM else high_mv
            readings.contactor_closed = command.contactor
            readings.phase_closed = command.three_phase
            readings.edge_count = 0
            left += 10000
            while left >= period_us:
                left -= period_us
                edge_us = (edge_us - 0x3FFFFFFF - 1 + period_us) & 0x3FFFFFFF
                readings.edge_us[readings.edge_count] = edge_us
                readings.edge_count += 1
            charger.step(now_ms, readings)
            now_ms = (now_ms - 0x3FFFFFFF - 1 + 10) & 0x3FFFFFFF  # no sum beyond 31 bits
    except MemoryError:
        failed = 1
    micropython.heap_unlock()
    rig.edge_us = edge_us
    rig.now_ms = now_ms
    assert not failed, (car, charger.state_name)


def test_a_whole_session_with_faults_allocates_nothing():
    rig = Rig(start_ms=(1 << 30) - 20000, grid=Grid(10000, (droop(),)))
    rig.edge_us = (1 << 30) - 3000000
    rig.run(1000, "A")
    rig.charger.authorise(True)
    locked_steps(rig, 4000, "A")
    locked_steps(rig, 2000, "B")
    locked_steps(rig, 12000, "C", 49870)
    assert rig.closed and rig.charger.frequency.valid and rig.charger.grid.shift_ma < 0
    locked_steps(rig, 2000, "C", 53000)
    ocpp_limit(rig, 0)
    locked_steps(rig, 8000, "C")
    locked_steps(rig, 3000, "B")
    ocpp_limit(rig, 16000)
    locked_steps(rig, 130000, "B")
    locked_steps(rig, 3000, "C")
    rig.charger.request_phases(1)
    locked_steps(rig, 3000, "C")
    locked_steps(rig, 40000, "B")
    locked_steps(rig, 5000, "C")
    assert rig.charger.phases == 1 and rig.closed
    rig.readings.l1_ma = 60000
    locked_steps(rig, 9000, "C")
    assert rig.charger.fault
    rig.readings.l1_ma = 0
    rig.readings.meter_age_ms = 1 << 28
    locked_steps(rig, 2000, "A")
    rig.readings.rcd_ok = 0
    locked_steps(rig, 2000, "B")
    rig.readings.rcd_ok = 1
    locked_steps(rig, 500, "A")
    locked_steps(rig, 3000, "E")


def test_the_guard_allocates_nothing():
    guard = Guard()
    failed = 0
    micropython.heap_lock()
    try:
        for mv in (6000, 9000, 0):
            for rcd_ok in (1, 0):
                guard.renew(0)
                guard.renew(1)
                for _ in range(40):
                    guard.tick(10, mv, rcd_ok)
    except MemoryError:
        failed = 1
    micropython.heap_unlock()
    assert not failed and guard.trips == 6


def test_this_test_can_see_an_allocation():
    caught = 1 if sys.implementation.name == "cpython" else 0
    micropython.heap_lock()
    try:
        bytearray(100)
    except MemoryError:
        caught = 1
    micropython.heap_unlock()
    assert caught
