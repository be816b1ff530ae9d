# SPDX-License-Identifier: MIT
"""Configuration keys: what may be changed to what, what is told, and what a change costs."""

import os

from control import profiles
from firmware.ocpp import config as config_module
from firmware.ocpp import fields, meter
from firmware.ocpp.access import is_password, password
from firmware.ocpp.config import Config
from firmware.ocpp.station import Station
from firmware.ocpp.tls import context
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp

REQUIRED = (
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
    "WebSocketPingInterval",
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ChargingScheduleMaxPeriods",
    "MaxChargingProfilesInstalled",
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
    "SecurityProfile",
    "CpoName",
    "CertificateStoreMaxLength",
    "CertificateSignedMaxChainSize",
    "AdditionalRootCertificateCheck",
)


def build(**settings):
    """An App with a station on an empty flash."""
    for name in os.listdir():
        if name.endswith((".json", ".txt", ".a", ".b", ".log")):
            os.remove(name)
    app = FakeApp(csms_url="ws://box/ocpp", **settings)
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.need("access").start()
    return app, app.station.config


def value_of(config, key):
    """The entry of one key in GetConfiguration.conf."""
    return config.get([key])["configurationKey"][0]


def test_all_required_keys_are_there_and_the_answer_fits():
    _, config = build()
    answer = config.get([])
    names = [entry["key"] for entry in answer["configurationKey"]]
    assert [name for name in REQUIRED if name not in names] == []
    assert len(names) == len(set(names)) <= fields.KEYS_PER_ANSWER
    assert "unknownKey" not in answer
    assert "KeyBefore" not in names and "LastTime" not in names


def test_the_keys_say_what_other_modules_can_hold():
    _, config = build()
    for key, most in (
        ("ChargeProfileMaxStackLevel", profiles.MAX_STACK_LEVEL),
        ("ChargingScheduleMaxPeriods", profiles.MAX_PERIODS),
        ("MaxChargingProfilesInstalled", profiles.MAX_PROFILES),
        ("GetConfigurationMaxKeys", fields.KEYS_PER_ANSWER),
        ("LocalAuthListMaxLength", fields.LIST_LENGTH),
        ("SendLocalListMaxLength", fields.SEND_LENGTH),
        ("StopTransactionMaxMeterValues", meter.MAX_STOP_ROWS),
        ("MeterValuesSampledData", fields.MEASURANDS),
    ):
        assert value_of(config, key)["value"] == str(most)


def test_keys_of_features_that_are_not_configured_do_not_exist():
    _, config = build(ocpp_features="SmartCharging")
    assert config.change("LocalAuthListEnabled", "false") == "NotSupported"
    assert value_of(config, "SupportedFeatureProfiles")["value"] == "Core,SmartCharging"
    assert config.flag("LocalAuthListEnabled") is False


def test_values_and_limits():
    _, config = build()
    for key, good, bad in (
        ("LocalPreAuthorize", ("true", "false"), ("", "1", "yes")),
        ("ClockAlignedDataInterval", ("0", "900", "86400"), ("-1", "86401", "9e2", "", "x")),
        ("TransactionMessageAttempts", ("1", "100"), ("0", "101")),
        ("WebSocketPingInterval", ("0", "30"), ("-30",)),
        ("MeterValuesSampledData", ("", "Voltage.L1,Frequency", "Power.Offered"),
         ("SoC", "Voltage.L4", "Frequency,SoC", "Voltage,,Frequency")),
        ("ConnectorPhaseRotation", ("1.RST", "0.RST, 1.STR"), ("RST", "2.RST", "1.XYZ", "")),
        ("CpoName", ("", "Me"), ("x" * 65, "\u00fc")),
        ("MinimumStatusDuration", ("0", "60"), ("61",)),
    ):  # fmt: skip
        for value in good:
            assert config.change(key.upper(), value) == "Accepted", (key, value)
            assert value_of(config, key)["value"] == value
        for value in bad:
            before = value_of(config, key)["value"]
            assert config.change(key, value) == "Rejected", (key, value)
            assert value_of(config, key)["value"] == before


