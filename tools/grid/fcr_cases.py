# SPDX-License-Identifier: MIT
"""Frequency containment reserves: curves that are followed, not latched."""

import numpy as np

from . import envelope as env
from . import laws
from .case import LIVELY, ORDINARY, QUICK_FINE, Case, settings
from .ffr_cases import armed
from .profile import steps

ANNEX_V = "SO GL Annex V"
NESO = "neso.energy service table"


def curve(mode, baseline_ma, capacity_ma, **more):
    """Settings of one curve service."""
    return settings(baseline_ma, fcr=[dict({"mode": mode, "capacity_ma": capacity_ma}, **more)])


def _times(case, *offsets_s):
    return [case.lead_s + offset for offset in offsets_s]


def judge_fcr_n(case, found):
    """Steps of 50 and 100 mHz: the line, and the legacy speed."""
    end_s = case.profile.end_s
    clauses = [armed(case, found, case.lead_s + 295)]
    base_s = case.lead_s + 295
    _, drop_w = found.drop_w(base_s)
    for at_s, hz in ((300, 50.05), (900, 49.95), (1500, 50.1), (2100, 49.9)):
        start_s = case.lead_s + at_s
        if start_s + 299 > end_s:
            continue
        asked_w = case.law(hz) * case.capacity_w
        word = "%+.0f mHz" % ((hz - 50) * 1000)
        for share, within_s in ((0.63, 60), (1.0, 180)):
            clauses.append(
                env.reached("%s: %.0f %%" % (word, 100 * share), found.t_s, drop_w, start_s,
                            share * asked_w, within_s, "K", "legacy FCR-N speed, from memory",
                            slack_w=case.step_w / 2 if share == 1 else 1.0)
            )  # fmt: skip
        clauses.append(
            env.within("%s: steady on the line +- half a step" % word, found.t_s, drop_w,
                       (start_s + 180, start_s + 299), asked_w, case.step_w / 2, "V",
                       "range and law: Fingrid, SvK, Energinet")
        )  # fmt: skip
    clauses.append(
        env.within("back on the baseline at 50 Hz", found.t_s, drop_w,
                   _times(case, 780, 895), 0.0, case.step_w / 2, "V", "as above")
    )  # fmt: skip
    return clauses


def judge_fcr_d(case, found):
    """The ramp at 0.24 Hz/s to 1 Hz: power and energy at 7.5 s, then in full, then back."""
    start_s = case.lead_s + 183.75
    sign = 1 if case.law(49.5) else -1
    capacity_w = case.capacity_w
    _, drop_w = found.drop_w(start_s)
    drop_w = sign * drop_w
    t_s = found.t_s
    memory = "2023 Nordic document, from memory"
    return [
        armed(case, found, case.lead_s + 55),
        env.at_least("power at 7.5 s: 0.86 C", t_s, drop_w, (start_s + 7.45, start_s + 7.65),
                     0.86 * capacity_w, "K", memory),
        env.energy("energy in 7.5 s", t_s, drop_w, start_s, 7.5, 3.2, capacity_w, "K", memory),
        env.within("steady at C below 49.5 / above 50.5 Hz", t_s, drop_w,
                   (start_s + 20, start_s + 63.7), capacity_w, case.step_w / 2, "V",
                   "range: SvK, Fingrid"),
        env.at_most("never more than C", t_s, drop_w, (start_s, case.profile.end_s),
                    capacity_w + case.step_w / 2, "V", "range: SvK, Fingrid"),
        env.within("deactivated after the return", t_s, drop_w,
                   (start_s + 67.5 + 60, case.profile.end_s), 0.0, case.step_w / 2, "K", memory),
    ]  # fmt: skip


def judge_static(case, found):
    """Static FCR-D: 50 % within 5 s, all within 30 s, no duty to move again for 15 min."""
    start_s = case.profile.crossings(49.7)[-1]
    _, drop_w = found.drop_w(case.lead_s + 55)
    source = "SvK FCR-D text (legacy speed)"
    return [
        armed(case, found, case.lead_s + 55),
        env.reached("50 % within 5 s", found.t_s, drop_w, start_s, 0.5 * case.capacity_w, 5,
                    "V", source),
        env.reached("100 % within 30 s", found.t_s, drop_w, start_s, case.capacity_w, 30,
                    "V", source),
    ]  # fmt: skip


