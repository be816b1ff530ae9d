# SPDX-License-Identifier: MIT
"""Smart charging from the payload to the limit of the charger, and what is refused."""

import os

from control.limits import NO_LIMIT, OCPP
from firmware.ocpp.rpc import CallError
from firmware.ocpp.smart import FLOOR_MA, TTL_MS
from tests_host.firmware.fake_app import FakeApp
from tests_host.firmware.whole_smart import Smart

NOW = 1745835300  # 2025-04-28T10:15:00Z


def build(clock=True, **settings):
    for name in os.listdir():
        if name.startswith("profile"):
            os.remove(name)
    return restart(clock, **settings)


def restart(clock=True, **settings):
    app = FakeApp(**settings)
    if clock:
        app.clock.set(NOW)
    return app, Smart(app)


def request(periods=((0, 10),), unit="A", **fields):
    """SetChargingProfile.req; fields replace those of the profile, None removes."""
    schedule = {
        "startSchedule": "2025-04-28T10:15:00Z",
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            dict(zip(("startPeriod", "limit", "numberPhases"), p)) for p in periods
        ],
    }
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    }
    payload = {"connectorId": fields.pop("connectorId", 0), "csChargingProfiles": profile}
    for key, value in fields.items():
        target = schedule if key in ("startSchedule", "duration") else profile
        target[key] = value
        if value is None:
            del target[key]
    return payload


def code_of(function, payload):
    """Error code of a CALLERROR, or the status."""
    try:
        return function(payload)["status"]
    except CallError as error:
        assert error.description
        return error.code


def pass_s(app, smart, seconds):
    """Let seconds pass with the service alive; returns the limit of the charger in mA."""
    for _ in range(seconds):
        app.ms += 1000
        smart.poll()
    return app.charger.limits.resolve(app.now_ms())


def test_profile_limits_the_charger_at_once_and_over_time():
    app, smart = build()
    payload = request(((0, 10), (60, 5.9), (120, 12.3, 1), (180, 32)))
    assert smart.set_profile(payload) == {"status": "Accepted"}
    assert app.charger.limits.resolve(app.now_ms()) == 10000
    assert pass_s(app, smart, 59) == 10000
    assert pass_s(app, smart, 1) == 0  # less than 6 A is a pause
    assert pass_s(app, smart, 60) == 12300
    assert app.charger.asked_phases == [1]
    assert pass_s(app, smart, 60) == 16000  # the board's own limit
    assert app.charger.asked_phases == [1, 3]
    assert smart.clear_profile({}) == {"status": "Accepted"}
    assert app.charger.limits.of(OCPP) == NO_LIMIT


def test_a_dead_service_leaves_a_floor_and_never_more_than_before():
    for limit, expected in ((10, FLOOR_MA), (4, 0), (32, FLOOR_MA)):
        app, smart = build()
        smart.set_profile(request(((0, limit),)))
        app.ms += TTL_MS - 1
        before = app.charger.limits.resolve(app.now_ms())
        app.ms += 2
        after = app.charger.limits.resolve(app.now_ms())
        assert after == expected and after <= before


def test_a_gap_also_ends_in_the_floor_when_the_service_dies():
    app, smart = build()
    smart.set_profile(request(duration=10))
    assert pass_s(app, smart, 30) == 16000
    app.ms += TTL_MS
    assert app.charger.limits.resolve(app.now_ms()) == FLOOR_MA
    assert pass_s(app, smart, 1) == 16000  # and comes back with the service


def test_watts():
    app, smart = build()
    smart.set_profile(request(((0, 11040),), unit="W"))
    assert app.charger.limits.resolve(app.now_ms()) == 16000
    smart.set_profile(request(((0, 11039.9),), unit="W"))
    assert app.charger.limits.resolve(app.now_ms()) == 15900
    app.charger.phases = 1
    assert pass_s(app, smart, 1) == 16000


def test_limits_are_never_rounded_up():
    app, smart = build()
    for tenths in range(60, 330):
        smart.set_profile(request(((0, tenths / 10),)))
        assert app.charger.limits.of(OCPP) == tenths * 100
    smart.set_profile(request(((0, 15.99),)))
    assert app.charger.limits.of(OCPP) == 15900


