# SPDX-License-Identifier: MIT
"""A charger with grid services on paper: mains edges at a chosen frequency, a car that follows.

The car has a dead time and a slope; the meter shows its current at once. Time is moved by hand.
"""

from control.grid.arming import Arming
from control.grid.curve import Curve, Play
from control.grid.ffr import Ffr
from control.grid.ffr_options import option
from control.grid.presets import preset
from control.grid.reserve import Reserve
from control.grid.stack import Grid
from tests_host.control.rig import Rig


def reserve(mode, capacity_ma):
    """A Reserve of a preset in mA."""
    knots, deadband_mhz, static = preset(mode)
    curve = Curve([[mhz, pm * capacity_ma // 1000] for mhz, pm in knots])
    return Reserve(curve, Play(50000, deadband_mhz), static=static)


def latch(name="nordic_c", **changes):
    """An Ffr of an option."""
    chosen = option(name)
    chosen.update(changes)
    return Ffr(chosen["level_mhz"], chosen["full_ms"], chosen["support_ms"], chosen)


class GridRig(Rig):
    """mhz: the mains. volts: per mille of 230 V on all phases. dead_ms, slope_ma: the car."""

    def __init__(self, grid, **options):
        self.mhz = 50000
        self.volts_pm = 1000
        self.dead_ms = 300
        self.slope_ma = 200  # per 10 ms
        self.car_max_ma = 32000
        self.edges = True
        self._phase = 0
        self._edge_us = 0
        self._heard_ma = 0
        self._goal_ma = 0
        self._wait_ms = 0
        super().__init__(grid=grid, **options)
        self.grid = grid
        self.charger.measure_frequency()  # as an app that opens grid services
        self._edge_us = (self.now_ms * 1000) & 0x3FFFFFFF
        self.phase_step_us = 0

    def step(self):
        readings = self.readings
        readings.l1_mv = readings.l2_mv = readings.l3_mv = 230 * self.volts_pm
        self._mains(readings)
        self._drive()
        super().step()
        drawn_ma = readings.l1_ma
        readings.l2_ma = readings.l3_ma = drawn_ma

    def _mains(self, readings):
        readings.edge_count = 0
        if not self.edges:
            return
        self._phase += 10000
        period_us = 1000000000 // self.mhz
        while self._phase >= period_us:
            self._phase -= period_us
            self._edge_us = (self._edge_us + period_us + self.phase_step_us) & 0x3FFFFFFF
            self.phase_step_us = 0
            readings.edge_us[readings.edge_count] = self._edge_us
            readings.edge_count += 1

    def _drive(self):
        offer_ma = min(self.charger.offer_ma, self.car_max_ma)
        if offer_ma != self._heard_ma:
            self._heard_ma = offer_ma
            if self._wait_ms <= 0:
                self._wait_ms = self.dead_ms
        if self._wait_ms > 0:
            self._wait_ms -= 10
        if self._wait_ms <= 0:
            self._goal_ma = self._heard_ma
        off_ma = self._goal_ma - self.current_ma
        off_ma = max(-self.slope_ma, min(self.slope_ma, off_ma))
        self.current_ma += off_ma


def running(grid, **options):
    """A rig whose car charges, with a valid frequency."""
    rig = GridRig(grid, **options)
    rig.run(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(3000, "C")
    assert rig.closed and rig.charger.frequency.valid
    return rig


def armed(grid, steady_s=2, **changes):
    """A rig after settling and self-test."""
    grid.arming = Arming(steady_s)
    rig = GridRig(grid)
    for key, value in changes.items():
        setattr(rig, key, value)
    rig.run(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(3000, "C")
    rig.run(45000)
    return rig


def fcr_grid(mode="fcr_n", capacity_ma=4000, baseline_ma=14000):
    """One curve around a baseline."""
    return Grid(baseline_ma, (reserve(mode, capacity_ma),))
