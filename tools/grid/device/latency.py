# SPDX-License-Identifier: MIT
"""Runs on MicroPython: from the true crossing to the decision, over many phases.

Usage: micropython tools/grid/device/latency.py ROOT PHASES JITTER_US
Every trial shifts the mains against the 10 ms control step by another amount. The new duty goes
out in the step that decides, and the car sees it within one period of the PWM, which is added.
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
from tools.grid.device.edges import Edges, Feeder, Noise

PWM_MS = 1.0
CAPACITY_MA = 4000
REST_S = 1.0


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


def fcr(mode, to_hz, phases, jitter_us):
    """Latency of a curve on a step of the frequency: first move, half of it, nine tenths."""
    noise = Noise(11)
    found = {"first_ms": [], "half_ms": [], "most_ms": []}
    for trial in range(phases):
        step_s = REST_S + noise.unit() * 0.02

        def hz(t, at=step_s):
            return 50.0 if t < at else to_hz

        feeder, frequency = _begin(hz, jitter_us, trial, 0.0, noise)
        decider = curve(mode)
        full_ma = decider.target_ma(round(to_hz * 1000))
        rest_ma = None
        late = {}
        while feeder.now_us < (step_s + 1.5) * 1e6 and len(late) < 3:
            frequency.step(10, feeder.buffer, feeder.step(), 230000)
            if not frequency.valid:
                continue
            decider.step(frequency.mhz, 3, 10000)
            late_ms = feeder.now_us / 1000 - step_s * 1000
            if late_ms < 0:
                rest_ma = decider.shift_ma
                continue
            for key, share in (("first_ms", 0.05), ("half_ms", 0.5), ("most_ms", 0.9)):
                if key not in late and abs(decider.shift_ma - rest_ma) >= share * abs(full_ma):
                    late[key] = late_ms
        for key, values in found.items():
            values.append(round(late.get(key, 9999.0) + PWM_MS, 1))
    line = {"name": mode, "kind": "fcr", "to_hz": to_hz}
    line.update(found)
    print(json.dumps(line))


def _begin(hz, jitter_us, trial, start_s, noise):
    edges = Edges(hz, jitter_us, trial + 1, start_s)
    feeder = Feeder(edges, array("i", [0] * 16), int(noise.unit() * 10000))
    return feeder, Frequency(50000)


def main():
    """All experiments."""
    phases = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    jitter_us = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    for name in ("nordic_c", "nordic_b", "nordic_a"):
        ffr(name, 0.24, phases, jitter_us)
    ffr("nordic_c", 1.0, phases, jitter_us)
    for mode, to_hz in (("fcr_n", 49.9), ("fcr_n", 50.05), ("ce", 49.8), ("gb_dc", 49.5)):
        fcr(mode, to_hz, phases, jitter_us)


main()
