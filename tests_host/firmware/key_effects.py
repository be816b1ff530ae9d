# SPDX-License-Identifier: MIT
"""What each configuration key does: one function a key, used by test_keys.py."""

from firmware.ocpp import meter
from firmware.ocpp.rpc import CallError, Rpc
from tests_host.firmware.fake_app import finished
from tests_host.firmware.test_session import _calls as calls_of
from tests_host.firmware.test_session import later, say
from tools.ocpp.corpus import LATER, profile


def ask(app, action, payload):
    """Answer to a request of the central system, or the code of its CALLERROR."""
    try:
        return finished(app.station.handle(action, payload))
    except CallError as error:
        return error.code


def change(app, key, value):
    """ChangeConfiguration, which is taken."""
    answer = ask(app, "ChangeConfiguration", {"key": key, "value": value})
    assert answer == {"status": "Accepted"}, key


def told(app, key):
    """The value that GetConfiguration tells."""
    return ask(app, "GetConfiguration", {"key": [key]})["configurationKey"][0]["value"]


def charging(app, session, rpc):
    """A transaction that the central system knows."""
    app.charger.plugged = True
    later(app, 1)
    say(session, rpc)
    app.station.clockwork.tick()
    assert app.transactions.open.number == 7


def connection_time_out(app, session, rpc):
    app.settings.authorisation = "card"
    change(app, "ConnectionTimeOut", "20")
    app.transactions.remote_start("A")
    later(app, 19)
    assert app.transactions.id_tag == "A"
    later(app, 2)
    assert app.transactions.id_tag is None


def heartbeat(app, session, rpc):
    change(app, "HeartbeatInterval", "30")
    session.heartbeat_s = app.clock.uptime_s()
    later(app, 29)
    assert "Heartbeat" not in say(session, rpc)
    later(app, 1)
    assert "Heartbeat" in say(session, rpc)


def max_energy(app, session, rpc):
    change(app, "StopTransactionOnInvalidId", "false")
    change(app, "MaxEnergyOnInvalidId", "50")
    rpc.answers["StartTransaction"]["idTagInfo"] = {"status": "Blocked"}
    charging(app, session, rpc)
    app.board.readings.energy_wh += 49
    later(app, 1)
    assert app.charger.authorised
    app.board.readings.energy_wh += 1
    later(app, 1)
    assert not app.charger.authorised and app.transactions.open


def stop_on_invalid(app, session, rpc):
    change(app, "StopTransactionOnInvalidId", "true")
    rpc.answers["StartTransaction"]["idTagInfo"] = {"status": "Blocked"}
    charging(app, session, rpc)
    later(app, 3)
    stops = [payload for name, payload in calls_of(session, rpc) if name == "StopTransaction"]
    assert [stop["reason"] for stop in stops] == ["DeAuthorized"]


def message_timeout(app, session, rpc):
    """The station hands it to each connection (station.py); that is how it is used there."""
    change(app, "MessageTimeout", "7")
    timed = Rpc(None, None, None, None, app.clock.uptime_s,
                app.station.config.number("MessageTimeout"))  # fmt: skip
    timed._pending = "1"
    timed._deadline_s = app.clock.uptime_s() + timed._timeout_s
    later(app, 6)
    timed.poll()
    assert timed._answer is None
    later(app, 1)
    timed.poll()
    assert timed._answer == ("timeout", None)


def sampled(app, seconds):
    """How many values a minute has brought."""
    before = meter.count(app.transactions.open.samples)
    for _ in range(seconds):
        later(app, 1)
        app.station.clockwork.tick()
    return meter.count(app.transactions.open.samples) - before


def sample_interval(app, session, rpc):
    charging(app, session, rpc)
    for value, number in (("10", 6), ("30", 2), ("0", 0)):
        change(app, "MeterValueSampleInterval", value)
        assert sampled(app, 60) == number


