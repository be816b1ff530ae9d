# SPDX-License-Identifier: MIT
"""The composite schedule equals the brute force on random sets, and public test vectors."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from control.profiles import Profiles
from tests_host.cpython.ocpp_brute_force import NOW, Store, iso, schedule_of, unix
from tests_host.cpython.ocpp_composite import compare, one, station

VECTORS = json.loads((Path(__file__).parent / "ocpp_vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("hundred", range(4))
def test_random_sets(hundred):
    assert [text for text in map(one, range(hundred * 100, hundred * 100 + 100)) if text] == []


def test_sets_with_a_start_a_second_or_two_ahead():
    """Random sets in which a shift of the whole schedule was found."""
    assert [text for text in map(one, (657, 2545, 3256, 3293, 3559)) if text] == []


def test_the_comparison_can_fail():
    expected = [(0, 100, None), (60, 80, 3)]
    good = {
        "chargingSchedule": {
            "duration": 90,
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 10.0},
                {"startPeriod": 60, "limit": 8.0, "numberPhases": 3},
            ],
        }
    }
    assert compare(expected, good, 90) is None
    for key, value in (("startPeriod", 59), ("limit", 8.1), ("limit", 8.05), ("numberPhases", 1)):
        bad = json.loads(json.dumps(good))
        bad["chargingSchedule"]["chargingSchedulePeriod"][1][key] = value
        assert compare(expected, bad, 90)
    bad = json.loads(json.dumps(good))
    bad["chargingSchedule"]["duration"] = 91
    assert compare(expected, bad, 90)


def test_a_week_second_by_second():
    """Daily over weekly over absolute, across a day's and a week's turn."""
    app, smart = station()
    store = Store()
    for number, (kind, start, duration, limit) in enumerate((
        ("Absolute", unix(-1), None, 15),
        ("Weekly", unix(30), 7200, 9),
        ("Daily", unix(23), 3600, 12),
    )):  # fmt: skip
        profile = {
            "chargingProfileId": number,
            "stackLevel": number,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute" if kind == "Absolute" else "Recurring",
            "chargingSchedule": {
                "startSchedule": iso(start),
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        }
        if kind != "Absolute":
            profile["recurrencyKind"] = kind
            profile["chargingSchedule"]["duration"] = duration
        payload = {"connectorId": 0, "csChargingProfiles": profile}
        assert smart.set_profile(payload)["status"] == "Accepted"
        store.set(payload)
    duration = 3 * 86400
    answer = smart.composite({"connectorId": 1, "duration": duration})
    expected = schedule_of(store, unix(), duration, unix(), "A", 16, 3)
    assert len(expected) == 8
    assert compare(expected, answer, duration) is None


def vector_names():
    return [vector["name"] for vector in VECTORS["vectors"]]


@pytest.mark.parametrize("name", vector_names())
def test_vectors_of_others(name):
    """Figures only; ocpp_vectors.json says where each comes from, and what we say otherwise."""
    vector = next(v for v in VECTORS["vectors"] if v["name"] == name)
    now = datetime.fromisoformat(vector["at"])
    begun = None
    if vector.get("session"):
        begun = round((now - datetime.fromisoformat(vector["session"])).total_seconds())
    _, smart = station(vector.get("hardware_a", 48), 3, begun, vector.get("transaction", 42), now)
    for key in vector["profiles"]:
        profile = dict(VECTORS["profiles"][key])
        payload = {"connectorId": profile.pop("connectorId"), "csChargingProfiles": profile}
        assert smart.set_profile(payload)["status"] == "Accepted"
    answer = smart.composite(
        {"connectorId": 1, "duration": vector["duration"], "chargingRateUnit": vector["unit"]}
    )
    periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
    found = [[p["startPeriod"], p["limit"], p.get("numberPhases")] for p in periods]
    assert found == [(p + [None])[:3] for p in vector["expected"]]


def test_every_source_is_named():
    for vector in VECTORS["vectors"]:
        source = VECTORS["sources"][vector["source"]]
        assert source["licence"] in ("Apache-2.0", "MIT") and source["commit"] and source["file"]
    assert NOW.tzinfo is not None


@pytest.mark.parametrize("name", ["_period_end", "_period_at", "put", "limit"])
def test_a_wrong_rule_would_be_found(name, monkeypatch):
    """The random sets reach every rule: a change of each is seen in a hundred of them."""
    right = getattr(Profiles, name)
    wrong = {
        "_period_end": lambda self, at, length_s: length_s,
        "_period_at": lambda self, slot, offset_s: right(self, slot, offset_s - 1),
        "put": lambda self, number, purpose, level, connector: right(
            self, number, purpose, level, 0
        ),
        "limit": lambda self, unit, phases: right(self, unit, 3),
    }
    monkeypatch.setattr(Profiles, name, wrong[name])
    assert any(map(one, range(100)))