def test_clear_enough_refusals():
    app, smart = build()
    for case in (
        {"chargingProfilePurpose": "TxProfile"},
        {"chargingProfileKind": "Recurring"},
        {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "startSchedule": None},
        {"chargingProfileKind": "Relative", "chargingProfilePurpose": "ChargePointMaxProfile"},
        {"chargingProfilePurpose": "TxProfile", "connectorId": 1},
        {"transactionId": 5},
        {"chargingProfilePurpose": "ChargePointMaxProfile", "connectorId": 1},
        {"stackLevel": 9},
        {"periods": [(i, 10) for i in range(25)]},
    ):
        fields = dict(case)
        payload = request(fields.pop("periods", ((0, 10),)), **fields)
        assert smart.set_profile(payload) == {"status": "Rejected"}, case
        assert app.log.events[-1][0] == "profile_rejected" and app.log.events[-1][1]["why"]
    assert smart.profiles.count() == 0


def test_no_more_profiles_than_there_is_room_for():
    _, smart = build()
    for number in range(16):
        payload = request(chargingProfileId=number, stackLevel=number // 2, connectorId=number % 2)
        assert smart.set_profile(payload)["status"] == "Accepted"
    assert smart.set_profile(request(chargingProfileId=99, stackLevel=8))["status"] == "Rejected"
    assert smart.set_profile(request(chargingProfileId=3, stackLevel=8))["status"] == "Accepted"


def test_wrong_payloads_change_nothing():
    app, smart = build()
    smart.set_profile(request(((0, 13),)))
    for payload, code in (
        ({}, "OccurenceConstraintViolation"),
        ({"connectorId": 0}, "OccurenceConstraintViolation"),
        (request(connectorId=2), "PropertyConstraintViolation"),
        (request(connectorId="1"), "TypeConstraintViolation"),
        (request(chargingProfileId=None), "OccurenceConstraintViolation"),
        (request(chargingProfileId=1 << 40), "PropertyConstraintViolation"),
        (request(chargingProfileId=True), "TypeConstraintViolation"),
        (request(stackLevel=-1), "PropertyConstraintViolation"),
        (request(chargingProfilePurpose="X"), "PropertyConstraintViolation"),
        (request(chargingProfileKind=5), "TypeConstraintViolation"),
        (request(recurrencyKind="Yearly"), "PropertyConstraintViolation"),
        (request(transactionId="1"), "TypeConstraintViolation"),
        (request(unit="V"), "PropertyConstraintViolation"),
        (request(startSchedule="tomorrow"), "TypeConstraintViolation"),
        (request(validTo="x"), "TypeConstraintViolation"),
        (request(duration=-1), "PropertyConstraintViolation"),
        (request(chargingSchedule=None), "OccurenceConstraintViolation"),
        (request(chargingSchedule=[]), "TypeConstraintViolation"),
        (request(()), "PropertyConstraintViolation"),
        (request(((5, 10),)), "PropertyConstraintViolation"),
        (request(((0, 10), (0, 11))), "PropertyConstraintViolation"),
        (request(((0, 10), (9, 11), (8, 1))), "PropertyConstraintViolation"),
        (request(((0, -1),)), "PropertyConstraintViolation"),
        (request(((0, "10"),)), "TypeConstraintViolation"),
        (request(((0, True),)), "TypeConstraintViolation"),
        (request(((0, float("nan")),)), "PropertyConstraintViolation"),
        (request(((0, 10, 4),)), "PropertyConstraintViolation"),
        (request(((0,),)), "OccurenceConstraintViolation"),
    ):
        assert code_of(smart.set_profile, payload) == code, (payload, code)
    assert smart.profiles.count() == 1 and app.charger.limits.of(OCPP) == 13000


def test_infinite_and_huge_limits_mean_no_more_than_the_charger():
    app, smart = build()
    for limit in (float("inf"), 1e30, 10**12):
        assert smart.set_profile(request(((0, limit),)))["status"] == "Accepted"
        assert app.charger.limits.resolve(app.now_ms()) == 16000


def test_dates_far_away():
    app, smart = build()
    smart.set_profile(request(((0, 8),), startSchedule="1971-01-01T00:00:00Z"))
    assert app.charger.limits.resolve(app.now_ms()) == 8000
    smart.set_profile(request(((0, 8),), validTo="2099-01-01T00:00:00+02:00"))
    assert app.charger.limits.resolve(app.now_ms()) == 8000
    smart.set_profile(request(((0, 8),), validFrom="2099-01-01T00:00:00Z"))
    assert app.charger.limits.resolve(app.now_ms()) == 16000
    smart.set_profile(request(((0, 8),), startSchedule=None))  # from now on
    assert app.charger.limits.resolve(app.now_ms()) == 8000


def test_unknown_time_of_day():
    app, smart = build(clock=False)
    maximum = request(startSchedule=None, chargingProfilePurpose="ChargePointMaxProfile")
    assert smart.set_profile(maximum) == {"status": "Rejected"}
    assert smart.set_profile(request())["status"] == "Accepted"
    assert smart.composite({"connectorId": 1, "duration": 60}) == {"status": "Rejected"}
    assert app.charger.limits.resolve(app.now_ms()) == 6000  # which period holds is not known
    app.clock.set(NOW)
    smart.poll()
    assert app.charger.limits.resolve(app.now_ms()) == 10000


def test_composite_schedule():
    app, smart = build()
    smart.set_profile(request(((0, 10), (60, 8, 1)), duration=120))
    answer = smart.composite({"connectorId": 1, "duration": 300})
    assert answer == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2025-04-28T10:15:00Z",
        "chargingSchedule": {
            "duration": 300,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 10.0},
                {"startPeriod": 60, "limit": 8.0, "numberPhases": 1},
                {"startPeriod": 120, "limit": 16.0},
            ],
        },
    }
    watts = smart.composite({"connectorId": 0, "duration": 100, "chargingRateUnit": "W"})
    periods = watts["chargingSchedule"]["chargingSchedulePeriod"]
    assert [p["limit"] for p in periods] == [6900.0, 1840.0]
    assert smart.composite({"connectorId": 2, "duration": 60}) == {"status": "Rejected"}
    assert "chargingSchedule" not in smart.composite({"connectorId": 1, "duration": 0})
    assert code_of(smart.composite, {"connectorId": 1}) == "OccurenceConstraintViolation"
    bad_unit = {"connectorId": 1, "duration": 1, "chargingRateUnit": "V"}
    assert code_of(smart.composite, bad_unit) == "PropertyConstraintViolation"
    assert app.charger.limits.resolve(app.now_ms()) == 10000  # looking ahead changed nothing


