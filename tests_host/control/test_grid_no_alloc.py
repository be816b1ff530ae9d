# SPDX-License-Identifier: MIT
"""All grid services at work, and not one allocation: heap locked, and integers of 31 bits."""

import micropython

from control.grid.arming import Arming
from control.grid.curve import Curve, Play
from control.grid.enter_service import EnterService
from control.grid.inertia import Inertia
from control.grid.island import Island
from control.grid.random_delay import RandomDelay
from control.grid.reserve import PM_OF_BASE, Reserve
from control.grid.ridethrough import RideThrough
from control.grid.setpoint import Setpoint
from control.grid.stack import Grid
from control.grid.voltwatt import VoltWatt
from control.limits import LFSM
from tests_host.control.grid_rig import GridRig, latch, reserve


def everything():
    """A Grid with every service that there is."""
    grid = Grid(16000, (reserve("fcr_n", 1000), reserve("fcr_d_up", 2000)), pause=True)
    grid.lfsm = (Reserve(Curve([[47300, -1000], [49800, 0]]), Play(50000), PM_OF_BASE, LFSM),)
    grid.inertia = Inertia(300, 2000)
    grid.ffr = latch(support_ms=5000)
    grid.ffr_capacity_w = 2070
    grid.frr = Setpoint(500)
    grid.arming = Arming(2)
    watch = grid.watch
    watch.ride_through = RideThrough(Curve([[0, 1500], [850, 3000]]))
    watch.island = Island(47500, 51500, 700, 1150, 9000, 500)
    watch.enter = EnterService((49900, 50100, 900, 1090), 1, 2, 60000, 5)
    watch.random = RandomDelay(2, 7)
    watch.volt_watt = VoltWatt(Curve([[850, 0], [950, 1000]]), 32000, 5000, 5000)
    return grid


def locked(rig, ms):
    """Steps of the charger alone under a locked heap; the rig's own arithmetic is outside."""
    readings = rig.readings
    failed = 0
    for _ in range(ms // 10):
        real = rig.charger.step
        rig.charger.step = rig.nothing
        rig.step()
        rig.charger.step = real
        now_ms = rig.now_ms
        micropython.heap_lock()
        try:
            real(now_ms, readings)
        except MemoryError:
            failed = 1
        micropython.heap_unlock()
        assert not failed, (rig.t_ms, rig.state, rig.mhz)


class LockedRig(GridRig):
    """A rig whose step may leave the charger out."""

    def nothing(self, _now_ms, _readings):
        pass


def test_every_service_at_work_allocates_nothing():
    grid = everything()
    rig = LockedRig(grid, start_ms=(1 << 30) - 30000)
    rig.car = "A"
    locked(rig, 4000)
    rig.charger.authorise(True)
    rig.car = "B"
    locked(rig, 4000)
    rig.car = "C"
    locked(rig, 40000)
    assert grid.armed(), grid.arming.why
    for mhz, ms in ((49950, 1000), (49650, 8000), (50000, 2000), (50300, 2000), (50000, 1000)):
        rig.mhz = mhz
        locked(rig, ms)
    assert grid.ffr.trips == 1
    grid.frr.request(9000, 2000)
    locked(rig, 4000)
    for step_us in (600, -600, 250):
        rig.phase_step_us = step_us
        locked(rig, 500)
    rig.edges = False
    locked(rig, 3000)
    rig.edges = True
    locked(rig, 3000)
    for pm, ms in ((600, 1000), (1000, 2000), (1180, 1000), (1000, 8000)):
        rig.volts_pm = pm
        locked(rig, ms)
    rig.mhz = 52000
    locked(rig, 3000)
    rig.mhz = 50000
    rig.charger.frequency.inject(49400, 500)
    locked(rig, 5000)
