# SPDX-License-Identifier: MIT
"""Sine tests: what a frequency that swings does to the power, as gain, phase and stability.

The 2023 Nordic requirements replace the old step times by sines of 10 to 70 s. Response and
input are each fitted with a sine of that period; their quotient is the charger-and-car's transfer
function F, 1 when the power follows exactly. In the loop with the grid of the requirements, F
must keep a distance from the point of instability. The grid's numbers are from memory.
"""

import math

import numpy as np

from . import envelope as env
from .profile import Profile

# Nordic grid for the stability requirement: MW, GWs, per Hz; Ms = 2.31. From memory.
SYSTEM_MW, KINETIC_MWS, LOAD_PER_HZ, CIRCLE = 23000.0, 120000.0, 0.01, 1 / 2.31
MEMORY = "2023 Nordic document, from memory"
SVK_SINE = "SvK 2021: sines of 10 to 70 s"


def sines(name, around_hz, swing_hz, plan, first_s=60.0):
    """A profile: 50 Hz, `around_hz`, then (period, count) after each other, then 50 Hz."""
    rows = [[0.0, 50.0], [first_s, 50.0], [first_s + 0.5, around_hz]]
    t_s = first_s + 30.0
    rows.append([t_s, around_hz])
    for period_s, count in plan:
        for step in range(1, 40 * count + 1):
            hz = around_hz + swing_hz * math.sin(2 * math.pi * step / 40)
            rows.append([t_s + period_s * step / 40, round(hz, 5)])
        t_s += period_s * count
    rows += [[t_s + 0.5, 50.0], [t_s + 40.0, 50.0]]
    made = Profile(name, rows, "own test input: sines of %.0f mHz" % (swing_hz * 1000), "shape")
    made.plan = plan
    return made


def windows(case, plan, first_s=60.0):
    """(period, from, to) of each sine, its first period left out, while it settles."""
    found, t_s = [], case.lead_s + first_s + 30.0
    for period_s, count in plan:
        found.append((period_s, t_s + period_s, t_s + period_s * count))
        t_s += period_s * count
    return found


def phasor(t_s, values, period_s):
    """Complex amplitude of the sine of that period in `values`."""
    turn = 2 * np.pi * t_s / period_s
    columns = np.stack([np.sin(turn), np.cos(turn), np.ones(len(t_s))], axis=1)
    a, b, _ = np.linalg.lstsq(columns, values, rcond=None)[0]
    return complex(a, b)


def grid_gain(omega, reserve_mw, band_hz):
    """The grid that answers to a reserve in full, at `omega` rad/s."""
    inertia = 2 * KINETIC_MWS / SYSTEM_MW
    return reserve_mw / band_hz * 50 / SYSTEM_MW / complex(LOAD_PER_HZ * 50, inertia * omega)


def judge(plan, reserve_mw, band_hz):
    """A judge of a case whose `law` gives shares of its capacity."""

    def judged(case, found):
        clauses = []
        for period_s, from_s, to_s in windows(case, plan):
            part = (found.t_s >= from_s) & (found.t_s < to_s)
            t_s = found.t_s[part]
            asked_w = np.array([case.law(hz) for hz in found.hz[part]]) * case.capacity_w
            ratio = _ratio(t_s, asked_w, -found.power_w[part], period_s)
            offer_w = -found.offer_at(t_s) * found.w_per_ma
            at_pin = _ratio(t_s, asked_w, offer_w, period_s)
            loop = ratio * grid_gain(2 * math.pi / period_s, reserve_mw, band_hz)
            # Stronger than 1 and half a turn late: the circle is not touched but gone around.
            turned = _polar(ratio)[1] - math.degrees(np.angle(loop / ratio))
            around = abs(loop) >= 1 and turned >= 180
            word = "T = %.0f s" % period_s
            clauses.append(
                env.Clause("%s: distance from instability" % word,
                           "at least %.2f, not gone around" % CIRCLE,
                           "%.2f (gain %.2f, %.0f degrees late; at the pilot %.2f, %.0f)"
                           % (abs(1 + loop), *_polar(ratio), *_polar(at_pin)),
                           abs(1 + loop) >= CIRCLE and not around, "K", MEMORY)
            )  # fmt: skip
            if period_s >= 50:
                size = abs(ratio)
                clauses.append(
                    env.Clause("%s: all of the reserve follows" % word, "gain 0.9 to 1.1",
                               "%.2f" % size, 0.9 <= size <= 1.1, "D",
                               "slow enough for a car: " + SVK_SINE)
                )  # fmt: skip
        return clauses

    return judged


def _ratio(t_s, asked_w, given_w, period_s):
    return phasor(t_s, given_w, period_s) / phasor(t_s, asked_w, period_s)


def _polar(ratio):
    """(size, degrees by which it is late)."""
    return abs(ratio), -math.degrees(np.angle(ratio)) % 360
