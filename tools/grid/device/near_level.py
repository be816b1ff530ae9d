# SPDX-License-Identifier: MIT
"""Runs on MicroPython: phase steps while the frequency is just above the level of the latch.

Usage: micropython tools/grid/device/near_level.py ROOT TRIALS JITTER_US SEED
The grid stands still so many mHz above 49.7 Hz; once a second its phase steps by up to 10 degrees
either way. A step of one degree reads 42 mHz too low in the fast window, so near the level it
looks like a crossing. Prints one JSON object: {distance in mHz: activations}.
"""

import json
import sys
from array import array

sys.path.insert(0, sys.argv[1])

from control.frequency import Frequency
from control.grid.ffr import Ffr
from control.grid.ffr_options import option
from tools.grid.device.edges import Edges, Feeder, Noise

FOUND = option("nordic_c")
DISTANCES_MHZ = (5, 10, 15, 20, 25, 30, 40, 60)


def latch():
    """A fresh latch of option C."""
    return Ffr(FOUND["level_mhz"], FOUND["full_ms"], FOUND["support_ms"], FOUND)


def trips(distance_mhz, trials, jitter_us, seed):
    """Activations in `trials` seconds with one phase step each."""
    hz = (FOUND["level_mhz"] + distance_mhz) / 1000
    noise = Noise(seed + distance_mhz)
    edges = Edges(lambda _t: hz, jitter_us, seed)
    feeder = Feeder(edges, array("i", [0] * 16))
    frequency = Frequency(50000)
    unit = latch()
    count = 0
    for second in range(trials + 3):
        if second >= 3:  # by then the noise of the edges is known
            edges.step(edges.t_s + noise.unit() * 0.02, (noise.unit() * 2 - 1) * 10.0)
        for _ in range(100):
            frequency.step(10, feeder.buffer, feeder.step(), 230000)
            if frequency.valid:
                unit.step(10, frequency, second >= 3, 4000)
            if unit.trips:
                count += 1
                unit = latch()
    return count


def main():
    """All distances."""
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    jitter_us = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    found = {str(off): trips(off, trials, jitter_us, seed) for off in DISTANCES_MHZ}
    print(json.dumps({"trials": trials, "trips": found}))


main()
