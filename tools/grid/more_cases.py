# SPDX-License-Identifier: MIT
"""Services together and services from outside: stacking, evidence, set-points, random delay."""

import json

from firmware import evidence

from . import envelope as env
from . import laws
from .case import ORDINARY, QUICK, Case, settings
from .ffr_cases import FINGRID, armed
from .profile import Profile

SVK = "SvK Q&A on FFR"
SIGNALS = ((100, 150), (-100, 400))  # (signal, seconds after the lead-in)


def judge_stack(case, found):
    """FFR beside FCR-D: the latch's watts come on top of what the droop has already given."""
    cross_s = case.profile.crossings(49.7)[0]
    at_s = cross_s + 1.3
    share_ma = case.law(case.profile.hz(at_s)) * case.grid["fcr"][0]["capacity_ma"]
    wanted_w = (case.grid["ffr"]["capacity_ma"] + share_ma) * 0.69
    _, drop_w = found.drop_w(case.lead_s + 55)
    lowest_ma = min((ma for t, ma in found.duties if t > case.lead_s), default=0)
    most_ma = max((ma for t, ma in found.duties if t > case.lead_s), default=0)
    return [
        armed(case, found, cross_s),
        env.at_least("FFR on top of FCR-D, 1.3 s after the crossing", found.t_s, drop_w,
                     (at_s, at_s + 10), wanted_w - case.step_w, "V", FINGRID),
        env.Clause("pilot never below 6 A nor above the limit", "6 to 16 A",
                   "%.1f to %.1f A" % (lowest_ma / 1000, most_ma / 1000),
                   lowest_ma >= 6000 and most_ma <= 16000, "D", "limits list"),
    ]  # fmt: skip


def judge_evidence(case, found):
    """What the charger itself has written about its activation, read back from its flash."""
    cross_s = case.profile.crossings(case.level_hz)[0]
    told = found.events("grid_activation")
    rows = evidence.read(found.folder / "flash" / told[0]["file"]) if told else []
    begun = found.events("grid_activation_begins")
    begin_ms = begun[0]["t_ms"] if begun else 0
    # Rows carry the board's ticks, which begin 60 s before their wrap.
    times = [((row[0] - (1 << 30) + 60000) & 0x3FFFFFFF) - begin_ms for row in rows]
    gaps = [after - before for before, after in zip(times, times[1:])]
    summary = told[0] if told else {}
    first = times[0] / 1000 if times else float("nan")
    last = times[-1] / 1000 if times else float("nan")
    return [
        env.Clause("evidence from 10 s before to 15 min after", "-10 s to 900 s",
                   "%.1f s to %.1f s, %d rows" % (first, last, len(rows)),
                   bool(times) and first <= -9.8 and last >= 899.9, "V", SVK),
        env.Clause("evidence every 100 ms", "no gap above 110 ms",
                   "%d ms at most" % max(gaps, default=0), bool(gaps) and max(gaps) <= 110,
                   "V", SVK),
        env.Clause("summary agrees with the run", "delivered %.0f W" % -case.capacity_w,
                   "%s W after %s ms" % (summary.get("delivered_w"), summary.get("delay_ms")),
                   abs(summary.get("delivered_w", 0) + case.capacity_w) <= case.step_w
                   and 0 < summary.get("delay_ms", -1) <= 1300, "D", "project rule"),
        env.Clause("activation began at the crossing", "within 0.15 s",
                   "%.2f s after it" % (begin_ms / 1000 - cross_s),
                   0 <= begin_ms / 1000 - cross_s <= 0.15, "D", "goal of this project"),
    ]  # fmt: skip


CUT_S, GONE_S = 20, 8  # after the crossing; how long the power is gone


def judge_cut(case, found):
    """The power goes in the support: after the restart the charger tells what it has delivered."""
    told = found.events("grid_activation")
    summary = told[0] if told else {}
    sent = []
    for item in found.record.frames:
        frame = item["frame"]
        if item["dir"] == "out" and len(frame) > 3 and frame[2] == "DataTransfer":
            if frame[3].get("messageId") == "GridActivation":
                sent.append(json.loads(frame[3]["data"]))
    lasted_s = summary.get("duration_ms", 0) / 1000
    # t_ms: the board's ticks in the message, the bench's time in the log.
    same = bool(sent) and all(sent[0][key] == summary.get(key) for key in sent[0] if key != "t_ms")
    return [
        env.Clause("the cut activation is closed after the restart", "one summary: power cut",
                   "%d, %s" % (len(told), summary.get("end")),
                   len(told) == 1 and summary.get("end") == "power cut", "D", "project rule"),
        env.Clause("what was delivered until then", "%.0f W" % -case.capacity_w,
                   "%s W after %s ms" % (summary.get("delivered_w"), summary.get("delay_ms")),
                   abs(summary.get("delivered_w", 0) + case.capacity_w) <= case.step_w, "D",
                   "project rule"),
        env.Clause("how much of it the rows in flash show",
                   "at least %d s of %d" % (CUT_S - 6, CUT_S), "%.1f s" % lasted_s,
                   CUT_S - 6 <= lasted_s <= CUT_S, "D",
                   "a piece of 50 rows is written at a time"),
        env.Clause("told to the central system", "the same summary, once",
                   "%d, %s" % (len(sent), "the same" if same else "another"),
                   len(sent) == 1 and same, "D", "project rule"),
    ]  # fmt: skip


