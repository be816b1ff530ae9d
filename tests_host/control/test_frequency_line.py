# SPDX-License-Identifier: MIT
"""The window that slides gives what the whole sum gives, through repairs, gaps and the wrap."""

from array import array

from control.frequency import SLOW_CYCLES, Frequency
from control.least_squares import window_mhz

BUFFER = array("i", [0] * 16)


def test_the_sliding_window_is_the_computed_one_whatever_the_edges_do():
    seed = 12345
    for nominal_mhz in (50000, 60000):
        meter = Frequency(nominal_mhz)
        period_us = 1000000000 // nominal_mhz
        at_us = 0x3FFFFFFF - 30 * period_us
        compared = slid = 0
        for cycle in range(1500):
            seed = (seed * 1103 + 12345) & 0xFFFF
            noise_us = seed % 41 - 20
            at_us += period_us + noise_us
            if cycle % 97 == 90:
                at_us += 1100  # a phase step
            elif cycle % 61 == 50:
                at_us += period_us  # an edge is missing
            elif cycle % 211 == 200:
                at_us += 5 * period_us  # a gap
            count = 1
            BUFFER[0] = at_us & 0x3FFFFFFF
            if cycle % 37 == 30:  # one out of place, and two in one step
                BUFFER[0] = (at_us + 900) & 0x3FFFFFFF
                at_us += period_us
                BUFFER[1] = at_us & 0x3FFFFFFF
                count = 2
            kept = meter._line._newest
            before = meter.updates
            meter.step(20 * count, BUFFER, count, 230000)
            if meter.valid and meter.updates != before:
                compared += 1
                slid += kept >= 0
                expected = window_mhz(meter._times, meter._newest, SLOW_CYCLES, nominal_mhz)
                assert meter.slow_mhz == expected, (cycle, meter.slow_mhz, expected)
        assert compared > 300 and slid > 200