def sampled_data(app, session, rpc):
    charging(app, session, rpc)
    change(app, "MeterValueSampleInterval", "10")
    change(app, "MeterValuesSampledData", "Frequency,Voltage.L2")
    assert sampled(app, 10) == 1
    listed = [payload for name, payload in calls_of(session, rpc) if name == "MeterValues"]
    values = listed[0]["meterValue"][0]["sampledValue"]
    assert [value["measurand"] for value in values] == ["Frequency", "Voltage"]
    change(app, "MeterValuesSampledData", "")
    assert sampled(app, 20) == 0


def stop_data(app, session, rpc):
    for value, contexts in (
        ("Frequency", ["Transaction.Begin", "Transaction.End"]),
        ("", []),
    ):
        change(app, "StopTxnSampledData", value)
        charging(app, session, rpc)
        app.charger.plugged = False
        later(app, 3)
        stop = [payload for name, payload in calls_of(session, rpc) if name == "StopTransaction"]
        data = stop[0].get("transactionData", [])
        assert [entry["sampledValue"][0]["context"] for entry in data] == contexts


def attempts(app, session, rpc):
    change(app, "TransactionMessageAttempts", "2")
    change(app, "TransactionMessageRetryInterval", "30")
    rpc.wrong["StartTransaction"] = "InternalError"
    app.charger.plugged = True
    later(app, 1)
    assert say(session, rpc)[0] == "StartTransaction"
    later(app, 28)
    assert "StartTransaction" not in say(session, rpc)
    later(app, 2)
    assert "StartTransaction" in say(session, rpc)
    assert app.transactions.open.number == -1  # given up after the second
    later(app, 120)
    assert "StartTransaction" not in say(session, rpc)


def kept_keys(app, session, rpc):
    names = ["x%d" % i for i in range(int(told(app, "GetConfigurationMaxKeys")) + 1)]
    assert len(ask(app, "GetConfiguration", {"key": names[1:]})["unknownKey"]) == len(names) - 1
    assert ask(app, "GetConfiguration", {"key": names}) == "OccurenceConstraintViolation"


def lists(app, session, rpc):
    for key in ("MeterValuesAlignedData", "MeterValuesSampledData", "StopTxnAlignedData",
                "StopTxnSampledData"):  # fmt: skip
        most = int(told(app, key + "MaxLength"))
        change(app, key, ",".join(["Frequency"] * most))
        longer = {"key": key, "value": ",".join(["Frequency"] * (most + 1))}
        assert ask(app, "ChangeConfiguration", longer) == {"status": "Rejected"}


def rotation_length(app, session, rpc):
    assert told(app, "ConnectorPhaseRotationMaxLength") == "2"
    for value, status in (("0.RST,1.RST", "Accepted"), ("0.RST,1.RST,1.RST", "Rejected")):
        answer = ask(app, "ChangeConfiguration", {"key": "ConnectorPhaseRotation", "value": value})
        assert answer == {"status": status}


def connectors(app, session, rpc):
    most = int(told(app, "NumberOfConnectors"))
    for connector, good in ((most, True), (most + 1, False)):
        answer = ask(app, "ChangeAvailability", {"connectorId": connector, "type": "Operative"})
        assert isinstance(answer, dict) is good


def stop_values(app, session, rpc):
    rows = None
    for _ in range(50):
        rows = meter.added(rows, meter.sample(app), meter.MAX_STOP_ROWS)
    assert meter.count(rows) <= int(told(app, "StopTransactionMaxMeterValues"))


