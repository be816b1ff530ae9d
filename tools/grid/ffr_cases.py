# SPDX-License-Identifier: MIT
"""Fast frequency reserve: latch services that fall at a level and hold."""

from . import envelope as env
from .case import ORDINARY, QUICK, QUICKEST, Case, settings
from .profile import Profile

BASELINE_MA = 14000
CAPACITY_MA = 4000
FINGRID = "developers.fingrid.fi FFR, svk.se FFR"


def grid(option, **more):
    """Settings of an FFR service of 4 A below a baseline of 14 A."""
    return settings(BASELINE_MA, ffr=dict({"option": option, "capacity_ma": CAPACITY_MA}, **more))


def armed(case, found, at_s):
    """Clause: the charger says by itself that it is armed, before the event."""
    is_armed, why, line = found.armed(at_s)
    text = "armed" if is_armed else "not armed: %s" % why
    if line.get("response_down_ms"):
        text += ", car follows in %d ms" % line["response_down_ms"]
    return env.Clause("armed before the event", "armed", text, is_armed, "D", "spec of arming")


def judge_ramp(full_s, support_s):
    """A judge for one fall through the level of `case`."""

    def judge(case, found):
        cross_s = case.profile.crossings(case.level_hz)[0]
        capacity_w = case.capacity_w
        _, drop_w = found.drop_w(cross_s)
        end_s = case.profile.end_s
        t_s = found.t_s
        clauses = [
            armed(case, found, cross_s),
            env.reached("full activation after the true crossing", t_s, drop_w, cross_s,
                        capacity_w, full_s, "V", FINGRID),
            env.at_most("over-delivery at most 35 %", t_s, drop_w, (cross_s, end_s),
                        1.35 * capacity_w, "K", "from memory"),
        ]  # fmt: skip
        if support_s:
            clauses.append(
                env.support("support, then deactivation", t_s, drop_w, capacity_w, case.step_w,
                            (cross_s, end_s), "V", FINGRID)
            )  # fmt: skip
        released = ended_s(t_s, drop_w, cross_s, capacity_w)
        clauses += [
            env.buffer("no recovery for 10 s after the end", t_s, drop_w, released, 10.0,
                       "K", "from memory; OpenEMS waits 10 to 15 s"),
            env.at_least("recovery at most 25 % of C", t_s, drop_w, (cross_s, end_s),
                         -0.25 * capacity_w, "K", "from memory"),
        ]  # fmt: skip
        return clauses

    return judge


def ended_s(t_s, drop_w, cross_s, capacity_w):
    """When the support had gone for good: the last moment with more than half a percent."""
    held = (t_s > cross_s) & (drop_w > 0.005 * capacity_w + 1)
    return float(t_s[held][-1]) + 0.1 if held.any() else float(cross_s)


def judge_nothing(case, found):
    """Nothing may happen after the lead-in, and the charger was armed all the time."""
    start_s = case.lead_s + 5
    _, drop_w = found.drop_w(start_s)
    return [
        armed(case, found, start_s),
        env.untouched("no activation", found.t_s, drop_w, (start_s, case.profile.end_s),
                      0.0, "D", "test input of this project"),
    ]  # fmt: skip


def judge_three(case, found):
    """Three dips: the first and the third (16 min later) must be answered in full."""
    crossings = case.profile.crossings(case.level_hz)
    clauses = []
    for number in (0, 2):
        cross_s = crossings[number]
        _, drop_w = found.drop_w(cross_s)
        word = ("first", "second", "third")[number]
        clauses.append(
            env.reached("%s dip answered" % word, found.t_s, drop_w, cross_s, case.capacity_w,
                        1.3, "V", "ready again within 15 min: " + FINGRID)
        )  # fmt: skip
    return clauses


def judge_refused(case, found):
    """A car that is too slow: the charger does not arm, says why, and does nothing."""
    cross_s = case.profile.crossings(case.level_hz)[0]
    is_armed, why, line = found.armed(cross_s)
    _, drop_w = found.drop_w(cross_s)
    text = "armed" if is_armed else "refused: %s" % why
    if line.get("response_down_ms"):
        text += ", car follows in %d ms" % line["response_down_ms"]
    return [
        env.Clause("refuses to arm, with the reason", "not armed, and says why", text,
                   not is_armed and why not in ("", "never said"), "D", "project rule"),
        env.untouched("promises nothing, does nothing", found.t_s, drop_w,
                      (cross_s, min(cross_s + 30, case.profile.end_s)), 0.0, "D", "project rule"),
    ]  # fmt: skip


def dip(name, nominal, level, depth, hold_s, rate=0.24):
    """Nominal, a fall at `rate` Hz/s to `depth` below the level, a hold, a slow return."""
    low = level - depth
    fall_s = (nominal - low) / rate
    rows = [[0, nominal], [60, nominal], [60 + fall_s, low], [60 + fall_s + hold_s, low]]
    rows += [[rows[-1][0] + 22, nominal], [rows[-1][0] + 300, nominal]]
    return Profile(name, rows, "own test input, ramp as in the Nordic one", "shape proposed")


