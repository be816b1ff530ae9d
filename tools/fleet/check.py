# SPDX-License-Identifier: MIT
"""Holds the vectorised models against the firmware's and the bench's own code, step for step.

A sample of devices goes through the same frequencies twice: once in numpy, once one by one in
control/grid, control/offer.py and tools/bench/sim/car.py on CPython. Integers must be equal.
"""

import numpy as np

from control import pilot
from control.grid.curve import Curve, Play
from control.grid.enter_service import EnterService
from control.grid.ffr import Ffr
from control.grid.ffr_options import option
from control.grid.identity import device_hash, spread, stagger_mhz
from control.grid.presets import preset
from control.grid.reserve import Reserve
from control.offer import Offer
from tools.bench import vehicles
from tools.bench.sim.car import Car
from tools.bench.sim.pilot_circuit import PWM

from . import devices
from .cars import Cars, mixed
from .measure import Measurement

STEP_MS = 10
START_MS = 30000
BASE_MA = 11000
CAPACITY_MA = 4000
FFR_MA = 2000
RANGES = (49900, 50100, 900, 1090)


class OneView:
    """What one device of a View sees, as control.frequency.Frequency shows it."""

    def __init__(self):
        self.updates = 0
        self.fast_mhz = self.median_mhz = self.mhz = 50000
        self.noise_mhz = 0
        self.steady = self.valid = True

    def sober_mhz(self, _over):
        """Without phase steps: the same as the fast window."""
        return self.fast_mhz

    def take(self, view, k):
        """Copy the numbers of device `k`."""
        self.updates += 1 if view.fresh[k] else 0
        self.fast_mhz = int(view.fast_mhz[k])
        self.median_mhz = int(view.median_mhz[k])
        self.mhz = int(view.mhz[k])
        self.noise_mhz = view.noise_mhz


class Wish:
    """What control.offer.Offer wants to know of the grid services."""

    def __init__(self):
        self.target_ma = 0
        self.reason = 0
        self.pause = False
        self.urgent = False
        self.quick = False
        self.may_rise = True
        self.fresh = True


def identity(n):
    """Hashes of n devices called as a maker might call them."""
    return [device_hash("GP-%06d" % number) for number in range(n)]