def test_read_only_and_unknown():
    _, config = build()
    for key in ("NumberOfConnectors", "ChargingScheduleMaxPeriods", "SupportedFeatureProfiles"):
        assert value_of(config, key)["readonly"] is True
        assert config.change(key, "1") == "Rejected"
    assert config.change("Nothing", "1") == "NotSupported"
    assert config.change("LastTime", "1") == "NotSupported"
    assert config.get(["Nothing"]) == {"configurationKey": [], "unknownKey": ["Nothing"]}


def test_what_needs_a_restart_says_so():
    _, config = build()
    assert config.change("AuthorizationKeyReading", "text") == "RebootRequired"
    assert config.change("AuthorizationKeyReading", "both") == "Rejected"


def test_the_key_is_written_and_never_told():
    app, config = build()
    key = "0102030405060708090A0B0C0D0E0F1011121314"
    assert config.change("AuthorizationKey", key) == "Accepted"
    assert value_of(config, "authorizationkey") == {"key": "AuthorizationKey", "readonly": False}
    assert key not in str(config.get([])) + str(app.log.events)
    assert password(key, "hex") == bytes(range(1, 21)) and password(key, "text") == key.encode()
    assert is_password("a" * 16, "text") and not is_password("a" * 15, "text")


def test_security_profile_only_goes_up_and_with_what_it_needs():
    app, config = build()
    access = app.station.access
    for value in ("1", "2", "3"):
        assert config.change("SecurityProfile", value) == "Rejected"
    config.change("AuthorizationKey", "01" * 20)
    assert config.change("SecurityProfile", "2") == "Rejected"  # no root certificate
    assert config.change("SecurityProfile", "1") == "Accepted" and app.station.changed
    assert value_of(config, "SecurityProfile")["value"] == "0"  # until it has worked
    assert access.attempt()[2] == "Basic R1AtMDAwMToBAQEBAQEBAQEBAQEBAQEBAQEBAQ=="
    access.worked()
    assert value_of(config, "SecurityProfile")["value"] == "1"
    assert config.change("SecurityProfile", "0") == "Rejected"
    assert config.change("SecurityProfile", "1") == "Accepted"


def test_a_profile_that_does_not_work_is_given_up():
    app, config = build()
    access = app.station.access
    config.change("AuthorizationKey", "01" * 20)
    config.change("SecurityProfile", "1")
    for _ in range(3):
        assert access.attempt()[2]
        access.failed("password")
    assert access.attempt()[2] is None and config.number("SecurityProfile") == 0


def test_changes_are_written_together_and_not_for_ever():
    app, config = build()
    written = []
    real = config_module.write_json
    config_module.write_json = lambda path, value: written.append(value)
    try:
        for second in range(600):
            for n in range(3):
                config.change("MinimumStatusDuration", str((second // 7 + n) % 60))
            app.ms += 1000
            config.poll()
        assert 24 <= len(written) <= 24 + 11
        assert written[-1]["MinimumStatusDuration"] != written[-2]["MinimumStatusDuration"]
        config.poll()
        before = len(written)
        config.change("MinimumStatusDuration", value_of(config, "MinimumStatusDuration")["value"])
        config.save()
        config.save()
        assert len(written) <= before + 1
    finally:
        config_module.write_json = real


def test_a_damaged_file_is_not_the_end():
    for text in ("", "[", "[]", '{"HeartbeatInterval":5,"CpoName":"\\u0007","NoSuchKey":"1"}'):
        app, config = build()
        with open("ocpp.json", "w") as file:
            file.write(text)
        again = Config(app, app.station.features)
        again.load()
        assert app.settings.heartbeat_s == 300 and again.text("CpoName") == ""


def test_memory_for_tls_is_kept_between_connections():
    app, config = build()
    station = app.station
    station.tls_bytes = 20000
    station.reserve()
    assert station._hole is None  # nobody wants TLS
    config.put("SecurityProfile", 2)
    station.reserve()
    assert len(station._hole) == 20000
    try:
        context(False)
    except ValueError as error:
        assert "csms_0" in str(error)
    else:
        raise AssertionError("a context that checks nothing")