def cases(profiles, small):
    """All FFR cases; the small set is cut short."""
    made = []
    for option, level, full_s in (("c", 49.7, 1.3), ("b", 49.6, 1.0), ("a", 49.5, 0.7)):
        made.append(
            Case("ffr_nordic_" + option, "Nordic FFR option %s: %.1f Hz" % (option.upper(), level),
                 "FFR", profiles["nordic_ffr_ramp_%.1f" % level], grid("nordic_" + option),
                 judge_ramp(full_s, 30), vehicle=QUICKEST if option == "a" else QUICK,
                 capacity_ma=CAPACITY_MA, level_hz=level,
                 end_s=130 if small else None, view_s=(58, 68))
        )  # fmt: skip
        if small:
            break
    made.append(
        Case("ffr_glitch", "One cycle at 48.6 Hz", "FFR", profiles["ffr_one_cycle_glitch"],
             grid("nordic_c"), judge_nothing, vehicle=QUICK, capacity_ma=CAPACITY_MA,
             end_s=40 if small else None)
    )  # fmt: skip
    if small:
        return made
    made += [
        Case("ffr_nordic_c_5s", "Nordic FFR option C, 5 s support", "FFR",
             profiles["nordic_ffr_ramp_49.7"], grid("nordic_c", support_s=5),
             judge_ramp(1.3, 5), vehicle=QUICK, capacity_ma=CAPACITY_MA, level_hz=49.7,
             view_s=(58, 85), end_s=400),
        Case("ffr_near_miss", "A dip to 49.705 Hz: 5 mHz above the level", "FFR",
             profiles["ffr_near_miss"], grid("nordic_c"), judge_nothing, vehicle=QUICK,
             capacity_ma=CAPACITY_MA),
        Case("ffr_retrigger", "Dips at 0, +14 and +16 min", "FFR",
             profiles["ffr_retrigger_14_16min"], grid("nordic_c"), judge_three, vehicle=QUICK,
             capacity_ma=CAPACITY_MA, level_hz=49.7, end_s=1200),
        Case("ffr_slow_car", "Nordic FFR option C, ordinary car", "FFR",
             profiles["nordic_ffr_ramp_49.7"], grid("nordic_c"), judge_refused,
             vehicle=ORDINARY, capacity_ma=CAPACITY_MA, level_hz=49.7, end_s=200),
    ]  # fmt: skip
    return made + abroad()


def abroad():
    """The same latch with the numbers of other systems."""
    return [
        Case("ffr_ireland", "Ireland DS3 FFR: full within 2 s, held to T+10 s", "FFR",
             dip("ireland_ffr", 50.0, 49.8, 0.2, 30), grid("ireland"),
             judge_window(2.0, 10.0, "V", "DS3 definitions (lawinsider)"), vehicle=QUICK,
             capacity_ma=CAPACITY_MA, level_hz=49.8, view_s=(58, 80)),
        Case("ffr_ercot", "ERCOT FFR: 15 cycles (0.25 s)", "FFR",
             dip("ercot_ffr", 60.0, 59.85, 0.15, 60), grid("ercot"), judge_refused,
             vehicle=QUICK, capacity_ma=CAPACITY_MA, level_hz=59.85, end_s=160,
             settings={"nominal_mhz": 60000},
             note="No car follows a pilot in the 100 ms that 15 cycles leave after measurement "
             "and confirmation: the right answer is to refuse."),
        Case("ffr_australia", "Australia very fast raise (R1): full within 1 s", "FFR",
             dip("australia_r1", 50.0, 49.85, 0.35, 30), grid("australia_r1"),
             judge_window(1.0, 6.0, "K", "AEMO, market since 10/2023, from memory"),
             vehicle=QUICK, capacity_ma=CAPACITY_MA, level_hz=49.85, view_s=(58, 80)),
    ]  # fmt: skip


def judge_window(full_s, until_s, tag, source):
    """A judge: in full by T + `full_s`, still in full at T + `until_s`."""

    def judge(case, found):
        cross_s = case.profile.crossings(case.level_hz)[0]
        _, drop_w = found.drop_w(cross_s)
        return [
            armed(case, found, cross_s),
            env.reached("full activation after the true crossing", found.t_s, drop_w, cross_s,
                        case.capacity_w, full_s, tag, source),
            env.at_least("held to T+%.0f s" % until_s, found.t_s, drop_w,
                         (cross_s + full_s, cross_s + until_s), case.capacity_w, tag, source),
            env.at_most("over-delivery at most 35 %", found.t_s, drop_w,
                        (cross_s, case.profile.end_s), 1.35 * case.capacity_w, "K",
                        "the Nordic rule, from memory"),
        ]  # fmt: skip

    return judge
