# SPDX-License-Identifier: MIT
"""What happens to a grid with a fleet on it: the experiments of the fleet report.

Each returns time series as a Story. One device of the simulation stands for `weight` cars, so
that ten thousand of them can be as many cars as matter to 1.4 GW.
"""

import numpy as np

from control.grid.ffr_options import option
from control.grid.identity import spread, stagger_mhz

from . import check, devices
from .cars import Cars, mixed
from .measure import Measurement
from .swing import Swing

STEP_S = 0.01
KEEP = 5  # every fifth step goes into the plots: 50 ms


class Story:
    """Arrays t_s, hz, fleet_mw (support of the fleet: less drawn than at rest); numbers."""

    def __init__(self, label, t_s, hz, fleet_mw, **numbers):
        self.label = label
        self.t_s = np.array(t_s)
        self.hz = np.array(hz)
        self.fleet_mw = np.array(fleet_mw)
        self.numbers = numbers


class Fleet:
    """n chargers with cars: services, offers, cars, and their support in MW."""

    def __init__(self, n, weight, rng, kind, base_ma, fields=None):
        self.n = n
        self.weight = weight
        self.hashes = check.identity(n)
        self.base_ma = np.full(n, base_ma, dtype=devices.INT)
        self.measure = Measurement(n, rng)
        self.offers = devices.Offers(self.base_ma, np.full(n, 16000), np.full(n, 100))
        self.cars = Cars(fields or mixed(n, rng, kind), self.base_ma)
        self.rest_w = self.cars.power_w().sum()
        self.armed = np.ones(n, dtype=bool)
        self.reserves = None
        self.latches = None
        self.capacity_ma = np.zeros(n, dtype=devices.INT)
        self._now_ms = 0

    def droop(self, mode, capacity_ma, staggered):
        """All armed devices follow a curve."""
        knots, deadband_mhz = check.ranges_curve(mode, capacity_ma)
        span = max(x for x, _ in knots) - min(x for x, _ in knots)
        sides = 2 if min(y for _, y in knots) < 0 < max(y for _, y in knots) else 1
        step_mhz = span * 1000 // (sides * capacity_ma)
        offsets = [stagger_mhz(number, step_mhz) if staggered else 0 for number in self.hashes]
        self.reserves = devices.Reserves(knots, np.array(offsets), deadband_mhz=deadband_mhz)

    def ffr(self, name, capacity_ma, staggered=True):
        """All armed devices have a latch, its level spread downwards over 10 mHz."""
        found = option(name)
        levels = [
            found["level_mhz"] - (spread(number, 1, 10) if staggered else 0)
            for number in self.hashes
        ]
        self.latches = devices.Latches(np.array(levels), found)
        self.capacity_ma[:] = capacity_ma

    def step(self, hz, dt_ms=10):
        """One control step of everybody at the true frequency `hz`; returns support in MW."""
        view = self.measure.step(hz)
        shift = 0
        urgent = np.zeros(self.n, dtype=bool)
        if self.reserves is not None:
            self.reserves.step(view.mhz)
            shift = np.where(self.armed, self.reserves.shift_ma, 0)
        if self.latches is not None:
            self.latches.step(dt_ms, view, self.armed, self.capacity_ma)
            shift = shift + self.latches.shift_ma
            urgent = self.latches.state == 1
        self.offers.step(dt_ms, self.base_ma + shift, urgent, view.moving, self.armed)
        self._now_ms += dt_ms
        self.cars.step(self._now_ms, self.offers.offer_ma)
        return (self.rest_w - self.cars.power_w().sum()) * self.weight / 1e6


def loss(label, n, share, kind, service, seconds, weight=10, base_ma=14000, capacity_ma=5000,
         seed=1):  # fmt: skip
    """A loss of 1.4 GW at 10 s; `share` of the chargers are armed with `service`."""
    rng = np.random.default_rng(seed)
    grid = Swing()
    fleet = Fleet(n, weight, rng, kind, base_ma)
    fleet.armed = np.arange(n) < share * n
    if service.startswith("nordic"):
        fleet.ffr(service, capacity_ma)
    else:
        fleet.droop(service, capacity_ma, True)
    t_s, hz, mw = [], [], []
    for number in range(int(seconds / STEP_S)):
        grid.loss_mw = grid.p["loss_mw"] if number >= 1000 else 0.0
        # Nobody armed: nobody moves.
        support = fleet.step(grid.hz) if share else 0.0
        grid.step(STEP_S, support)
        if number % KEEP == 0:
            t_s.append(number * STEP_S)
            hz.append(grid.hz)
            mw.append(support)
    armed_mw = share * n * weight * capacity_ma * 0.69 / 1e6
    lowest = int(np.argmin(hz))
    return Story(label, t_s, hz, mw, share=share, armed_mw=round(armed_mw, 1),
                 nadir_hz=round(float(min(hz)), 3), nadir_s=round(t_s[lowest] - 10, 2),
                 settled_hz=round(float(np.mean(hz[-100:])), 3))  # fmt: skip