def judge_ce(case, found):
    """Double hump: 200 mHz for 15 minutes down, then up."""
    _, drop_w = found.drop_w(case.lead_s + 58)
    clauses = [armed(case, found, case.lead_s + 55)]
    article = "SO GL Art. 154(7), from memory"
    for at_s, sign, word in ((60, 1, "49.8 Hz"), (1860, -1, "50.2 Hz")):
        start_s = case.lead_s + at_s
        if start_s + 900 > case.profile.end_s:
            continue
        full_w = sign * case.capacity_w
        clauses += [
            env.reached("%s: 50 %% by 15 s" % word, found.t_s, drop_w, start_s, full_w / 2, 15,
                        "K", article),
            env.reached("%s: 100 %% by 30 s" % word, found.t_s, drop_w, start_s, full_w, 30,
                        "V", ANNEX_V),
            env.within("%s: held for 15 min" % word, found.t_s, drop_w,
                       (start_s + 30, start_s + 899), full_w, case.step_w / 2, "K",
                       "CE: 15 to 30 min, from memory"),
        ]  # fmt: skip
    if case.profile.end_s > case.lead_s + 1800:
        clauses.append(
            env.within("nothing inside the deadband", found.t_s, drop_w,
                       _times(case, 1020, 1855), 0.0, case.step_w / 2, "V",
                       "regelleistung.net, " + ANNEX_V)
        )  # fmt: skip
    return clauses


def judge_gb(begin_s, full_s, tag):
    """A judge of a staircase: when it begins, when it is in full, where it stays."""

    def judge(case, found):
        _, drop_w = found.drop_w(case.lead_s + 58)
        clauses = [armed(case, found, case.lead_s + 55)]
        rows = case.profile.rows
        before_hz = 50.0
        for start, end in zip(rows, rows[1:]):
            if end[1] == start[1] or end[0] - start[0] > 1:
                continue
            hz, start_s = end[1], start[0]
            hold_s = next((r[0] for r in rows if r[0] > end[0]), end[0]) - start_s
            asked_w = case.law(hz) * case.capacity_w
            was_w = case.law(before_hz) * case.capacity_w
            before_hz = hz
            clauses += _step_clauses(case, found, drop_w, (start_s, hz, hold_s),
                                     (was_w, asked_w), (begin_s, full_s, tag))  # fmt: skip
        return clauses

    return judge


def _step_clauses(case, found, drop_w, step, watts, rule):
    start_s, hz, hold_s = step
    was_w, asked_w = watts
    begin_s, full_s, tag = rule
    sign = 1 if asked_w >= was_w else -1
    word = "%.2f Hz" % hz
    moved_w = sign * (drop_w - was_w)
    change_w = sign * (asked_w - was_w)
    clauses = []
    if change_w >= case.step_w:
        clauses = [
            env.started("%s: response begins" % word, found.t_s, moved_w, start_s, 1,
                        case.step_w / 2, begin_s, tag, NESO),
            env.reached("%s: in full" % word, found.t_s, moved_w, start_s, change_w, full_s, tag,
                        NESO, slack_w=case.step_w),
        ]  # fmt: skip
    clauses.append(
        env.within("%s: on the curve, %.1f %%" % (word, 100 * case.law(hz)), found.t_s, drop_w,
                   (start_s + max(5.0, full_s), start_s + hold_s - 0.2), asked_w, case.step_w,
                   tag, "curve: Acuvim2 code and Modo text")
    )  # fmt: skip
    return clauses