def ranges_curve(mode, capacity_ma):
    """(knots in mA, deadband) of a mode."""
    knots, deadband_mhz, _ = preset(mode)
    return [[mhz, pm * capacity_ma // 1000] for mhz, pm in knots], deadband_mhz


class Scalar:
    """One device made of the firmware's own parts."""

    def __init__(self, mode, number, fields, k, start_ma):
        knots, deadband_mhz = ranges_curve(mode, CAPACITY_MA)
        step_mhz = (knots[-1][0] - knots[0][0]) * 1000 // (2 * CAPACITY_MA)
        self.reserve = Reserve(
            Curve(knots), Play(50000, deadband_mhz, stagger_mhz=stagger_mhz(number, step_mhz))
        )
        found = option("nordic_c")
        self.ffr = Ffr(found["level_mhz"] - spread(number, 1, 10), found["full_ms"],
                       found["support_ms"], found)  # fmt: skip
        self.enter = EnterService(RANGES, 5, 30, 1000, number)
        self.offer = Offer()
        self.offer.offer_ma = int(start_ma)
        self.offer.grain_ma = 100
        self.offer._was_running = True
        self.offer._since_ms = 10000
        self.wish = Wish()
        self.view = OneView()
        self.car = settled_car({name: int(values[k]) for name, values in fields.items()}, start_ma)

    def step(self, view, k, number, t_ms):
        """One control step; returns the integers to compare."""
        self.view.take(view, k)
        self.reserve.step(self.view.mhz, 3, BASE_MA)
        self.ffr.step(STEP_MS, self.view, True, FFR_MA)
        if number == 500:
            self.enter.leave()
        if number % 10 == 0:
            self.enter.step(100, self.view, 1000, 1000)
        wish = self.wish
        wish.target_ma = BASE_MA + self.reserve.shift_ma + self.ffr.shift_ma
        wish.urgent = self.ffr.latched
        wish.quick = bool(view.moving[k])
        self.offer.step(STEP_MS, 16000, 0, wish, True)
        self.car.pilot(PWM, pilot.duty_ppm(self.offer.offer_ma), t_ms)
        self.car.step(t_ms, True, True, (1000, 1000, 1000))
        return (self.reserve.shift_ma, self.ffr.shift_ma, self.ffr.state, self.enter.cap_ma,
                self.offer.offer_ma, self.car.i_ma[0])  # fmt: skip


def settled_car(fields, allowed_ma):
    """A bench car that has been drawing at `allowed_ma` for a while; its clock is at START_MS."""
    car = Car()
    vehicle = dict(vehicles.DEFAULTS, ready_delay_ms=0, start_delay_ms=0, need_wh=1000000)
    vehicle.update(fields)
    car.plug(vehicle, 0)
    car.pilot(PWM, pilot.duty_ppm(int(allowed_ma)), 0)
    for t_ms in range(0, START_MS, STEP_MS):
        car.step(t_ms, True, True, (1000, 1000, 1000))
    return car


class Together:
    """The same devices in numpy."""

    def __init__(self, mode, hashes, fields, start_ma):
        n = len(hashes)
        knots, deadband_mhz = ranges_curve(mode, CAPACITY_MA)
        step_mhz = (knots[-1][0] - knots[0][0]) * 1000 // (2 * CAPACITY_MA)
        staggers = np.array([stagger_mhz(number, step_mhz) for number in hashes])
        self.reserve = devices.Reserves(knots, staggers, deadband_mhz=deadband_mhz)
        found = option("nordic_c")
        levels = np.array([found["level_mhz"] - spread(number, 1, 10) for number in hashes])
        self.ffr = devices.Latches(levels, found)
        delays = np.array([spread(number, 1, 30) for number in hashes])
        self.enter = devices.Returns(RANGES, 5, delays, 1000)
        self.offer = devices.Offers(start_ma, np.full(n, 16000), np.full(n, 100))
        self.cars = Cars(fields, start_ma)
        self.all = np.ones(n, dtype=bool)

    def step(self, view, number, t_ms):
        """One control step; returns arrays to compare, in the order of Scalar.step."""
        self.reserve.step(view.mhz)
        self.ffr.step(STEP_MS, view, self.all, np.full(len(self.all), FFR_MA))
        if number == 500:
            self.enter.leave(self.all)
        if number % 10 == 0:
            self.enter.step(100, view.mhz)
        target = BASE_MA + self.reserve.shift_ma + self.ffr.shift_ma
        urgent = self.ffr.state == 1
        self.offer.step(STEP_MS, target, urgent, view.moving, self.all)
        self.cars.step(t_ms, self.offer.offer_ma)
        return (self.reserve.shift_ma, self.ffr.shift_ma, self.ffr.state, self.enter.cap_ma,
                self.offer.offer_ma, self.cars.i_ma)  # fmt: skip


PARTS = ("droop", "ffr", "ffr state", "return", "offer", "car")


def walk(rng, seconds):
    """A restless true frequency: a random walk that also visits 49.6 and 50.3 Hz."""
    hz = np.empty(int(seconds * 100))
    value, target = 50.0, 50.0
    for number in range(len(hz)):
        if number % 700 == 0:
            target = rng.choice((50.0, 49.95, 49.6, 50.05, 50.3, 49.88))
        value += max(-0.004, min(0.004, target - value)) + rng.normal(0, 0.0004)
        hz[number] = value
    return hz


def compare(n=20, seconds=60, seed=4, mode="fcr_n"):
    """{"devices", "steps", "values", "different": [(step, device, part, ours, firmware's)]}."""
    rng = np.random.default_rng(seed)
    hashes = identity(n)
    fields = mixed(n, rng, "mixed")
    start_ma = np.full(n, BASE_MA)
    together = Together(mode, hashes, fields, start_ma)
    alone = [Scalar(mode, hashes[k], fields, k, BASE_MA) for k in range(n)]
    measure = Measurement(n, rng)
    different = []
    values = moved = 0
    for number, hz in enumerate(walk(rng, seconds)):
        t_ms = START_MS + number * STEP_MS
        view = measure.step(float(hz))
        ours = together.step(view, number, t_ms)
        for k, one in enumerate(alone):
            theirs = one.step(view, k, number, t_ms)
            for part, mine, other in zip(PARTS, ours, theirs):
                values += 1
                moved += int(mine[k]) != 0
                if int(mine[k]) != other and len(different) < 20:
                    different.append((number, k, part, int(mine[k]), other))
    return {"devices": n, "steps": number + 1, "values": values, "not_zero": moved,
            "different": different}  # fmt: skip
