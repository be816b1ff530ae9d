# SPDX-License-Identifier: MIT
"""The embedded central system in simulated time: held frames, counts, findings, actions."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from tools.bench.csms import EmbeddedCsms, check_action
from tools.bench.csms_actions import TABLE

BOOT = {"chargePointVendor": "x", "chargePointModel": "y"}


def with_client(scene, **options):
    """Run `scene(csms, socket)` and return the central system."""

    async def run():
        csms = EmbeddedCsms(**options)
        url = await csms.start()
        async with connect(url + "/A", subprotocols=["ocpp1.6"], compression=None) as socket:
            await scene(csms, socket)
        await csms.stop()
        return csms

    return asyncio.run(run())


async def call(socket, number, action, payload):
    """Send one CALL."""
    await socket.send(json.dumps([2, str(number), action, payload]))


async def silent(socket):
    """True when nothing comes for a moment."""
    try:
        await asyncio.wait_for(socket.recv(), 0.05)
    except TimeoutError:
        return True
    return False


def test_frames_wait_for_the_sync_and_carry_its_time():
    async def scene(csms, socket):
        await call(socket, 1, "BootNotification", BOOT)
        await call(socket, 2, "Heartbeat", {})
        assert await silent(socket)
        assert await csms.sync(1, 1, 61500) == 1
        assert json.loads(await socket.recv())[2]["currentTime"] == "2025-04-28T10:16:01Z"
        assert await silent(socket)
        assert await csms.sync(1, 2, 3600000) == 2
        assert json.loads(await socket.recv())[2] == {"currentTime": "2025-04-28T11:15:00Z"}
        assert await csms.sync(1, 2, 3700000) == 2  # nothing new

    assert with_client(scene).findings == []


def test_one_call_of_ours_at_a_time_and_counted_ids():
    async def scene(csms, socket):
        assert await csms.action({"do": "clear_profile"}) == 1
        assert await csms.action(1, {"do": "trigger", "message": "Heartbeat"}, 5000) == 1
        assert json.loads(await socket.recv()) == [2, "csms-1", "ClearChargingProfile", {}]
        assert await silent(socket)
        await socket.send('[3,"csms-1",{"status":"Unknown"}]')
        assert await csms.sync(1, 1, 6000) == 2
        expected = [2, "csms-2", "TriggerMessage", {"requestedMessage": "Heartbeat"}]
        assert json.loads(await socket.recv()) == expected

    csms = with_client(scene)
    assert csms.findings == []
    assert csms.answers == [
        {"t_ms": 6000, "action": "ClearChargingProfile", "answer": {"status": "Unknown"}}
    ]


def test_two_runs_are_the_same_to_the_byte():
    def record():
        frames = []

        async def scene(csms, socket):
            await call(socket, 1, "BootNotification", BOOT)
            await csms.sync(1, 1, 100)
            await csms.action({"do": "set_profile", "periods": [[0, 16.1, 3], [60, 6]]})
            await csms.action({"do": "remote_start", "id_tag": "x"})
            await socket.send('[3,"csms-1",{"status":"Accepted"}]')
            await csms.sync(1, 2, 200)
            for _ in range(3):
                frames.append(await socket.recv())

        with_client(scene)
        return frames

    assert record() == record()


def test_everything_wrong_becomes_a_finding():
    async def scene(csms, socket):
        start = {
            "connectorId": 1,
            "idTag": "x",
            "meterStart": 5,
            "timestamp": "2025-04-28T10:15:00Z",
        }
        stop = {"transactionId": 1, "meterStop": 4, "timestamp": "2025-04-28T10:15:00Z"}
        await socket.send("nonsense")
        await call(socket, 1, "Bogus", {})
        await call(socket, 2, "StatusNotification", {"connectorId": 1})
        await call(socket, 3, "StartTransaction", start)
        await call(socket, 4, "StartTransaction", start)
        await call(socket, 5, "StopTransaction", stop)
        await call(socket, 6, "StopTransaction", stop)
        await socket.send('[3,"nobody",{}]')
        await csms.action({"do": "clear_profile"})
        await socket.send('[3,"csms-1",{"status":"Perhaps"}]')
        await csms.action({"do": "clear_profile"})
        await csms.sync(1, 9, 1000)
        await socket.send('[4,"csms-2","InternalError","",{}]')
        await csms.sync(1, 10, 2000)
        await csms.action({"do": "remote_stop"})
        await csms.action({"do": "remote_stop"})

    found = [(f["kind"], f["text"].split(":")[0]) for f in with_client(scene).findings]
    assert found == [
        ("protocol", "not a message"),
        ("schema", "Bogus"),
        ("call_error", "answered NotSupported to message 1"),
        ("schema", "StatusNotification"),
        ("call_error", "answered ProtocolError to message 2"),
        ("protocol", "StartTransaction while one is running"),
        ("protocol", "meterStop is below meterStart"),
        ("protocol", "StopTransaction 1 is not running"),
        ("protocol", "answer to no call of ours"),
        ("schema", "ClearChargingProfile"),
        ("call_error", "ClearChargingProfile was answered InternalError"),
    ]


def test_blocked_cards_and_transaction_numbers():
    async def scene(csms, socket):
        start = {"connectorId": 1, "meterStart": 5, "timestamp": "2025-04-28T10:15:00Z"}
        await call(socket, 1, "Authorize", {"idTag": "THIEF"})
        await call(socket, 2, "StartTransaction", {"idTag": "good", **start})
        await csms.sync(1, 2, 0)
        assert json.loads(await socket.recv())[2] == {"idTagInfo": {"status": "Blocked"}}
        assert json.loads(await socket.recv())[2]["transactionId"] == 1
        assert csms.running() == 1

    assert with_client(scene, blocked=["thief"]).findings == []


def test_second_connection_is_counted_apart():
    async def run():
        csms = EmbeddedCsms()
        url = await csms.start()
        for conn in (1, 2):
            async with connect(url + "/A", subprotocols=["ocpp1.6"], compression=None) as socket:
                await call(socket, 1, "Heartbeat", {})
                assert await csms.sync(conn, 1, conn) == 1
                await socket.recv()
        assert await csms.sync(1, 5, 9) == 1  # closed: what never came is not waited for
        assert await csms.action({"do": "clear_profile"}) == 1
        assert "not connected" in csms.findings[0]["text"]
        await csms.stop()

    asyncio.run(run())


def test_actions_are_checked():
    assert check_action({"do": "reset"}) is None
    for action, word in (
        ({}, "do: unknown action None"),
        ({"do": "dance"}, "expected one of"),
        ({"do": "reset", "kind": "Soft"}, "kind: unknown field of reset"),
        ({"do": "remote_start"}, "id_tag: missing"),
        ({"do": "set_profile", "periods": []}, "periods: expected"),
        ({"do": "set_profile", "periods": [[0]]}, "periods: expected"),
        ({"do": "set_profile", "periods": [[0, "x"]]}, "periods: expected"),
        ({"do": "set_profile", "periods": 5}, "periods: expected"),
    ):
        assert word in check_action(action)


@pytest.mark.parametrize("do", sorted(set(TABLE) - {"raw"}))
def test_each_action_passes_the_schema(do):
    fields = {
        "id_tag": "x", "transaction_id": 1, "periods": [[0, 16.1, 3]],
        "purpose": "TxDefaultProfile", "stack_level": 1, "start_s": 60, "unit": "W",
        "duration": 60, "id": 5, "connector": 1,
        "kind": "Absolute", "message": "Heartbeat", "type": "Soft", "keys": ["a"], "key": "a",
        "value": "b",
    }  # fmt: skip
    if do == "change_availability":
        fields["type"] = "Operative"
    action = {"do": do, **{key: fields[key] for key in TABLE[do][1]}}

    async def scene(csms, socket):
        assert check_action(action) is None
        assert await csms.action(action) == 1
        await socket.recv()

    assert with_client(scene).findings == []