def cases(profiles, small):
    """All curve services; the small set holds one."""
    if small:
        return [
            Case("fcr_d_up", "Nordic FCR-D up, ramp to 49.0 Hz", "FCR",
                 profiles["fcrd_up_ramp"], curve("fcr_d_up", 16000, 10000), judge_fcr_d,
                 capacity_ma=10000, law=laws.fcr_d_up, end_s=340)
        ]  # fmt: skip
    gb = profiles["gb_dc_steps"]
    slow_steps = steps("gb_dm_steps", (49.95, 49.9, 49.85, 49.8, 50.1, 50.2), 60)
    return [
        Case("fcr_n", "Nordic FCR-N, steps of 50 and 100 mHz", "FCR",
             profiles["fcrn_steps_5min"], curve("fcr_n", 11000, 4000), judge_fcr_n,
             vehicle=ORDINARY, capacity_ma=4000, law=laws.fcr_n, half_hz=49.975),
        Case("fcr_d_up", "Nordic FCR-D up, ramp to 49.0 Hz", "FCR",
             profiles["fcrd_up_ramp"], curve("fcr_d_up", 16000, 10000), judge_fcr_d,
             capacity_ma=10000, law=laws.fcr_d_up, view_s=(180, 260), half_hz=49.7),
        Case("fcr_d_down", "Nordic FCR-D down, ramp to 51.0 Hz", "FCR",
             profiles["fcrd_down_ramp"], curve("fcr_d_down", 8000, 6000), judge_fcr_d,
             vehicle=LIVELY, capacity_ma=6000, law=laws.fcr_d_down, view_s=(180, 260)),
        Case("fcr_d_static", "Nordic static FCR-D up", "FCR",
             profiles["fcrd_up_ramp"], curve("fcr_d_up_static", 16000, 10000), judge_static,
             capacity_ma=10000, view_s=(180, 260)),
        Case("fcr_ce", "Continental FCR, double hump", "FCR",
             profiles["ce_fcr_double_hump"], curve("ce", 11000, 5000), judge_ce,
             capacity_ma=5000, law=laws.ce_fcr, half_hz=49.9),
        Case("gb_dc", "GB Dynamic Containment, 0.2 / 0.35 / 0.5 Hz", "FCR", gb,
             curve("gb_dc", 11000, 5000), judge_gb(0.5, 1.0, "V"), vehicle=QUICK_FINE,
             capacity_ma=5000, law=laws.gb_dc, view_s=(55, 190), half_hz=49.725),
        Case("gb_dm", "GB Dynamic Moderation, staircase", "FCR", slow_steps,
             curve("gb_dm", 11000, 5000), judge_gb(0.5, 1.0, "K"), vehicle=QUICK_FINE,
             capacity_ma=5000, law=laws.gb_dm, half_hz=49.825),
        Case("gb_dr", "GB Dynamic Regulation, staircase", "FCR", slow_steps,
             curve("gb_dr", 11000, 5000), judge_gb(2.0, 10.0, "K"), vehicle=LIVELY,
             capacity_ma=5000, law=laws.gb_dr, half_hz=49.975),
    ]  # fmt: skip


def judge_tracking(case, found):
    """An hour of a real trace: what the pilot says against the law at the true frequency."""
    start_s = case.lead_s
    part = found.t_s >= start_s
    hz = found.hz[part]
    asked_ma = np.array([case.law(value) for value in hz]) * case.capacity_ma
    base_ma = case.grid["baseline_ma"]
    given_ma = base_ma - found.offer_at(found.t_s[part])
    base_w = base_ma * case.phases * 0.23
    given_w = base_w - found.power_w[part]
    asked_w = asked_ma * case.phases * 0.23
    changes = sum(1 for t_s, _ in found.duties if t_s >= start_s)
    hours = (case.profile.end_s - start_s) / 3600
    return [
        armed(case, found, start_s),
        env.rms("tracking at the pilot", asked_ma, given_ma, case.capacity_ma, 0.06, "D",
                "goal of this project"),
        env.Clause("tracking at the plug (car of 1 A steps)", "-",
                   "%.4f C rms" % (np.sqrt(np.mean((asked_w - given_w) ** 2)) / case.capacity_w),
                   None, "D", ""),
        env.Clause("duty changes", "-", "%.0f per hour" % (changes / hours), None, "D", ""),
    ]  # fmt: skip
