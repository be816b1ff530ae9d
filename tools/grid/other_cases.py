# SPDX-License-Identifier: MIT
"""Everything that is neither FFR nor FCR: LFSM, voltage, ride-through, island, recordings."""

import numpy as np

from tools.tree import ROOT

from . import envelope as env
from . import laws, profile
from .case import ORDINARY, QUICK, QUICK_FINE, Case, settings
from .fcr_cases import curve, judge_tracking
from .ffr_cases import FINGRID, armed, grid, judge_window
from .profile import Profile

IBERIA = ROOT / "tools" / "bench" / "data" / "iberia_2025-04-28_toledo_event.csv"
CALM_TO_S = 1060  # the recording before the collapse


def judge_lfsm(case, found):
    """Staircase outside the normal band: begins within 0.5 s of the car's own delay."""
    clauses = []
    rows = case.profile.rows
    _, drop_w = found.drop_w(case.lead_s + 58)
    droop = case.grid["lfsm"]["droop_pm"] / 1000
    for start, end in zip(rows, rows[1:]):
        if end[1] == start[1] or end[0] - start[0] > 1 or abs(end[1] - 50) < 0.25:
            continue
        beyond = max(0.0, 49.8 - end[1]) - max(0.0, end[1] - 50.2)
        start_s = start[0]
        sign = 1 if beyond > 0 else -1
        base_ma, drop_ma = found.offered_drop_ma(case.lead_s + 58)
        wanted_ma = beyond / 50 / droop * base_ma  # the droop counts from what is drawn
        wanted_ma = max(base_ma - 16000, min(base_ma - 6000, wanted_ma))
        before_ma = float(np.interp(start_s, found.t_s, drop_ma))
        word = "%.1f Hz" % end[1]
        clauses += [
            env.started("%s: pilot moves" % word, found.t_s, sign * (drop_ma - before_ma),
                        start_s, 1, 99, 0.5 if sign > 0 else 6.0, "V" if sign > 0 else "D",
                        "EN 50549 / RfG, French decree (legal.tricoteuses)" if sign > 0 else
                        "a rise waits for the 5 s pace of IEC 61851 while nobody tried the car"),
            env.reached("%s: in full at the plug" % word, found.t_s, drop_w, start_s,
                        wanted_ma * 0.69, 30, "V", "EN 50549 / RfG",
                        slack_w=case.step_w),
        ]  # fmt: skip
    return clauses


def judge_volt_watt(case, found):
    """The cap follows the lowest voltage; slow up."""
    points = case.grid["volt_watt"]["curve"]
    clauses = []
    rows = case.profile.rows
    for start, end in zip(rows, rows[1:]):
        if end[0] - start[0] < 30 or start[0] < case.lead_s:
            continue
        volts = end[2] * 1000
        cap_ma = np.interp(volts, [p[0] for p in points], [p[1] * 16 for p in points])
        cap_ma = min(cap_ma, case.grid["baseline_ma"])
        if cap_ma < 6000:
            cap_ma = 0.0  # less than a pilot can say: a pause
        part = (found.t_s >= end[0] - 5) & (found.t_s < end[0] - 1)
        offered = found.offer_at(found.t_s[part])
        off = float(np.abs(offered - cap_ma).max()) if part.any() else 1e9
        clauses.append(
            env.Clause("%.3f pu: offer on the curve" % end[2], "%.1f A +- 0.2 A" % (cap_ma / 1000),
                       "off by %.2f A" % (off / 1000), off <= 200, "D", "curve of the case")
        )  # fmt: skip
    return clauses


def judge_hold(case, found):
    """A voltage dip: the contactor stays closed and the pilot does not move."""
    start_s = case.lead_s + 60
    moved = [t for t, _ in found.duties if start_s - 1 <= t <= start_s + 20]
    opened = [
        edge
        for edge in found.record.edges
        if edge[1] == "contactor_coil" and start_s * 1e6 <= edge[0] <= (start_s + 20) * 1e6
    ]
    base_w, drop_w = found.drop_w(start_s)
    return [
        env.Clause("contactor stays closed through the dip", "no opening",
                   "%d moves of the coil" % len(opened), not opened and base_w > 1000, "D",
                   "ride-through curve of the case"),
        env.Clause("pilot steady through the dip", "no duty change",
                   "%d duty changes" % len(moved), not moved, "D", "as above"),
        env.within("power is back after the dip", found.t_s, drop_w,
                   (start_s + 15, start_s + 40), 0.0, case.step_w, "D", "as above"),
    ]  # fmt: skip


