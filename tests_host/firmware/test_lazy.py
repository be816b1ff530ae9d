# SPDX-License-Identifier: MIT
"""Parts of the station come when they are needed and go when they are idle."""

import asyncio
import json
import os
import sys

from control import limits
from firmware import forget, lazy
from firmware.ocpp import calls, requests
from firmware.ocpp.calls import Calls
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp, finished

NOW = 1745835300
CONFIGURATION = ("firmware.ocpp.keys", "firmware.ocpp.config_table")
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
    },
}


def build(**settings):
    """(app, dispatcher) on an empty flash; nothing of the parts is loaded."""
    for name in os.listdir():
        if "." in name:
            os.remove(name)
    for row in calls.rows():
        for name in calls.modules(row):
            lazy.drop(name)
    for name in CONFIGURATION:
        lazy.drop(name)
    return again(**settings)


def again(**settings):
    """The same on the flash as it is."""
    app = FakeApp(csms_url="ws://box/ocpp", **settings)
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.session.boot_status = "Accepted"
    app.clock.set(NOW)
    for _ in app.station.start():
        pass
    return app, app.station


def ask(dispatcher, action, payload):
    """The answer, also of one that comes in pieces."""
    return finished(dispatcher.handle(action, payload))


def settle(app):
    """Let enough time pass for each part."""
    app.ms += 10000
    for _ in calls.rows():
        app.station.tidy()


def ours():
    """Modules of the firmware that are loaded."""
    return {name for name in sys.modules if name.startswith(("firmware.", "control."))}


def test_nothing_is_loaded_for_an_idle_station():
    app, _ = build()
    made = [row[0] for row in calls.rows() if getattr(app.station, row[0]) is not None]
    assert made == []


def test_a_part_comes_module_by_module_with_a_turn_of_other_tasks_after_each():
    """One module takes some tens of milliseconds; the guard waits 250 ms for a control step."""
    app, _ = build()
    for row in calls.rows():
        for module in calls.modules(row):
            before = ours()
            lazy.load(module)
            assert ours() - before <= {module}, (row[0], module, ours() - before - {module})
        before = ours()
        assert app.station.need(row[0]) is not None
        assert ours() == before, row[0]
        for module in calls.modules(row):
            lazy.drop(module)
        setattr(app.station, row[0], None)


def test_requests_load_first_what_they_will_need():
    for action, payload, part in (
        ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}, "uploads"),
        ("ExtendedTriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, "update"),
        ("DataTransfer", {"vendorId": "GridPilot", "messageId": "GetGridStatus"}, "transfer"),
        ("RemoteStartTransaction", {"idTag": "A", "chargingProfile": {"x": 1}}, "smart"),
        ("GetConfiguration", {}, None),
    ):
        _, dispatcher = build()
        wanted = [name for row in calls.rows() if row[0] == part for name in calls.modules(row)]
        absent = sum(name not in sys.modules for name in wanted or CONFIGURATION)
        work = dispatcher.handle(action, payload)
        pieces = 0
        before = ours()
        try:
            while True:
                next(work)
                pieces += 1
                assert len(ours() - before) <= 1, (action, ours() - before)
                before = ours()
        except Exception as error:
            code = getattr(error, "code", "")  # the profile is none; all else has an answer
            assert code or type(error) is StopIteration, (action, error)
        assert ours() == before  # the answer itself has loaded nothing
        # Modules that another test file has imported are no news (none on MicroPython).
        assert pieces >= absent and all(name in sys.modules for name in wanted), action
    assert dispatcher.handle("GetConfiguration", {"key": ["HeartbeatInterval"]})  # at once now


def test_the_grid_services_open_in_the_same_way():
    app, dispatcher = build()
    for name in requests.GRID.split(" "):
        forget(name)
    order = {"isDefault": True, "controlId": "a", "controlType": "FreqDroop", "freqDroop": {
        "priority": 1, "overFreq": 50.2, "underFreq": 49.8, "overDroop": 0.05, "underDroop": 0.05,
        "responseTime": 8}}  # fmt: skip
    payload = {"vendorId": "GridPilot", "messageId": "SetDERControl", "data": json.dumps(order)}
    absent = sum(name not in sys.modules for name in requests.GRID.split(" "))
    work = dispatcher.handle("DataTransfer", payload)
    before = ours()
    pieces = 0
    try:
        while True:
            next(work)
            pieces += 1
            assert len(ours() - before) <= 1, ours() - before
            before = ours()
    except StopIteration as end:
        assert json.loads(end.value["data"])["status"] == "Accepted", end.value
    assert pieces >= absent and app.grid is not None
    assert len(ours() - before) <= 2, ours() - before  # what belongs to this kind alone


