# SPDX-License-Identifier: MIT
"""Runs on MicroPython: phase steps and single bad cycles against the firmware's confirmation.

Usage: micropython tools/grid/device/glitches.py ROOT TRIALS JITTER_US SEED
One disturbance each second: a phase step of up to 10 degrees either way, at any moment of the
cycle, or one cycle of 48.6 Hz. The grid itself stays between 49.9 and 50.1 Hz, so every
activation is a false one. Both the 49.7 Hz latch and the most sensitive one (49.85 Hz) listen.
Prints one JSON object: trials by kind, false trips by option, largest error of the windows.
"""

import json
import sys
from array import array

sys.path.insert(0, sys.argv[1])

from control.frequency import Frequency
from control.grid.ffr import Ffr
from control.grid.ffr_options import option
from tools.grid.device.edges import Edges, Feeder, Noise

NAMES = ("nordic_c", "australia_r1")


def latch(name):
    """The Ffr of an option with its parameters."""
    found = option(name)
    return Ffr(found["level_mhz"], found["full_ms"], found["support_ms"], found)


class Grid:
    """A quiet grid that wanders between 49.9 and 50.1 Hz, with one bad cycle on request."""

    def __init__(self, noise):
        self.noise = noise
        self.base = 50.0
        self.bad_from_s = -1.0

    def hz(self, t):
        """True frequency; 48.6 Hz for the one cycle that begins after bad_from_s."""
        if self.bad_from_s >= 0 and t > self.bad_from_s:
            self.bad_from_s = -1.0
            return 48.6
        return self.base

    def wander(self):
        """Another second, another frequency."""
        self.base += (self.noise.unit() - 0.5) * 0.02
        self.base = max(49.9, min(50.1, self.base))


def main():
    """Run them all in one go, as on a day that never ends."""
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    jitter_us = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    noise = Noise(int(sys.argv[4]) if len(sys.argv) > 4 else 3)
    grid = Grid(noise)
    edges = Edges(grid.hz, jitter_us, 5)
    feeder = Feeder(edges, array("i", [0] * 16))
    frequency = Frequency(50000)
    latches = [latch(name) for name in NAMES]
    trips = [0] * len(NAMES)
    kinds = {"phase_steps": 0, "bad_cycles": 0}
    lowest = {"fast": 0, "slow": 0, "used": 0}
    invalid = 0
    for _ in range(100):
        frequency.step(10, feeder.buffer, feeder.step(), 230000)
    for _trial in range(trials):
        grid.wander()
        if noise.unit() < 0.5:
            kinds["phase_steps"] += 1
            edges.step(edges.t_s + noise.unit() * 0.02, (noise.unit() * 2 - 1) * 10.0)
        else:
            kinds["bad_cycles"] += 1
            grid.bad_from_s = edges.t_s + 0.001
        for _ in range(100):
            frequency.step(10, feeder.buffer, feeder.step(), 230000)
            if not frequency.valid:
                invalid += 1
                for one in latches:
                    one.idle(10)
                continue
            off = round(grid.base * 1000) - frequency.fast_mhz
            lowest["fast"] = max(lowest["fast"], off)
            lowest["slow"] = max(lowest["slow"], round(grid.base * 1000) - frequency.slow_mhz)
            lowest["used"] = max(lowest["used"], round(grid.base * 1000) - frequency.mhz)
            for number, one in enumerate(latches):
                one.step(10, frequency, True, 4000)
                if one.trips:
                    trips[number] += 1
                    latches[number] = latch(NAMES[number])
    line = {"trials": trials, "invalid_ms": invalid * 10, "repairs": frequency.repairs}
    line["trips"] = dict(zip(NAMES, trips))
    line.update(kinds)
    line["too_low_mhz"] = lowest
    print(json.dumps(line))


main()
