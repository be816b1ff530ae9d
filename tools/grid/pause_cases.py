# SPDX-License-Identifier: MIT
"""A reserve that takes the current away altogether, and the random delay it must not bring."""

import numpy as np

from . import envelope as env
from .case import ORDINARY, Case
from .profile import Profile

DOWN_S, BACK_S = 60, 160  # of the test input
REST_S = 60  # what is paused rests at least so long


def judge_pause(case, found):
    """Off within FCR-D's 30 s, rests, and charges again when the frequency is back."""
    down_s, back_s = case.lead_s + DOWN_S, case.lead_s + BACK_S
    base_w, drop_w = found.drop_w(down_s)
    off = (found.t_s >= down_s) & (found.power_w < 1)
    on = (found.t_s > back_s) & (found.power_w > 1000)
    again_s = float(found.t_s[on][0]) - back_s if on.any() else float("nan")
    short = (found.t_s > down_s + 30) & (found.t_s < back_s)
    coil = [edge for edge in found.record.edges if edge[1] == "contactor_coil"
            and down_s * 1e6 < edge[0] < (down_s + 30) * 1e6]  # fmt: skip
    clauses = [
        env.reached("all of the current off", found.t_s, drop_w, down_s, base_w, 30, "V",
                    "FCR-D: all within 30 s (SvK, legacy speed)"),
        env.Clause("stays off while the frequency is low", "0 W",
                   "%.0f W" % found.power_w[short].max(initial=0),
                   off.any() and found.power_w[short].max(initial=0) < 1, "D", "project rule"),
        env.Clause("charges again after the return", "within 60 s", "%.1f s" % again_s,
                   again_s <= 60, "D", "the car's own start and the arming of duty"),
        env.Clause("contactor", "-", "%d moves of the coil in 30 s" % len(coil), None, "D", ""),
    ]  # fmt: skip
    if "random_delay" in case.grid:
        clauses += _delay(case, found, again_s)
    return clauses


def _delay(case, found, again_s):
    """The first start was delayed; the return from the reserve was not."""
    flows = found.power_w > 100
    began_s = float(found.t_s[flows][0]) - 1 if flows.any() else float("nan")
    without_s = 20.0  # plug in, authorise, contactor and the car's own start, at most
    return [
        env.Clause("the first start of this device is delayed", "more than %.0f s" % without_s,
                   "%.1f s after plugging in" % began_s,
                   without_s < began_s <= without_s + case.grid["random_delay"]["max_s"], "V",
                   "SI 2021/1467"),
        env.Clause("no random delay after a response service", "less than the first start",
                   "%.1f s" % again_s, again_s < began_s, "V", "SI 2021/1467: response DSR"),
    ]  # fmt: skip


def cases():
    """Full size only."""
    low = Profile("fcrd_pause", [[0, 50], [DOWN_S, 50], [DOWN_S + 0.5, 49.45], [BACK_S, 49.45],
                                 [BACK_S + 0.5, 50], [280, 50]],
                  "own test input", "shape proposed")  # fmt: skip
    grid = {
        "baseline_ma": 8000, "pause": True, "arming": {"required": False},
        "fcr": [{"mode": "fcr_d_up", "capacity_ma": 8000}],
    }  # fmt: skip
    delayed = dict(grid, random_delay={"max_s": 60})
    return [
        Case("pause_fcr_d", "FCR-D of all the current: the car pauses", "FCR", low, grid,
             judge_pause, vehicle=ORDINARY, capacity_ma=8000, law=law),
        Case("uk_exemption", "UK random delay: none after a response service", "random delay",
             low, delayed, judge_pause, vehicle=ORDINARY, capacity_ma=8000, law=law,
             settings={"device_id": "GP-1006"}),
    ]  # fmt: skip


def law(hz):
    """FCR-D up with a pause below half of 6 A, seen as all or what the curve says."""
    return float(np.clip((49.9 - hz) / 0.4, 0, 1))
