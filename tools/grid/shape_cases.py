# SPDX-License-Identifier: MIT
"""What a curve must do beyond steps: swing, follow in small stairs, last, and not rattle."""

import numpy as np

from . import envelope as env
from . import laws, sine
from .case import LIVELY, ORDINARY, QUICK_FINE, Case, settings
from .fcr_cases import curve
from .ffr_cases import armed
from .profile import Profile, steps

N_PLAN = ((10, 8), (25, 4), (40, 3), (70, 3))
D_PLAN = ((10, 8), (20, 5), (50, 3))
STAIR_S = 12.0
LASTS_S = 1200.0
OWN = [[49800, -1000], [49950, 0], [50050, 0], [50200, 1000]]
HYSTERESIS_MHZ = 20
STEPWISE = "SvK: linearity test for stepwise resources; limits not found"


def stairs():
    """FCR-N's band up and down in stairs of 10 mHz."""
    down = [50 - 0.01 * i for i in range(1, 11)]
    up = [49.9 + 0.01 * i for i in range(1, 21)]
    back = [50.1 - 0.01 * i for i in range(1, 11)]
    return steps("fcrn_stairs_10mhz", [round(hz, 3) for hz in down + up + back], STAIR_S)


def judge_linear(case, found):
    """Each stair at its end: on the line within a step of the car, no stair the wrong way."""
    _, drop_w = found.drop_w(case.lead_s + 58)
    rows = case.profile.rows
    asked, given, offered = [], [], []
    _, drop_ma = found.offered_drop_ma(case.lead_s + 58)
    for start, end in zip(rows, rows[1:]):
        if end[1] != start[1] or not STAIR_S - 1 < end[0] - start[0] < STAIR_S + 1:
            continue
        part = (found.t_s >= end[0] - 3) & (found.t_s < end[0])
        asked.append(case.law(end[1]) * case.capacity_w)
        given.append(float(drop_w[part].mean()))
        offered.append(float(drop_ma[part].mean()) * found.w_per_ma)
    asked, given, offered = np.array(asked), np.array(given), np.array(offered)
    off, off_pin = given - asked, offered - asked
    wrong = np.sum((np.diff(given) * np.diff(asked) < 0) & (np.abs(np.diff(given)) > 1))
    fit = float(np.polyfit(asked, given, 1)[0])
    return [
        armed(case, found, case.lead_s + 55),
        env.Clause("pilot on the line at %d stairs" % len(asked), "half a step of the car, %.0f W"
                   % (case.step_w / 2),
                   "off by %.0f W at most" % np.abs(off_pin).max(),
                   len(asked) >= 40 and np.abs(off_pin).max() <= case.step_w / 2 + 1, "D",
                   STEPWISE),
        env.Clause("power on the line at %d stairs" % len(asked), "one step of the car, %.0f W"
                   % case.step_w, "off by %.0f W at most, %+.0f W in the mean"
                   % (np.abs(off).max(), off.mean()), np.abs(off).max() <= case.step_w + 1, "D",
                   STEPWISE),
        env.Clause("no stair the wrong way", "none", "%d" % wrong, wrong == 0, "D", STEPWISE),
        env.Clause("slope of power over asked", "0.95 to 1.05", "%.3f" % fit,
                   0.95 <= fit <= 1.05, "D", STEPWISE),
    ]  # fmt: skip


def judge_endurance(case, found):
    """20 minutes at full activation without fading, then back."""
    start_s = case.profile.crossings(49.5)[0]
    _, drop_w = found.drop_w(case.lead_s + 55)
    back_s = start_s + LASTS_S
    part = (found.t_s >= start_s + 30) & (found.t_s < back_s)
    mean = float(drop_w[part].mean()) / case.capacity_w
    svk = "SvK LER Q&A: 20 min x C"
    return [
        armed(case, found, case.lead_s + 55),
        env.at_least("C for 20 min", found.t_s, drop_w, (start_s + 30, back_s),
                     case.capacity_w - case.step_w / 2, "V", svk),
        env.Clause("energy over 20 min", "at least 0.99 C in the mean", "%.3f C" % mean,
                   mean >= 0.99, "V", svk),
        env.within("back on the baseline", found.t_s, drop_w,
                   (case.profile.end_s - 60, case.profile.end_s), 0.0, case.step_w / 2, "D",
                   "project rule"),
    ]  # fmt: skip