def judge_island(case, found):
    """Out of range: pause at once; back only after the range has been good for long enough."""
    rules = case.grid["enter_service"]
    out_s = case.profile.crossings(51.5, falling=False)[0]
    back_s = case.profile.crossings(50.1)[-1]
    _, drop_w = found.drop_w(out_s)
    base_w, _ = found.drop_w(out_s)
    t_s = found.t_s
    returned = (t_s > out_s + 15) & (found.power_w > 100)
    again_s = float(t_s[returned][0]) if returned.any() else float("nan")
    waited = again_s - back_s
    late = rules["delay_s"] + rules["random_s"] + 15
    climb = _fastest_ma_min(found, again_s)
    return [
        env.reached("load off after leaving the range", t_s, drop_w, out_s, base_w, 5.0, "D",
                    "time_ms of the case plus the car's stop"),
        env.Clause("waits, then returns",
                   "%d to %.0f s after the return" % (rules["delay_s"], late), "%.1f s" % waited,
                   rules["delay_s"] <= waited <= late, "K",
                   "EN 50549 / RfG: 60 s, from memory"),
        env.Clause("ramp on return", "at most %.1f A/min" % (rules["ramp_ma_min"] / 1000),
                   "%.2f A/min" % (climb / 1000), climb <= rules["ramp_ma_min"] * 1.1, "D",
                   "as WARP R37 (AT)"),
    ]  # fmt: skip


def _fastest_ma_min(found, from_s):
    """The steepest rise of the offer over any whole minute after `from_s`, in mA/min."""
    if np.isnan(from_s):
        return float("nan")
    t_s = np.arange(from_s + 1, found.t_s[-1] - 60, 1.0)
    if not len(t_s):
        return 0.0
    return float((found.offer_at(t_s + 60) - found.offer_at(t_s)).max())


def judge_blackout(case, found):
    """The blackout: no frequency is believed on a dead bus."""
    volts_gone_s = next(row[0] for row in case.profile.rows if min(row[2:]) < 0.5)
    believed = (found.t_s > volts_gone_s + 1.5) & ~np.isnan(found.measured_hz)
    late = [t for t, _ in found.duties if t > volts_gone_s + 30]
    closed = (found.t_s > volts_gone_s + 30) & (found.contactor > 0)
    disarmed = not found.armed(case.profile.end_s)[0]
    return [
        env.Clause("no frequency believed on a dead bus", "invalid from 1.5 s after 0.5 pu",
                   "%.1f s believed" % (0.1 * believed.sum()), not believed.any(), "V",
                   "the recording: the meter prints 47 Hz on a dead bus"),
        env.Clause("nothing acted upon afterwards", "no duty change from 30 s on",
                   "%d changes" % len(late), not late, "D", "project rule"),
        env.Clause("disarmed", "not armed at the end", "armed" if not disarmed else "not armed",
                   disarmed, "D", "project rule"),
        env.Clause("contactor open at the end", "open", "closed" if closed.any() else "open",
                   None, "D", "information"),
    ]  # fmt: skip


def judge_behaviour(case, found):
    """A reconstruction or a recording: it follows its own law, within a step, most of the time."""
    start_s = case.lead_s + 1
    part = (found.t_s >= start_s) & ~np.isnan(found.measured_hz)
    asked_ma = np.array([case.law(hz) for hz in found.hz[part]]) * case.capacity_ma
    given_ma = case.grid["baseline_ma"] - found.offer_at(found.t_s[part])
    valid = part.sum() / max(1, (found.t_s >= start_s).sum())
    if not part.any():
        asked_ma, given_ma = np.zeros(1), np.full(1, 1e6)
    return [
        armed(case, found, start_s),
        env.rms("tracking at the pilot", asked_ma, given_ma, case.capacity_ma, 0.15, "D",
                "behaviour only, generous bound, where the frequency is valid"),
        env.Clause("frequency valid", "-", "%.1f %% of the time" % (100 * valid), None, "D", ""),
    ]  # fmt: skip


def volt_rows(*levels):
    """A profile of voltages at 50 Hz: (per unit, seconds) one after the other."""
    rows, t_s = [[0, 50.0, 1, 1, 1]], 0.0
    for volt, seconds in levels:
        rows.append([t_s + 0.02, 50.0] + [volt] * 3)
        t_s += seconds
        rows.append([t_s, 50.0] + [volt] * 3)
    return rows


def hour(small=False):
    """FCR-N over an hour of the Iberian recording before the collapse, repeated."""
    calm = profile.repeated(profile.from_file(IBERIA, 0, CALM_TO_S), 3600)
    return Case("fcr_n_hour", "FCR-N over one hour of a recording, 1 A car", "FCR", calm,
                curve("fcr_n", 11000, 5000), judge_tracking, capacity_ma=5000, law=laws.fcr_n,
                end_s=120 if small else 3600)  # fmt: skip


