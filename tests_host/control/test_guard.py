# SPDX-License-Identifier: MIT
"""The guard opens when the permit ends, the pilot leaves C or residual current flows."""

from control import guard
from control.guard import Guard


def closed_guard():
    made = Guard()
    made.renew(0)
    made.renew(1)
    assert made.tick(10, 6000, 1) == 1
    return made


def test_starts_open_and_needs_an_open_command_first():
    made = Guard()
    made.renew(1)
    assert made.tick(10, 6000, 1) == 0
    made.renew(0)
    made.renew(1)
    assert made.tick(10, 6000, 1) == 1


def test_permit_expires():
    made = closed_guard()
    ticks = 1
    while made.tick(10, 6000, 1):
        ticks += 1
        assert ticks < 100
    assert ticks * 10 < guard.PERMIT_MS + 10
    assert made.tripped and made.reason == guard.PERMIT


def test_renewing_keeps_it_closed():
    made = closed_guard()
    for _ in range(1000):
        made.renew(1)
        assert made.tick(10, 6000, 1) == 1


def test_pilot_out_of_c_and_d_opens_within_60_ms_though_control_keeps_renewing():
    for mv in (9000, 12000, 0, 700, -12000):
        made = closed_guard()
        ticks = 0
        while made.tick(10, mv, 1):
            made.renew(1)
            ticks += 1
            assert ticks < 100
        assert ticks * 10 < 60
        assert made.reason == guard.PILOT


def test_short_glitch_of_the_pilot_is_forgiven():
    made = closed_guard()
    for _ in range(100):
        for mv in (9000, 9000, 9000, 6000):
            made.renew(1)
            assert made.tick(10, mv, 1) == 1


def test_residual_current_opens_at_once():
    made = closed_guard()
    assert made.tick(10, 6000, 0) == 0
    assert made.reason == guard.RCD


def test_a_trip_holds_until_control_lets_go():
    made = closed_guard()
    made.tick(10, 6000, 0)
    for _ in range(10):
        made.renew(1)
        assert made.tick(10, 6000, 1) == 0
    made.renew(0)
    made.renew(1)
    assert made.tick(10, 6000, 1) == 1


def open_after_ms(made, cp_high_mv=6000, rcd_ok=1):
    """How long the guard holds when control does not come back."""
    ms = 10
    while made.tick(10, cp_high_mv, rcd_ok):
        ms += 10
        assert ms < 10000
    return ms


def patient_guard():
    made = Guard()
    made.renew(0)
    made.be_patient(1)
    made.renew(1)
    return made


def test_patience_makes_the_permit_longer_and_nothing_else():
    made = patient_guard()
    assert open_after_ms(made) == guard.PATIENT_MS and made.reason == guard.PERMIT
    for mv, rcd_ok, reason, longest_ms in ((9000, 1, guard.PILOT, 60), (6000, 0, guard.RCD, 10)):
        made = patient_guard()
        assert open_after_ms(made, mv, rcd_ok) <= longest_ms and made.reason == reason


def test_patience_ends_when_it_is_over_and_by_itself():
    for told in (1, 0):
        made = patient_guard()
        for _ in range(10 if told else guard.PATIENT_FOR_MS // 10):
            assert made.tick(10, 6000, 1)
            made.renew(1)
        if told:
            made.be_patient(0)
            made.renew(1)
        assert open_after_ms(made) == guard.PERMIT_MS