def judge_inertia(case, found):
    """An answer to the rate of change while it lasts, bounded, and nothing after it."""
    rule = case.grid["inertia"]
    clauses = [armed(case, found, case.lead_s + 55)]
    for start_s, rate in ((60, -0.5), (90, 0.5), (120, -2.0)):
        at_s = case.lead_s + start_s
        base_ma = float(found.offer_at([at_s - 0.05])[0])
        wanted_ma = max(-rule["most_ma"], min(rule["most_ma"], rate * rule["gain_ma"]))
        part = (found.t_s >= at_s + 0.7) & (found.t_s < at_s + abs(1.0 / rate))
        shift = found.offer_at(found.t_s[part]) - base_ma
        off = float(np.abs(shift - wanted_ma).max()) if part.any() else 1e9
        after = (found.t_s >= at_s + abs(1.0 / rate) + 1.5) & (found.t_s < at_s + 25)
        left = float(np.abs(found.offer_at(found.t_s[after]) - base_ma).max())
        word = "%+.1f Hz/s" % rate
        if part.any():
            clauses.append(
                env.Clause("%s: pilot moves by gain x rate" % word,
                           "%+.1f A +- 0.3 A after 0.7 s" % (wanted_ma / 1000),
                           "off by %.2f A" % (off / 1000), off <= 300, "D", "gain of the case")
            )  # fmt: skip
        else:
            most = float(np.abs(found.offer_at(found.t_s) - base_ma)[
                (found.t_s >= at_s) & (found.t_s < at_s + 1.5)].max())  # fmt: skip
            clauses.append(
                env.Clause("%s: bounded" % word, "at most %.1f A" % (rule["most_ma"] / 1000),
                           "%.1f A" % (most / 1000), 500 <= most <= rule["most_ma"] + 100, "D",
                           "most_ma of the case")
            )  # fmt: skip
        clauses.append(
            env.Clause("%s: nothing left 1.5 s after its end" % word, "0 A +- 0.1 A",
                       "%.2f A" % (left / 1000), left <= 100, "D", "an inertia term has no memory")
        )  # fmt: skip
    return clauses


def judge_hysteresis(case, found):
    """On the curve where the frequency rests; no duty change while it only trembles."""
    clauses = [armed(case, found, case.lead_s + 55)]
    base_ma = float(found.offer_at([case.lead_s + 55])[0])
    for from_s, hz in ((60, 49.9), (140, 49.85), (180, 50.1)):
        at_s = case.lead_s + from_s
        wanted_ma = case.law(hz) * case.capacity_ma
        offered = base_ma - found.offer_at(found.t_s[(found.t_s > at_s + 5)
                                                     & (found.t_s < at_s + 19)])  # fmt: skip
        off = float(np.abs(offered - wanted_ma).max())
        most_ma = HYSTERESIS_MHZ * case.capacity_ma / 150 / 10 + 100
        clauses.append(
            env.Clause("%.2f Hz: pilot on the curve" % hz, "%.1f A +- %.1f A"
                       % (wanted_ma / 1000, most_ma / 1000), "off by %.2f A" % (off / 1000),
                       off <= most_ma, "D", "curve of the case")
        )  # fmt: skip
    from_s, to_s = case.lead_s + 82, case.lead_s + 138
    moves = [t for t, _ in found.duties if from_s < t < to_s]
    clauses.append(
        env.Clause("trembling by 8 mHz inside the hysteresis", "no duty change",
                   "%d changes in %.0f s" % (len(moves), to_s - from_s), not moves, "D",
                   "hysteresis of %d mHz" % HYSTERESIS_MHZ)
    )  # fmt: skip
    return clauses