def transfer(message, data):
    """A DataTransfer of the central system, as the bench sends it."""
    payload = {"vendorId": "GridPilot", "messageId": message, "data": json.dumps(data)}
    return {"do": "raw", "action": "DataTransfer", "payload": payload}


def frr_actions(lead_s):
    """A profile with a signal curve, then three signals."""
    period = {
        "startPeriod": 0, "operationMode": "CentralFrequency", "v2xBaseline": 7590,
        "v2xSignalWattCurve": [{"signal": -100, "power": -2760}, {"signal": 100, "power": 2070}],
    }  # fmt: skip
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 7, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [schedule],
    }  # fmt: skip
    found = [(lead_s, transfer("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}))]
    for signal, at_s in SIGNALS:
        data = {"timestamp": "2026-01-01T00:00:00Z", "signal": signal}
        found.append((lead_s + at_s, transfer("AFRRSignal", data)))
    return found


def judge_frr(case, found):
    """A signal becomes a set-point; the car is there within the full activation time."""
    base_w = 7590.0
    clauses = []
    curve = {100: 2070.0, -100: -2760.0}
    for signal, at_s in SIGNALS:
        start_s = case.lead_s + at_s
        wanted_w = base_w + curve[signal]
        off_w = abs(found.power_w - wanted_w)
        near = (found.t_s >= start_s) & (off_w <= case.step_w)
        took = float(found.t_s[near][0]) - start_s if near.any() else float("nan")
        clauses.append(
            env.Clause("signal %+d: at %.0f W" % (signal, wanted_w), "within 300 s (aFRR FAT)",
                       "%.1f s" % took, took <= 300, "V", "Fingrid: Nordic aFRR FAT 5 min")
        )  # fmt: skip
    silent_s = case.lead_s + SIGNALS[-1][1] + 60 + 60  # no signal for a minute, and the ramp
    clauses.append(
        env.within("a signal that stops expires: back at the baseline", found.t_s,
                   base_w - found.power_w, (silent_s, silent_s + 100), 0.0, case.step_w, "D",
                   "a set-point lives for 60 s")
    )  # fmt: skip
    return clauses


def judge_delay(case, found):
    """The first current comes after a delay of this device, whole seconds, within the most."""
    flows = found.power_w > 100
    most_s = case.grid["random_delay"]["max_s"]
    began_s = float(found.t_s[flows][0]) if flows.any() else float("nan")
    usual_s = 10.5  # plug in, authorise, x2, S2, contactor, first current without any delay
    return [
        env.Clause("start delayed by 0 to %d s" % most_s, "%.0f s to %.0f s after plugging in"
                   % (usual_s - 5, usual_s + most_s), "%.1f s" % (began_s - 1),
                   usual_s - 5 <= began_s - 1 <= usual_s + most_s, "V", "SI 2021/1467"),
    ]  # fmt: skip


def cases(profiles):
    """Services together and from outside, full size only."""
    ramp = profiles["nordic_ffr_ramp_49.7"]
    quiet = Profile("quiet", [[0, 50.0], [650, 50.0]], "50 Hz", "-")
    short = Profile("quiet_start", [[0, 50.0], [60, 50.0]], "50 Hz", "-")
    both = settings(15000, fcr=[{"mode": "fcr_d_up", "capacity_ma": 4000}],
                    ffr={"option": "nordic_c", "capacity_ma": 4000})  # fmt: skip
    one = settings(14000, ffr={"option": "nordic_c", "capacity_ma": 4000})
    delay = {"baseline_ma": 14000, "random_delay": {"max_s": 60}}
    return [
        Case("stack_ffr_fcr_d", "FFR beside FCR-D up: watts of its own", "stacking", ramp, both,
             judge_stack, vehicle=QUICK, capacity_ma=4000, law=laws.fcr_d_up, end_s=140,
             view_s=(58, 100)),
        Case("evidence", "Evidence of an activation in the charger's flash", "evidence", ramp,
             one, judge_evidence, vehicle=QUICK, capacity_ma=4000, level_hz=49.7),
        Case("evidence_cut", "Power cut in an activation: closed after the restart", "evidence",
             ramp, one, judge_cut, vehicle=QUICK, capacity_ma=4000, end_s=150, actions=[],
             events=[{"at_s": 90 + 61.25 + CUT_S, "do": "power", "on": False},
                     {"at_s": 90 + 61.25 + CUT_S + GONE_S, "do": "power", "on": True}]),
        Case("frr_signal", "Set-points by AFRRSignal over OCPP 1.6 DataTransfer", "FRR", quiet,
             {"baseline_ma": 11000, "frr": {"ramp_ma_s": 100}}, judge_frr, vehicle=ORDINARY,
             actions=frr_actions(90.0)),
        Case("uk_delay_1", "UK random delay, first device", "random delay", short, delay,
             judge_delay, vehicle=ORDINARY, settings={"device_id": "GP-1001"}, lead_s=20.0),
        Case("uk_delay_2", "UK random delay, second device", "random delay", short, delay,
             judge_delay, vehicle=ORDINARY, settings={"device_id": "GP-1002"}, lead_s=20.0),
    ]  # fmt: skip