def cases(profiles):
    """The rest of the services and the recordings, full size only."""
    lfsm = profile.steps("lfsm_steps", (49.6, 49.4, 50.4, 50.6), 60)
    dips = Profile("volt_watt_steps",
                   volt_rows((1.0, 60), (0.94, 90), (0.92, 90), (0.89, 90), (1.0, 260)),
                   "own test input", "shape proposed")  # fmt: skip
    dip = Profile("ride_through_dip", volt_rows((1.0, 60), (0.75, 0.4), (1.0, 60)),
                  "own test input: 0.75 pu for 0.4 s", "shape proposed")  # fmt: skip
    out = Profile("island", [[0, 50], [60, 50], [61, 51.7], [70, 51.7], [72, 50], [500, 50]],
                  "own test input", "shape proposed")  # fmt: skip
    enter = {"low_mhz": 49900, "high_mhz": 50100, "low_pm": 900, "high_pm": 1090, "delay_s": 60,
             "random_s": 30, "ramp_ma_min": 1000}  # fmt: skip
    ffr = {"option": "nordic_c", "capacity_ma": 2000}
    n = [{"mode": "fcr_n", "capacity_ma": 3000}]
    return [
        hour(),
        Case("lfsm", "LFSM under- and over-frequency", "LFSM", lfsm,
             settings(11000, lfsm={"under_mhz": 49800, "over_mhz": 50200, "droop_pm": 50}),
             judge_lfsm, vehicle=QUICK_FINE, capacity_ma=5000),
        Case("volt_watt", "Volt-watt on the lowest phase voltage", "voltage", dips,
             settings(14000, volt_watt={"curve": [[850, 0], [900, 400], [950, 1000]],
                                        "fall_ma_s": 1000, "rise_ma_s": 50}),
             judge_volt_watt, vehicle=ORDINARY),
        Case("ride_through", "Voltage dip to 0.75 pu for 0.4 s", "voltage", dip,
             settings(14000, ride_through={"curve": [[0, 150], [500, 600], [850, 3000]]}),
             judge_hold, vehicle=ORDINARY),
        Case("island", "Anti-islanding and return to service", "island", out,
             settings(14000, island={"low_mhz": 47500, "high_mhz": 51500, "low_pm": 800,
                                     "high_pm": 1150, "rocof_mhz_s": 2500, "time_ms": 500},
                      enter_service=enter), judge_island, vehicle=ORDINARY),
        Case("iberia_blackout", "Iberian blackout 2025: FCR-N and FFR", "recording",
             profile.from_file(IBERIA, 960, 1170), settings(11000, fcr=n, ffr=ffr),
             judge_blackout, vehicle=QUICK, capacity_ma=3000, law=laws.fcr_n, supply="backup",
             view_s=(90, 130)),
        Case("recon_ce_nw", "Continental split 2021, north-west", "recording",
             profiles["recon_ce_split_2021-01-08_NW"], curve("ce", 11000, 5000), judge_behaviour,
             capacity_ma=5000, law=laws.ce_fcr, end_s=400),
        Case("recon_ce_se", "Continental split 2021, south-east", "recording",
             profiles["recon_ce_split_2021-01-08_SE"], curve("ce", 11000, 5000), judge_behaviour,
             capacity_ma=5000, law=laws.ce_fcr, end_s=400),
        Case("recon_gb", "Great Britain 9 August 2019", "recording",
             profiles["recon_gb_2019-08-09"], curve("gb_dc", 11000, 5000), judge_behaviour,
             vehicle=QUICK, capacity_ma=5000, law=laws.gb_dc),
    ]  # fmt: skip


def own(path):
    """Any recording: FCR-N and Continental FCR follow it, FFR answers if it falls to 49.7 Hz."""
    trace = profile.from_file(path)
    name = "".join(c if c.isalnum() else "_" for c in trace.name)[:40]
    latch = []
    if trace.crossings(49.7):
        latch = [
            Case("own_ffr_" + name, "Nordic FFR option C on " + trace.name, "FFR", trace,
                 grid("nordic_c"), judge_window(1.3, 5.0, "V", FINGRID), vehicle=QUICK,
                 capacity_ma=4000, level_hz=49.7)
        ]  # fmt: skip
    return latch + [
        Case("own_fcr_n_" + name, "FCR-N on " + trace.name, "recording", trace,
             curve("fcr_n", 11000, 5000), judge_behaviour, capacity_ma=5000, law=laws.fcr_n),
        Case("own_ce_" + name, "Continental FCR on " + trace.name, "recording", trace,
             curve("ce", 11000, 5000), judge_behaviour, capacity_ma=5000, law=laws.ce_fcr),
    ]  # fmt: skip
