# SPDX-License-Identifier: MIT
"""Where the time goes: measurement, decision, pilot, car, for one activation of a run.

The bench's mains is deterministic, so the very edges that a run's firmware saw can be made
again; the firmware's own frequency code then tells when it first could have known.
"""

from array import array

import numpy as np

from control.frequency import Frequency
from tools.bench.sim.events import Noise
from tools.bench.sim.mains import Mains

STEP_US = 10000
PILOT_MS = 1.0  # one period of the PWM: the car reads the new duty after it


def first_known_s(points, jitter_us, seed, level_mhz, after_s, step_phase_us, fast=True):
    """When the firmware first measured `level_mhz` or less after `after_s`, or None.

    fast: by the fast window, as the latch does; else by what the curves follow.

    step_phase_us: where in each 10 ms the control step of the run lies.
    """
    mains = Mains(points, jitter_us, Noise(seed, 1))
    frequency = Frequency(50000 if points[0][1] < 55000 else 60000)
    buffer = array("i", [0] * 16)
    at_us = mains.next_edge_us()
    start_us = int((after_s - 3.0) * 1e6)
    while at_us < start_us:  # the windows need less than a second of edges
        at_us = mains.next_edge_us()
    now_us = start_us - start_us % STEP_US + step_phase_us
    end_us = int((after_s + 5.0) * 1e6)
    while now_us < end_us:
        now_us += STEP_US
        count = 0
        while at_us <= now_us and count < 16:
            buffer[count] = at_us & 0x3FFFFFFF
            count += 1
            at_us = mains.next_edge_us()
        frequency.step(10, buffer, count, 230000)
        mhz = frequency.fast_mhz if fast else frequency.mhz
        if now_us >= after_s * 1e6 and mhz and mhz <= level_mhz:
            return now_us / 1e6
    return None


class Split:
    """Latency of one activation in ms; a part is None where it cannot be told."""

    def __init__(self, cross_s, known_s, pin_s, moved_s, full_s):
        self.cross_s = cross_s
        self.measurement_ms = None if known_s is None else (known_s - cross_s) * 1000
        self.pin_ms = None if pin_s is None else (pin_s - cross_s) * 1000
        self.decision_ms = (
            None if known_s is None or pin_s is None else max(0.0, (pin_s - known_s) * 1000)
        )
        self.pilot_ms = None if pin_s is None else PILOT_MS
        self.dead_ms = _gap(pin_s, moved_s)
        self.ramp_ms = _gap(moved_s, full_s)
        self.total_ms = _gap(cross_s, full_s)

    def as_dict(self):
        """Numbers rounded to a millisecond."""
        found = {"cross_s": round(self.cross_s, 3)}
        for name in ("measurement", "decision", "pilot", "pin", "dead", "ramp", "total"):
            value = getattr(self, name + "_ms")
            found[name + "_ms"] = None if value is None else round(value)
        return found


def _gap(from_s, to_s):
    return None if from_s is None or to_s is None else (to_s - from_s) * 1000


def of_latch(delivered, case, cross_s, drop_w):
    """The Split of a latch whose level is truly crossed at `cross_s`: to full delivery."""
    pins = [t for t, _ in delivered.duties if t >= cross_s]
    level_mhz = round(case.level_hz * 1000)
    return _split(delivered, case, cross_s, pins, level_mhz, drop_w, case.capacity_w)


def of_curve(delivered, case, cross_s, drop_w):
    """The Split of a curve: from the frequency of half the response to half the response."""
    half_ma = case.law(case.half_hz) * case.capacity_ma
    base_ma = case.grid["baseline_ma"]
    pins = [t for t, ma in delivered.duties if t >= cross_s and base_ma - ma >= half_ma - 60]
    half_w = half_ma * delivered.w_per_ma
    level_mhz = round(case.half_hz * 1000)
    return _split(delivered, case, cross_s, pins, level_mhz, drop_w, half_w)


def _split(delivered, case, cross_s, pins, level_mhz, drop_w, wanted_w):
    pin_s = pins[0] if pins else None
    phase_us = int(pin_s * 1e6) % STEP_US if pins else 0
    known_s = first_known_s(
        case.profile.points(), case.jitter_us, case.seed, level_mhz, cross_s, phase_us,
        case.level_hz is not None,
    )  # fmt: skip
    t_s = delivered.t_s
    moved_s = full_s = None
    if pin_s is not None:
        later = t_s >= pin_s
        at_pin_w = float(np.interp(pin_s, t_s, drop_w))
        moved = later & (drop_w > at_pin_w + 60)
        full = later & (drop_w >= wanted_w - 1)
        moved_s = float(t_s[moved][0]) if moved.any() else None
        full_s = float(t_s[full][0]) if full.any() else None
    return Split(cross_s, known_s, pin_s, moved_s, full_s)
