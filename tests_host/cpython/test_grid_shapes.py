# SPDX-License-Identifier: MIT
"""Judges of sines, stairs, endurance, inertia, hysteresis and pauses: right, late, weak, wild."""

import numpy as np

from tools.bench.record import Record
from tools.grid import pause_cases, shape_cases, sine
from tools.grid.delivered import Delivered

CASES = {case.name: case for case in shape_cases.cases() + pause_cases.cases()}
ARMED = [{"event": "grid_armed", "t_ms": 1000, "armed": True, "why": "armed"}]


def trace(case, power_w, offer_ma=None):
    """A Delivered of a car whose power and offer are functions of time in seconds."""
    times = np.arange(0, case.profile.end_s, 0.1)
    hz = np.interp(times, [row[0] for row in case.profile.rows],
                   [row[1] for row in case.profile.rows])  # fmt: skip
    offer_ma = offer_ma or (lambda t: power_w(t) / (case.phases * 0.23))
    rows, edges, before = [], [], None
    for t_s, at_hz in zip(times, hz):
        ma = float(offer_ma(t_s))
        duty = round(ma / 60 * 1000)  # ppm: 0.6 A per per cent
        if duty != before:
            edges.append((round(t_s * 1e6), "duty", duty))
            before = duty
        rows.append({
            "t_ms": round(t_s * 1000), "grid_mhz": round(at_hz * 1000), "measured_mhz": 50000,
            "power_w": float(power_w(t_s)), "offer_ma": ma, "reason": "fcr", "contactor": 1,
        })  # fmt: skip
    return Delivered(Record(rows=rows, log=list(ARMED), edges=edges), case.phases)


def failed(case, found):
    return [clause.name for clause in case.judge(case, found) if clause.passed is False]


def follower(case, late_s=0.0, gain=1.0, base_ma=11000):
    """Power of a car that follows the law so much later, so strongly."""

    def power_w(t_s):
        share = case.law(case.profile.hz(max(0.0, t_s - late_s)))
        return (base_ma - gain * share * case.capacity_ma) * case.phases * 0.23

    return power_w


def test_a_sine_that_is_followed_holds_and_a_late_or_weak_one_does_not():
    case = CASES["fcr_n_sine"]
    assert failed(case, trace(case, follower(case, 1.0))) == []
    late = failed(case, trace(case, follower(case, 4.5)))
    assert "T = 10 s: distance from instability" in late
    assert failed(case, trace(case, follower(case, 1.0, 0.8))) == [
        "T = 70 s: all of the reserve follows"
    ]


def test_a_phasor_is_found_among_offset_and_harmonics():
    t_s = np.arange(0, 30, 0.1)
    wave = 5 + 3 * np.sin(2 * np.pi * t_s / 10 - 0.5) + np.sin(2 * np.pi * t_s / 2.5)
    found = sine.phasor(t_s, wave, 10.0)
    assert abs(abs(found) - 3) < 0.01
    assert abs(np.angle(found) + 0.5) < 0.01


def test_stairs_of_a_car_of_whole_steps_hold_and_a_biased_one_does_not():
    case = CASES["fcr_n_linearity"]
    smooth = follower(case)

    def rounded(t_s):
        return round(smooth(t_s) / case.step_w) * case.step_w

    assert failed(case, trace(case, rounded)) == []
    assert failed(case, trace(case, lambda t: rounded(t) - 1.5 * case.step_w if t > 300 else
                              rounded(t), smooth)) != []  # fmt: skip
    assert "slope of power over asked" in failed(case, trace(case, follower(case, 0, 0.8)))


def test_endurance_fails_when_the_support_fades():
    case = CASES["fcr_d_endurance"]
    good = follower(case, 1.0, 1.0, 16000)
    assert failed(case, trace(case, good)) == []

    def fading(t_s):
        return good(t_s) + (1000 if 1000 < t_s < 1010 else 0)

    assert failed(case, trace(case, fading)) == ["C for 20 min"]


def inertia(case, gain=4.0, most_ma=3000, memory_s=0.0):
    """Offer of an inertia term."""

    def offer_ma(t_s):
        hz = case.profile.hz
        rate = (hz(t_s - memory_s) - hz(max(0, t_s - memory_s - 0.5))) / 0.5
        return 11000 + max(-most_ma, min(most_ma, gain * 1000 * rate))

    return offer_ma


def test_inertia_must_answer_be_bounded_and_forget():
    case = CASES["inertia"]
    made = {name: trace(case, lambda t: 7590, inertia(case, **more)) for name, more in (
        ("right", {}), ("weak", {"gain": 1.0}), ("wild", {"most_ma": 9000}),
        ("late", {"memory_s": 2.5}))}  # fmt: skip
    assert failed(case, made["right"]) == []
    assert any("gain x rate" in name for name in failed(case, made["weak"]))
    assert "-2.0 Hz/s: bounded" in failed(case, made["wild"])
    assert any("nothing left" in name for name in failed(case, made["late"]))


def test_hysteresis_must_swallow_the_trembling():
    case = CASES["own_curve"]
    calm = case.profile.rows

    def held(t_s):
        hz = 49.9 if case.lead_s + 80 < t_s < case.lead_s + 140 else case.profile.hz(t_s)
        return 11000 - case.law(hz) * case.capacity_ma

    assert calm and failed(case, trace(case, lambda t: 7590, held)) == []
    rattling = trace(case, lambda t: 7590, lambda t: 11000 - case.law(case.profile.hz(t)) * 4000)
    assert failed(case, rattling) == ["trembling by 8 mHz inside the hysteresis"]


def test_a_pause_must_end_without_a_random_delay():
    case = CASES["uk_exemption"]

    def car(first_s, again_s):
        def power_w(t_s):
            down = case.lead_s + pause_cases.DOWN_S + 2
            back = case.lead_s + pause_cases.BACK_S + again_s
            return 0.0 if t_s < 1 + first_s or down <= t_s < back else 5520.0

        return trace(case, power_w)

    assert failed(case, car(40, 8)) == []
    assert failed(case, car(5, 4)) == ["the first start of this device is delayed"]
    assert failed(case, car(40, 55)) == ["no random delay after a response service"]
