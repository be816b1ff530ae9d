# SPDX-License-Identifier: MIT
"""Runs on MicroPython: from the true crossing to the decision, over many phases.

Usage: micropython tools/grid/device/latency.py ROOT PHASES JITTER_US [ffr|down|up]
Every trial shifts the mains against the 10 ms control step by another amount. The new duty goes
out in the step that decides, and the car sees it within one period of the PWM, which is added.
A step of FCR is followed to the duty itself: curve, rounding and the pace of duty changes.
Prints one JSON object per experiment: latencies in ms, one per trial.
"""

import json
import sys
from array import array

sys.path.insert(0, sys.argv[1])

from control.frequency import Frequency
from control.grid.curve import Curve, Play
from control.grid.ffr import Ffr
from control.grid.ffr_options import option
from control.grid.presets import preset
from control.grid.reserve import Reserve
from control.offer import Offer
from tools.grid.device.edges import Edges, Feeder, Noise

PWM_MS = 1.0
CAPACITY_MA = 4000
BASE_MA = 11000
LIMIT_MA = 16000
REST_S = 1.0
CALM_S = 2.5  # before a step: until the noise of the edges is known
AFTER_S = 1.5
STEPS = (("fcr_n", 20), ("fcr_n", 50), ("fcr_n", 100), ("ce", 200), ("gb_dc", 500))
SETTLED_S = 0.3  # how far it goes beyond shows in this time


def latch(name):
    """The Ffr of an option with its parameters."""
    found = option(name)
    return Ffr(found["level_mhz"], found["full_ms"], found["support_ms"], found)


def curve(mode):
    """The Reserve of a mode with 4 A of capacity."""
    knots, deadband_mhz, static = preset(mode)
    scaled = [[mhz, pm * CAPACITY_MA // 1000] for mhz, pm in knots]
    return Reserve(Curve(scaled), Play(50000, deadband_mhz), static=static)


def ramp(level, rate):
    """(hz(t), time of the crossing): 50 Hz for REST_S, then down at `rate` Hz/s to below."""
    low = level - 0.15

    def hz(t):
        if t <= REST_S:
            return 50.0
        return max(low, 50.0 - rate * (t - REST_S))

    return hz, REST_S + (50.0 - level) / rate


def ffr(name, rate, phases, jitter_us):
    """Latency of an FFR option at a falling `rate`."""
    found = option(name)
    hz, cross_s = ramp(found["level_mhz"] / 1000, rate)
    noise = Noise(7)
    took, known = [], []
    for trial in range(phases):
        start_s = noise.unit() * 0.02
        feeder, frequency = _begin(hz, jitter_us, trial, start_s, noise)
        decider = latch(name)
        first_ms = None
        while feeder.now_us < (cross_s + 1.0) * 1e6:
            frequency.step(10, feeder.buffer, feeder.step(), 230000)
            if not frequency.valid:
                continue
            decider.step(10, frequency, True, CAPACITY_MA)
            late_ms = feeder.now_us / 1000 - cross_s * 1000
            if first_ms is None and late_ms > 0 and frequency.fast_mhz <= found["level_mhz"]:
                first_ms = late_ms
            if decider.shift_ma:
                break
        else:
            late_ms = 9999.0
        took.append(round(late_ms + PWM_MS, 1))
        known.append(round(first_ms or 9999.0, 1))
    print(json.dumps({"name": name, "kind": "ffr", "rate": rate, "pin_ms": took,
                      "known_ms": known}))  # fmt: skip


class Wish:
    """What control.offer.Offer reads of the grid services: a car that has shown it follows."""

    reason = 0
    pause = urgent = quick = False
    may_rise = True
    fresh = True
    target_ma = BASE_MA


def fcr(mode, step_mhz, phases, jitter_us):
    """Latency of a step of the frequency: first new duty, half and nine tenths of its change.

    The frequency before it lies anywhere within 5 mHz of nominal, so that the duty does too.
    """
    noise = Noise(11)
    found = {"first_ms": [], "half_ms": [], "most_ms": []}
    over_ma = 0
    for trial in range(phases):
        step_s = CALM_S + noise.unit() * 0.02
        calm_hz = 50.0 + (noise.unit() - 0.5) * 0.01
        to_hz = calm_hz + step_mhz / 1000

        def hz(t, at=step_s, before=calm_hz, after=to_hz):
            return before if t < at else after

        feeder, frequency = _begin(hz, jitter_us, trial, 0.0, noise)
        decider, offer, wish = curve(mode), Offer(), Wish()
        rest_ma = None
        late = {}
        until_us = (step_s + AFTER_S) * 1e6
        while feeder.now_us < until_us:
            frequency.step(10, feeder.buffer, feeder.step(), 230000)
            if frequency.valid:
                decider.step(frequency.mhz, 3, BASE_MA)
            wish.target_ma = BASE_MA + decider.shift_ma
            wish.quick = frequency.moving
            offer.step(10, LIMIT_MA, 0, wish, True)
            late_ms = feeder.now_us / 1000 - step_s * 1000
            if late_ms < 0:
                rest_ma = offer.offer_ma
                continue
            moved_ma = (offer.offer_ma - rest_ma) * (1 if step_mhz > 0 else -1)
            wanted_ma = abs(curve(mode).target_ma(round(to_hz * 1000)) + BASE_MA - rest_ma)
            over_ma = max(over_ma, moved_ma - wanted_ma)
            for key, enough_ma in (
                ("first_ms", 1),
                ("half_ms", wanted_ma // 2),
                ("most_ms", wanted_ma * 9 // 10),
            ):
                if key not in late and moved_ma >= enough_ma:
                    late[key] = late_ms
                    if key == "most_ms":
                        until_us = feeder.now_us + SETTLED_S * 1e6
        for key, values in found.items():
            values.append(round(late.get(key, 9999.0) + PWM_MS, 1))
    line = {"name": mode, "kind": "fcr", "step_mhz": step_mhz, "over_ma": over_ma}
    line.update(found)
    print(json.dumps(line))


def _begin(hz, jitter_us, trial, start_s, noise):
    edges = Edges(hz, jitter_us, trial + 1, start_s)
    feeder = Feeder(edges, array("i", [0] * 16), int(noise.unit() * 10000))
    return feeder, Frequency(50000)


def main():
    """All experiments, or one part of them."""
    phases = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    jitter_us = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    part = sys.argv[4] if len(sys.argv) > 4 else ""
    if part in ("", "ffr"):
        for name in ("nordic_c", "nordic_b", "nordic_a"):
            ffr(name, 0.24, phases, jitter_us)
        ffr("nordic_c", 1.0, phases, jitter_us)
    for word, sign in (("down", -1), ("up", 1)):
        if part in ("", word):
            for mode, size_mhz in STEPS:
                fcr(mode, sign * size_mhz, phases, jitter_us)


main()