def _tremble():
    rows = [[0, 50.0], [60, 50.0], [60.05, 49.9], [80, 49.9]]
    for i in range(30):
        rows += [[80.5 + 2 * i, 49.892], [81.5 + 2 * i, 49.908]]
    rows += [[140, 49.9], [140.05, 49.85], [160, 49.85], [160.05, 50.0], [180, 50.0]]
    rows += [[180.05, 50.1], [200, 50.1], [200.05, 50.0], [220, 50.0]]
    return Profile("own_curve_tremble", rows, "own test input", "shape proposed")


def own_law(hz):
    """The custom curve of the case, as a share of the capacity."""
    return -float(np.interp(hz * 1000, [p[0] for p in OWN], [p[1] for p in OWN])) / 1000


def cases():
    """Full size only."""
    swing = Profile(
        "rocof_ramps",
        [[0, 50], [60, 50], [62, 49], [90, 49], [92, 50], [120, 50], [120.5, 49], [150, 49]],
        "own test input: -0.5, +0.5 and -2 Hz/s", "shape proposed",
    )  # fmt: skip
    long = Profile(
        "fcrd_20_min",
        [[0, 50], [60, 50], [62.1, 49.49], [62 + LASTS_S + 3, 49.49], [64.2 + LASTS_S + 3, 50],
         [1400, 50]], "own test input: 20 min below 49.5 Hz", "duration: SvK",
    )  # fmt: skip
    n_sines = sine.sines("fcrn_sines", 50.0, 0.1, N_PLAN)
    d_sines = sine.sines("fcrd_sines", 49.7, 0.1, D_PLAN)
    return [
        Case("fcr_n_sine", "Nordic FCR-N, sines of 10 to 70 s", "FCR", n_sines,
             curve("fcr_n", 11000, 4000), sine.judge(N_PLAN, 600, 0.1), vehicle=LIVELY,
             capacity_ma=4000, law=laws.fcr_n, view_s=(85, 200)),
        Case("fcr_d_sine", "Nordic FCR-D up, sines of 10 to 50 s around 49.7 Hz", "FCR", d_sines,
             curve("fcr_d_up", 16000, 10000), sine.judge(D_PLAN, 1450, 0.4), vehicle=LIVELY,
             capacity_ma=10000, law=laws.fcr_d_up, view_s=(85, 200)),
        Case("fcr_n_linearity", "FCR-N in stairs of 10 mHz, car of 1 A steps", "FCR", stairs(),
             curve("fcr_n", 11000, 4000), judge_linear, vehicle=ORDINARY, capacity_ma=4000,
             law=laws.fcr_n),
        Case("fcr_d_endurance", "FCR-D up in full for 20 minutes", "FCR", long,
             curve("fcr_d_up", 16000, 10000), judge_endurance, vehicle=ORDINARY,
             capacity_ma=10000, law=laws.fcr_d_up),
        Case("inertia", "Synthetic inertia of 4 A per Hz/s, at most 3 A", "inertia", swing,
             settings(11000, inertia={"gain_ma": 4000, "most_ma": 3000}), judge_inertia,
             vehicle=QUICK_FINE, capacity_ma=3000, view_s=(55, 130)),
        Case("own_curve", "A curve of one's own with hysteresis", "FCR", _tremble(),
             settings(11000, fcr=[{"mode": "custom", "curve": OWN, "capacity_ma": 4000,
                                   "hysteresis_mhz": HYSTERESIS_MHZ}]),
             judge_hysteresis, vehicle=QUICK_FINE, capacity_ma=4000, law=own_law),
    ]  # fmt: skip
