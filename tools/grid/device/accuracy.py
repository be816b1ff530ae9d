# SPDX-License-Identifier: MIT
"""Runs on MicroPython: how far the measured frequency is from the true one, case by case.

Usage: micropython tools/grid/device/accuracy.py ROOT SECONDS
Prints one JSON object per case: the error of both windows against the true frequency in the
middle of the window (the estimate), and of the newest moment (estimate and delay together).
"""

import json
import math
import sys
from array import array

sys.path.insert(0, sys.argv[1])

from control.frequency import Frequency
from tools.grid.device.edges import Edges, Feeder

MV = 230000


def steady(_t):
    """49.87 Hz: a value that no rounding prefers."""
    return 49.87


def ramp(rate):
    """Up and down between 49 and 51 Hz at `rate` Hz/s, resting 2 s at each end."""
    half = 2.0 / rate + 2.0

    def hz(t):
        t = t % (2 * half)
        if t >= half:
            return 51.0 - min(2.0, rate * (t - half))
        return 49.0 + min(2.0, rate * t)

    return hz


class Errors:
    """Collects errors in mHz: root mean square, worst, mean."""

    def __init__(self):
        self.n = 0
        self.sum = 0.0
        self.squares = 0.0
        self.worst = 0.0

    def add(self, error):
        """Take one error."""
        self.n += 1
        self.sum += error
        self.squares += error * error
        if abs(error) > abs(self.worst):
            self.worst = error

    def as_dict(self):
        """Numbers with two decimals; None without a sample."""
        if not self.n:
            return None
        return {
            "n": self.n,
            "rms": round(math.sqrt(self.squares / self.n), 2),
            "mean": round(self.sum / self.n, 2),
            "worst": round(self.worst, 2),
        }


def case(name, hz, seconds, jitter_us=5.0, disturb=None, after_s=2.0):
    """Run one case. disturb(edges, step) is called in every control step.

    Returns what is printed: errors by window, share of time valid.
    """
    edges = Edges(hz, jitter_us)
    frequency = Frequency(50000)
    feeder = Feeder(edges, array("i", [0] * 16))
    found = {key: Errors() for key in ("fast", "slow", "fast_now", "slow_now", "used_now")}
    valid = steps = longest = run = 0
    for number in range(int(seconds * 100)):
        if disturb:
            disturb(edges, number)
        mv = MV if disturb is None or not hasattr(edges, "mv") else edges.mv
        frequency.step(10, feeder.buffer, feeder.step(), mv)
        now_s = feeder.now_us / 1e6
        if now_s < after_s:
            continue
        steps += 1
        run = 0 if frequency.valid else run + 1
        longest = max(longest, run)
        if not frequency.valid:
            continue
        valid += 1
        newest_s = edges.t_s
        while newest_s > now_s:
            newest_s -= 1.0 / hz(newest_s)
        found["fast"].add(frequency.fast_mhz - hz(newest_s - 0.05) * 1000)
        found["slow"].add(frequency.slow_mhz - hz(newest_s - 0.25) * 1000)
        found["fast_now"].add(frequency.fast_mhz - hz(now_s) * 1000)
        found["slow_now"].add(frequency.slow_mhz - hz(now_s) * 1000)
        found["used_now"].add(frequency.mhz - hz(now_s) * 1000)
    line = {"case": name, "valid_pm": 1000 * valid // max(1, steps), "gap_ms": 10 * longest}
    for key, errors in found.items():
        line[key] = errors.as_dict()
    print(json.dumps(line))


def every(steps, action):
    """A disturbance that happens once in so many steps."""

    def disturb(edges, number):
        if number and number % steps == 0:
            action(edges)

    return disturb


def phase_step(degrees):
    """A phase step between this crossing and the next."""

    def action(edges):
        edges.step(edges.t_s + 0.013, degrees)

    return action


def missing(edges):
    """One crossing goes missing."""
    edges.drop = 1


def dead_bus(edges, number):
    """From 3 s the bus is dead: the voltage is gone, the detector sees noise at 47 Hz."""
    edges.mv = MV if number < 300 else 20000


def harmonic(share, drift_hz):
    """Displacement in us of a crossing by a harmonic of `share`, its phase turning slowly."""
    most = share / (2 * math.pi * 50) * 1e6

    def shift(t):
        return most * math.sin(2 * math.pi * drift_hz * t)

    return shift


def harmonics(share, drift_hz):
    """A disturbance that sets the displacement once."""

    def disturb(edges, _number):
        edges.shift_us = harmonic(share, drift_hz)

    return disturb


def main():
    """All cases."""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    for jitter_us in (0, 1, 5, 20, 100):
        case("jitter %d us" % jitter_us, steady, seconds, jitter_us)
    for rate in (0.24, 1.0, 2.5):
        case("ramp %.2f Hz/s" % rate, ramp(rate), seconds)
    for degrees in (1, 5, 10, -10):
        case("phase step %d deg each 2 s" % degrees, steady, seconds, 5.0,
             every(200, phase_step(degrees)))  # fmt: skip
    case("harmonics 8 %, steady", steady, seconds, 5.0, harmonics(0.08, 0.0))
    case("harmonics 8 %, phase turns in 20 s", steady, seconds, 5.0, harmonics(0.08, 0.05))
    case("harmonics 3 %, phase turns in 2 s", steady, seconds, 5.0, harmonics(0.03, 0.5))
    case("one missing edge each 3 s", steady, seconds, 5.0, every(300, missing))
    case("dead bus, meter voltage 0.09 pu", steady, 6.0, 5.0, dead_bus, 3.3)


main()