def test_a_part_without_a_state_goes_after_its_answer():
    app, dispatcher = build()
    assert "firmware.ocpp.core" not in sys.modules
    assert ask(dispatcher, "GetConfiguration", {"key": ["HeartbeatInterval"]})["configurationKey"]
    assert "firmware.ocpp.core" in sys.modules and app.station.core
    settle(app)
    assert "firmware.ocpp.core" not in sys.modules and app.station.core is None
    assert not hasattr(sys.modules["firmware.ocpp"], "core")
    assert ask(dispatcher, "GetConfiguration", {"key": ["HeartbeatInterval"]})["configurationKey"]


def test_a_profile_keeps_its_part_until_it_is_cleared():
    app, dispatcher = build()
    request = {"connectorId": 1, "csChargingProfiles": PROFILE}
    assert ask(dispatcher, "SetChargingProfile", request) == {"status": "Accepted"}
    for _ in range(3):
        app.station.smart.poll()
        settle(app)
    assert app.station.smart.profiles.count() == 1
    # What has read it has gone. On CPython other test files may have imported it before.
    assert app.station.schedules is None and app.station.requests is None
    app, dispatcher = again()
    assert app.station.smart.profiles.count() == 1  # it was in the flash: loaded at the start
    assert ask(dispatcher, "ClearChargingProfile", {}) == {"status": "Accepted"}
    for _ in range(100):
        app.ms += 60000
        if app.station.smart:
            app.station.smart.poll()
        settle(app)
    assert app.station.smart is None and app.transactions.on_change is None
    app, _ = again()
    assert app.station.smart is None


def test_a_kept_profile_holds_although_there_is_no_network_yet():
    app, dispatcher = build()
    ask(dispatcher, "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE})
    app.station.smart.store.flush(app.clock.uptime_s())
    app = FakeApp(csms_url="ws://box/ocpp")
    app.station = Station(app)
    app.transactions = Transactions(app)
    seen = []

    async def ready():
        await asyncio.sleep(0)
        seen.append(app.charger.limits.of(limits.OCPP))
        raise KeyError("no network")  # ends the test

    try:
        asyncio.run(app.station.run(ready))
    except KeyError:
        pass
    assert seen == [6000]  # the time of day is not known either


def test_a_profile_that_comes_in_pieces_is_not_lost():
    app, dispatcher = build()
    work = dispatcher.handle(
        "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}
    )
    settle(app)  # time passes between the request and its first piece
    for _ in range(30):
        try:
            next(work)
        except StopIteration as end:
            assert end.value == {"status": "Accepted"}
            break
    assert app.station.smart.profiles.count() == 1


def test_dropping_does_not_refill_the_ration_of_flash_writes():
    app, dispatcher = build()
    accepted = 0
    for version in range(1, 60):
        request = {"listVersion": version, "updateType": "Full", "localAuthorizationList": []}
        accepted += ask(dispatcher, "SendLocalList", request) == {"status": "Accepted"}
        settle(app)
    assert 24 <= accepted <= 24 + 590 // 60  # one a minute beside the first


def test_known_and_unknown_requests():
    app, dispatcher = build(ocpp_features="RemoteTrigger")
    for action, wanted in (("ReserveNow", "NotSupported"), ("Nonsense", "NotImplemented")):
        code = None
        try:
            ask(dispatcher, action, {})
        except Exception as error:
            code = getattr(error, "code", None)
        assert code == wanted
    assert app.station.need("smart") is None
    assert isinstance(dispatcher, Calls)


def test_a_part_that_is_asked_every_second_is_loaded_once():
    app, dispatcher = build()
    ask(dispatcher, "GetConfiguration", {"key": ["HeartbeatInterval"]})
    part = app.station.core
    for _ in range(30):
        app.ms += 1000
        app.station.tidy()
        app.station.config.poll()
        ask(dispatcher, "GetConfiguration", {"key": ["HeartbeatInterval"]})
        assert app.station.core is part and "firmware.ocpp.config_table" in sys.modules
    settle(app)
    app.station.config.poll()
    assert app.station.core is None and "firmware.ocpp.config_table" not in sys.modules