def profiles(app, session, rpc):
    level = int(told(app, "ChargeProfileMaxStackLevel"))
    periods = int(told(app, "ChargingScheduleMaxPeriods"))
    most = int(told(app, "MaxChargingProfilesInstalled"))
    assert told(app, "ChargingScheduleAllowedChargingRateUnit") == "Current,Power"

    def put(number, stack_level, length, unit="A", kind="TxDefaultProfile", connector=1):
        made = dict(profile(kind, periods=length), chargingProfileId=number)
        made["stackLevel"] = stack_level
        made["chargingSchedule"]["chargingRateUnit"] = unit
        request = {"connectorId": connector, "csChargingProfiles": made}
        return ask(app, "SetChargingProfile", request)["status"]

    assert put(1, level, periods) == put(1, level, periods, "W") == "Accepted"
    assert put(1, level + 1, periods) == put(1, level, periods + 1) == "Rejected"
    ask(app, "ClearChargingProfile", {})
    places = [(kind, c, n) for kind, c in (("TxDefaultProfile", 0), ("TxDefaultProfile", 1),
              ("ChargePointMaxProfile", 0)) for n in range(level)]  # fmt: skip
    answers = [
        put(i, n, 1, kind=kind, connector=connector)
        for i, (kind, connector, n) in enumerate(places[: most + 1])
    ]
    assert answers == ["Accepted"] * most + ["Rejected"]


def local_list(app, session, rpc):
    most = int(told(app, "SendLocalListMaxLength"))
    entries = [{"idTag": "C%d" % i, "idTagInfo": {"status": "Accepted"}} for i in range(most + 1)]
    request = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": entries}
    assert ask(app, "SendLocalList", request) == "OccurenceConstraintViolation"
    request["localAuthorizationList"] = entries[:most]
    assert ask(app, "SendLocalList", request) == {"status": "Accepted"}


def connector_zero(app, session, rpc):
    assert told(app, "ReserveConnectorZeroSupported") == "false"
    request = {"expiryDate": LATER, "idTag": "A", "reservationId": 1}
    for connector, status in ((0, "Rejected"), (1, "Accepted")):
        answer = ask(app, "ReserveNow", dict(request, connectorId=connector))
        assert answer == {"status": status}


def protocols(app, session, rpc):
    assert told(app, "SupportedFileTransferProtocols") == "HTTP"
    for scheme in ("ftp", "https", "sftp", "file"):
        assert ask(app, "GetDiagnostics", {"location": scheme + "://host/x"}) == {}


def chain(app, session, rpc):
    most = int(told(app, "CertificateSignedMaxChainSize"))
    answer = ask(app, "CertificateSigned", {"certificateChain": "x" * (most + 1)})
    assert answer == "PropertyConstraintViolation"


def phase_switch(app, session, rpc):
    for fitted, value in ((True, "true"), (False, "false")):
        app.settings.phase_switch = fitted
        assert told(app, "ConnectorSwitch3to1PhaseSupported") == value


HERE = {
    "ConnectionTimeOut": connection_time_out, "HeartbeatInterval": heartbeat,
    "MaxEnergyOnInvalidId": max_energy, "StopTransactionOnInvalidId": stop_on_invalid,
    "MessageTimeout": message_timeout, "MeterValueSampleInterval": sample_interval,
    "MeterValuesSampledData": sampled_data, "StopTxnSampledData": stop_data,
    "TransactionMessageAttempts": attempts, "TransactionMessageRetryInterval": attempts,
    "GetConfigurationMaxKeys": kept_keys, "MeterValuesAlignedDataMaxLength": lists,
    "MeterValuesSampledDataMaxLength": lists, "StopTxnAlignedDataMaxLength": lists,
    "StopTxnSampledDataMaxLength": lists, "ConnectorPhaseRotationMaxLength": rotation_length,
    "NumberOfConnectors": connectors, "StopTransactionMaxMeterValues": stop_values,
    "ChargeProfileMaxStackLevel": profiles, "ChargingScheduleMaxPeriods": profiles,
    "ChargingScheduleAllowedChargingRateUnit": profiles, "MaxChargingProfilesInstalled": profiles,
    "SendLocalListMaxLength": local_list, "ReserveConnectorZeroSupported": connector_zero,
    "SupportedFileTransferProtocols": protocols, "CertificateSignedMaxChainSize": chain,
    "ConnectorSwitch3to1PhaseSupported": phase_switch,
}  # fmt: skip