def test_clear():
    app, smart = build()
    smart.set_profile(request())
    assert smart.clear_profile({"id": 5}) == {"status": "Unknown"}
    assert smart.clear_profile({"chargingProfilePurpose": "TxProfile"}) == {"status": "Unknown"}
    assert smart.clear_profile({"stackLevel": 1}) == {"status": "Unknown"}
    assert smart.clear_profile({"id": 1, "stackLevel": 7}) == {"status": "Accepted"}
    assert app.charger.limits.resolve(app.now_ms()) == 16000


def test_one_phase_charger_is_never_asked_for_three():
    app, smart = build(phases=1)
    smart.set_profile(request(((0, 10, 3),)))
    assert app.charger.asked_phases == []


def test_profiles_survive_a_restart():
    app, smart = build()
    smart.set_profile(request(((0, 9),), chargingProfileId=1, stackLevel=2, startSchedule=None))
    smart.set_profile(request(((0, 12),), chargingProfileId=2, stackLevel=1))
    smart.set_profile(request(((0, 8),), chargingProfileId=3, stackLevel=2))  # replaces the first
    app, smart = restart(clock=False)
    smart.load()
    assert smart.profiles.count() == 2
    smart.poll()
    assert app.charger.limits.resolve(app.now_ms()) == FLOOR_MA
    app.clock.set(NOW + 5)
    smart.poll()
    assert app.charger.limits.resolve(app.now_ms()) == 8000
    smart.clear_profile({"stackLevel": 2})
    app, smart = restart()
    smart.load()
    assert smart.profiles.count() == 1
    assert app.charger.limits.resolve(app.now_ms()) == 12000
    smart.clear_profile({})
    assert [name for name in os.listdir() if name.startswith("profile")] == []


def test_damaged_profile_files_are_passed_over():
    build()
    for number, text in enumerate(("{", "[]", "{}", '{"connectorId":0,"csChargingProfiles":[]}')):
        with open("profile%d.json" % number, "w") as file:
            file.write(text)
    app, smart = restart()
    smart.load()
    assert smart.profiles.count() == 0
    assert app.charger.limits.resolve(app.now_ms()) == 16000
