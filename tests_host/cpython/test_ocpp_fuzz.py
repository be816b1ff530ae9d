# SPDX-License-Identifier: MIT
"""The fuzzer finds nothing in the firmware, and finds what is planted; hypothesis tries too."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control import limits
from firmware.ocpp import fields, rpc
from firmware.ocpp.schedules import Schedules
from tools.ocpp import fuzz_run
from tools.ocpp.corpus import REQUESTS
from tools.ocpp.fuzz import Target, run
from tools.ocpp.fuzz_run import fuzz, shards

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["A", "W", "Absolute", "TxProfile", "2025-04-28T10:15:00Z", "Accepted"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = sorted({key for _, payload in REQUESTS for key in payload})
PAYLOADS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)


@pytest.fixture(name="target")
def _target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Target()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(action=st.sampled_from([action for action, _ in REQUESTS]), payload=PAYLOADS)
def test_any_payload_of_any_action(target, action, payload):
    async def feed():
        target.rpc._seen.clear()
        target.text(json.dumps([2, "x", action, payload]))

    asyncio.run(feed())
    assert target.findings == []
    assert not [name for name in target.app.log.seen if name.startswith("ocpp_handler_failed")]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300))
def test_any_bytes(target, data):
    asyncio.run(target.frames(data))
    assert target.findings == []


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=200) | VALUES.map(json.dumps))
def test_any_text(target, text):
    target.text(text)
    assert target.findings == []


def test_mutated_messages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = asyncio.run(run(1500, 7))
    assert result["findings"] == []
    assert {"Accepted", "Rejected", "closed", "ignored"} <= set(result["answers"])


def test_on_micropython_with_the_heap_watched():
    total = fuzz(1500, jobs=1, seed=5)
    assert total["inputs"] == 1500 and total["findings"] == []
    assert total["runtime"] == "micropython" and 0 < total["heap_late"] < 1000000


def test_the_same_inputs_on_any_number_of_cores():
    million = shards(1000000)
    assert sum(count for count, _ in million) == 1000000
    assert len({seed for _, seed in million}) == len(million) == 20
    assert [count for count, _ in shards(30001)] == [15001, 15000]
    assert shards(5) == [(5, 1000)]


def test_a_leak_would_be_found():
    """16 bytes in every 20 inputs."""
    total = fuzz(4500, jobs=1, seed=6, leak=20)
    assert any("heap grew" in text for text in total["findings"]), total


def test_a_crash_would_be_found(monkeypatch):
    monkeypatch.setattr(fuzz_run, "HEAP", "64K")
    total = fuzz(300, jobs=1)
    assert total["inputs"] == 0 and "ended with" in total["findings"][0]


def test_an_exception_would_be_found(target, monkeypatch):
    monkeypatch.setattr(rpc, "_is_id", lambda value: len(value) > 0)
    target.text("[2,5,6]")
    assert "exception" in target.findings[0]


def test_a_handler_that_fails_would_be_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fields, "table", lambda payload, key, kind, required=True: payload[key])
    result = asyncio.run(run(300, 1))
    assert any("ocpp_handler_failed" in text for text in result["findings"])


def test_a_changed_limit_would_be_found(target, monkeypatch):
    def obey(_, payload):
        target.app.charger.limits.offer(limits.OCPP, 1234, 0)
        return {"status": "Rejected"}

    monkeypatch.setattr(Schedules, "set_profile_pieces", obey)
    target.text('[2,"1","SetChargingProfile",{}]')
    assert "became 1234" in target.findings[0]