def come_back(label, n, delay_s, random_s, ramp_ma_min, seconds, weight=20, dt_s=0.1, seed=1):
    """A fleet that an event has stopped returns to a grid that has just become normal again.

    0 s: everybody is off, the grid is at rest without them. The firmware's return to service
    decides who comes back when; the cars then draw 14 A. Steps of 100 ms.
    """
    rng = np.random.default_rng(seed)
    grid = Swing()
    hashes = check.identity(n)
    delays = np.array([spread(number, 1, random_s) if random_s else 0 for number in hashes])
    enter = devices.Returns((49900, 50100, 900, 1090), delay_s, delays, ramp_ma_min)
    enter.leave(np.ones(n, dtype=bool))
    start_ms = rng.integers(3000, 9000, n)  # contactor, car wakes: not all in the same second
    up_ma = rng.integers(150, 300, n)  # per 100 ms
    since_ms = np.zeros(n, dtype=devices.INT)
    level = np.zeros(n, dtype=devices.INT)
    t_s, hz, mw = [], [], []
    for number in range(int(seconds / dt_s)):
        mhz = np.rint(grid.hz * 1000 + rng.normal(0, 0.3, n)).astype(devices.INT)
        enter.step(100, mhz)
        allowed = np.minimum(enter.cap_ma, 14000)
        since_ms = np.where(allowed >= 6000, since_ms + 100, 0)
        goal = np.where(since_ms >= start_ms, allowed // 1000 * 1000, 0)
        level = np.where(level < goal, np.minimum(goal, np.maximum(level + up_ma, 6000)), goal)
        load_mw = float(level.sum()) * 0.69 * weight / 1e6
        for _ in range(10):
            grid.step(dt_s / 10, -load_mw)
        # The hour's schedule follows slowly: tertiary reserve takes over what stays.
        grid.loss_mw += (-load_mw - grid.loss_mw) * dt_s / 300.0
        t_s.append(number * dt_s)
        hz.append(grid.hz)
        mw.append(load_mw)
    rise = np.array(mw)
    minute = int(60 / dt_s)
    steepest = float((rise[minute:] - rise[:-minute]).max())
    return Story(label, t_s, hz, mw, lowest_hz=round(float(min(hz)), 3),
                 highest_hz=round(float(max(hz)), 3),
                 steepest_mw_min=round(steepest), final_mw=round(mw[-1]))  # fmt: skip


def unison(label, n, staggered, seconds=40.0, capacity_ma=5000):
    """Open loop: a slow walk of the frequency through the whole band; the error of the sum.

    Nobody's measurement is noisy here: what is left is what discrete steps do.
    """
    rng = np.random.default_rng(2)
    fields = mixed(n, rng, "quick")
    fields["step_ma"][:] = 1000
    fleet = Fleet(n, 1, rng, "quick", 11000, fields)
    fleet.measure = Measurement(n, rng, noisy=False)
    fleet.droop("fcr_n", capacity_ma, staggered)
    t_s, hz, mean, asked = [], [], [], []
    steps = int(seconds / STEP_S)
    for number in range(steps):
        true = 50.0 + 0.08 * np.sin(2 * np.pi * number / steps)
        fleet.step(true)
        if number % KEEP == 0 and number > 300:
            t_s.append(number * STEP_S)
            hz.append(true)
            mean.append(float(fleet.cars.i_ma.mean()) - 11000)
            asked.append((true - 50.0) / 0.1 * capacity_ma)
    off = np.array(mean) - np.array(asked)
    off = off - off.mean()  # a car that rounds down draws half a step less: a constant
    story = Story(label, t_s, hz, np.array(mean) / 1000,
                  error_steps=round(float(np.sqrt(np.mean(off**2))) / 1000, 3))  # fmt: skip
    story.asked = np.array(asked) / 1000
    return story


def closed_loop(label, n, staggered, share, kind="ordinary", seconds=240.0, seed=3):
    """n cars of 1 A steps give `share` of FCR-N, hydro the rest; a load step of 150 MW at 10 s.

    `cycle_mhz`: peak to peak of the frequency in the last 60 s, without any noise of the load.
    """
    rng = np.random.default_rng(seed)
    fields = mixed(n, rng, kind)
    fields["step_ma"][:] = 1000
    capacity_ma = 5000
    whole = Swing().p["fcr_n_mw"]
    weight = share * whole / (n * capacity_ma * 0.69 / 1e6)
    grid = Swing(fcr_n_mw=whole * (1 - share))
    fleet = Fleet(n, weight, rng, kind, 11000, fields)
    fleet.droop("fcr_n", capacity_ma, staggered)
    t_s, hz, mw = [], [], []
    for number in range(int(seconds / STEP_S)):
        grid.loss_mw = 150.0 if number >= 1000 else 0.0
        support = fleet.step(grid.hz)
        grid.step(STEP_S, support)
        if number % KEEP == 0:
            t_s.append(number * STEP_S)
            hz.append(grid.hz)
            mw.append(support)
    late = np.array(hz[-int(60 / STEP_S / KEEP) :])
    power = np.array(mw[-int(60 / STEP_S / KEEP) :])
    moves = int(np.count_nonzero(np.diff(np.sign(np.diff(power[::20])))))
    return Story(label, t_s, hz, mw, share=share, staggered=staggered,
                 cycle_mhz=round(float(late.max() - late.min()) * 1000, 2),
                 cycle_mw=round(float(power.max() - power.min()), 1),
                 turns=moves)  # fmt: skip
