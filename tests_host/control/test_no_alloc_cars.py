# SPDX-License-Identifier: MIT
"""No allocation in what looks after car and charger: self-test, learning, pauses, voltage, heat.

The heap is locked around the charger's step alone (see test_no_alloc.py for what that shows).
"""

import micropython

from control import wake
from control.pause import Pause
from control.supply import Supply
from control.thermal import Thermal
from tests_host.control.rig import Rig, ocpp_limit


class LockedCharger:
    """Stands in for the rig's charger: the same object, but its step runs under a locked heap."""

    def __init__(self, charger):
        self._charger = charger
        self.failed = None

    def __getattr__(self, name):
        return getattr(self._charger, name)

    def step(self, now_ms, readings):
        step = self._charger.step
        micropython.heap_lock()
        try:
            step(now_ms, readings)
        except MemoryError as error:
            self.failed = error
        micropython.heap_unlock()
        assert self.failed is None, (self._charger.state_name, readings.l1_ma)


def locked(**options):
    rig = Rig(**options)
    rig.charger = LockedCharger(rig.charger)
    return rig


def test_everything_that_is_fitted():
    rig = locked(
        rcd_test=True,
        thermal=Thermal(full_ma=32000),
        supply=Supply(),
        pause=Pause(60000, 100000),
    )
    rig.readings.temperature_age_ms = 0
    rig.wait(5000, "A")
    rig.charger.authorise(True)
    ocpp_limit(rig, 0)
    rig.wait(5000, "B")
    rig.wait(80000, "C")  # confirm charge
    rig.wait(200000, "B")  # mini-charge that the car does not take, with pulses
    assert rig.charger.wake.tries and rig.charger.pause.count
    ocpp_limit(rig, 16000)
    rig.run(5000, "C")
    assert rig.closed
    for ma in (16000, 12000, 8000, 13000, 16000):
        ocpp_limit(rig, ma)
        rig.wait(1500)
        while abs(rig.current_ma - ma) > 300:
            rig.current_ma += 300 if rig.current_ma < ma else -300
            rig.wait(100)
        rig.wait(7000)
    assert rig.charger.learn.dead_ms and rig.charger.learn.lag_ms
    rig.wait(31000)
    assert rig.charger.learn.phases == 3
    rig.readings.temperature_dc = 680
    rig.wait(1000)
    rig.readings.temperature_dc = 860
    rig.wait(1000)
    assert rig.charger.fault
    rig.readings.temperature_dc = 200
    rig.readings.l2_mv = 100000
    rig.wait(5000)
    rig.readings.l2_mv = 280000
    rig.wait(1000)
    rig.readings.l2_mv = 230000
    rig.wait(500, "A")
    rig.readings.pe_ok = 0
    rig.wait(500, "B")
    rig.readings.pe_ok = 1
    rig.monitor_works = False
    rig.wait(5000, "A")
    assert rig.charger.fault


def test_every_exit_of_the_phase_switch_and_the_long_pulses():
    rig = locked(cp_switch=False)
    rig.wait(3000, "A")
    rig.charger.authorise(True)
    rig.wait(2000, "B")
    rig.wait(3000, "C")
    rig.current_ma = 10000
    rig.charger.request_phases(1)
    rig.wait(10000)
    rig.charger.request_phases(3)
    rig.charger.request_phases(1)
    rig.phase_stuck = True
    rig.wait(3000)
    rig.wait(30000, "B")
    rig.phase_stuck = False
    rig.charger.wake.woken_by = wake.CP_45S
    ocpp_limit(rig, 0)
    rig.wait(4000)
    ocpp_limit(rig, 16000)
    rig.wait(200000)
    assert rig.charger.not_responding
