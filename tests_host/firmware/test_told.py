# SPDX-License-Identifier: MIT
"""What the station tells of states, clock-aligned values and security, and what it takes in."""

from firmware.ocpp.rpc import TIMEOUT, CallError
from firmware.ocpp.station import Station
from tests_host.firmware.fake_app import FakeApp, finished
from tests_host.firmware.test_session import TIME, booted, build, later, say
from tests_host.firmware.test_session import _calls as calls_of


def statuses(session, rpc):
    """Statuses of connector 1 that are told now."""
    return [
        payload["status"]
        for name, payload in calls_of(session, rpc)
        if name == "StatusNotification" and payload["connectorId"] == 1
    ]


def test_waiting_for_a_card_ends_in_finishing():
    app, session, rpc = booted(authorisation="card")
    app.charger.plugged = True
    later(app, 1)
    assert statuses(session, rpc) == ["Preparing"]
    later(app, 60)
    assert statuses(session, rpc) == ["Finishing"]
    app.transactions.remote_start("ABC")
    later(app, 1)
    assert app.transactions.open
    assert statuses(session, rpc) == ["Preparing", "Charging"]


def test_reserved_is_told_and_ends():
    app, session, rpc = booted()
    app.station.need("reservation").number = 5
    app.station.reservation.id_tag = "A"
    app.station.reservation.expiry_s = app.clock.now() + 100
    assert statuses(session, rpc) == ["Reserved"]
    later(app, 101)
    app.station.clockwork.tick()
    assert statuses(session, rpc) == ["Available"]


def test_short_states_are_not_told():
    app, session, rpc = booted(authorisation="card")
    app.station.config.change("MinimumStatusDuration", "5")
    app.charger.plugged = True
    later(app, 1)
    assert statuses(session, rpc) == []
    app.charger.plugged = False
    later(app, 1)
    assert statuses(session, rpc) == []
    app.charger.plugged = True
    later(app, 1)
    assert statuses(session, rpc) == []
    later(app, 5)
    assert statuses(session, rpc) == ["Preparing"]
    app.charger.fault = 1
    later(app, 1)
    assert statuses(session, rpc) == ["Faulted"]  # does not wait


def test_plug_pulled_from_a_transaction_that_goes_on():
    app, session, rpc = booted()
    app.station.config.change("StopTransactionOnEVSideDisconnect", "false")
    app.charger.plugged = True
    later(app, 1)
    assert statuses(session, rpc) == ["Charging"]
    app.charger.plugged = False
    later(app, 1)
    assert statuses(session, rpc) == ["SuspendedEV"]


def test_clock_aligned_values_with_and_without_a_transaction():
    app, session, rpc = booted()
    app.settings.heartbeat_s = 3600
    app.station.rpc = rpc
    for key, value in (
        ("ClockAlignedDataInterval", "60"),
        ("MeterValuesAlignedData", "Energy.Active.Import.Register,Voltage.L2"),
        ("MeterValueSampleInterval", "0"),
        ("StopTxnAlignedData", "Energy.Active.Import.Register"),
    ):
        assert app.station.config.change(key, value) == "Accepted"
    app.station.need("delivery")  # so that it samples at once
    aligned = []

    def minutes(seconds):
        for _ in range(seconds):
            later(app, 1)
            app.station.clockwork.tick()
            for name, payload in calls_of(session, rpc):
                if name == "MeterValues":
                    aligned.append(payload)
                elif name == "StopTransaction":
                    stops.append(payload)

    stops = []
    minutes(61)
    assert len(aligned) == 1 and "transactionId" not in aligned[0]
    value = aligned[0]["meterValue"][0]
    assert value["timestamp"].endswith(":00Z")
    assert [v.get("phase") for v in value["sampledValue"]] == [None, "L2-N"]
    assert {v["context"] for v in value["sampledValue"]} == {"Sample.Clock"}
    app.charger.plugged = True
    minutes(125)
    assert [payload.get("transactionId") for payload in aligned] == [None, 7, 7]
    app.charger.plugged = False
    minutes(5)
    data = stops[0]["transactionData"]
    contexts = [entry["sampledValue"][0]["context"] for entry in data]
    assert contexts == ["Transaction.Begin", "Sample.Clock", "Sample.Clock", "Transaction.End"]


def test_security_events_wait_for_the_server_and_stop_when_it_does_not_know_them():
    features = "RemoteTrigger,Security"
    app, session, rpc = build(ocpp_features=features)
    app.station.need("security")  # so that it tells at once
    app.station.event("FailedToAuthenticateAtCentralSystem", "401")
    rpc.wrong["SecurityEventNotification"] = TIMEOUT
    assert say(session, rpc)[-1] == "SecurityEventNotification"
    again = FakeApp(csms_url="ws://box/ocpp", ocpp_features=features)
    again.station = Station(again)
    again.station.outbox.load()
    assert again.station.outbox.first()[1]["type"] == "StartupOfTheDevice"  # critical: kept
    rpc.wrong["SecurityEventNotification"] = "NotImplemented"
    assert say(session, rpc) == ["SecurityEventNotification"]
    app.station.event("InvalidMessages")
    assert say(session, rpc) == []
    with open("security.log") as file:
        assert file.read().count("\n") == 3


def test_features_that_are_not_configured_are_not_there():
    app, session, _ = build(ocpp_features="")
    calls = app.station
    for action, code in (
        ("SetChargingProfile", "NotSupported"),
        ("SendLocalList", "NotSupported"),
        ("SignCertificate", "NotImplemented"),
        ("Nonsense", "NotImplemented"),
    ):
        try:
            finished(calls.handle(action, {}))
        except CallError as error:
            assert error.code == code, action
        else:
            raise AssertionError(action)
    keys = app.station.config.get(["SupportedFeatureProfiles"])["configurationKey"]
    assert keys[0]["value"] == "Core"


def test_a_profile_counts_as_soon_as_the_time_of_day_is_known():
    app, session, rpc = build()
    app.station.need("smart")
    polls = []
    app.station.smart.poll = lambda: polls.append(app.clock.iso())
    say(session, rpc)
    assert polls and polls[0] == TIME
