# SPDX-License-Identifier: MIT
"""The words of OCPP 2.1 against the real grid services: what is accepted there is built there."""

import json

from tests_host.firmware.hostile_rig import call, fresh
from tests_host.firmware.test_der import DROOP, droop
from tests_host.firmware.test_der_profile import profile


def send(target, message, data):
    """The 2.1 response."""
    payload = {"vendorId": "GridPilot", "messageId": message, "data": json.dumps(data)}
    return json.loads(call(target, "DataTransfer", payload)["data"])


def config(target):
    """The settings of the grid services in force."""
    return target.app.grid.config


def test_every_control_is_carried_out():
    target = fresh()
    assert send(target, "SetDERControl", droop()) == {"status": "Accepted"}
    curve = {"priority": 0, "yUnit": "PctMaxW",
             "curveData": [{"x": 85, "y": 0}, {"x": 95, "y": 100}]}  # fmt: skip
    control = {"isDefault": True, "controlId": "v", "controlType": "VoltWatt", "curve": curve}
    assert send(target, "SetDERControl", control) == {"status": "Accepted"}
    enter = {
        "priority": 0, "highVoltage": 109, "lowVoltage": 90, "highFreq": 50.1,
        "lowFreq": 49.9, "delay": 60, "randomDelay": 300, "rampRate": 600,
    }  # fmt: skip
    control = {"isDefault": True, "controlId": "e", "controlType": "EnterService",
               "enterService": enter}  # fmt: skip
    assert send(target, "SetDERControl", control) == {"status": "Accepted"}
    control = {"isDefault": True, "controlId": "g", "controlType": "Gradients",
               "gradient": {"priority": 0, "gradient": 160, "softGradient": 960}}  # fmt: skip
    assert send(target, "SetDERControl", control) == {"status": "Accepted"}
    assert sorted(config(target)) == ["enter_service", "lfsm", "volt_watt"]
    assert config(target)["lfsm"]["droop_pm"] == 50
    assert config(target)["volt_watt"]["rise_ma_s"] == 100
    assert target.app.charger.grid is not None
    status = send(target, "GetGridStatus", {})
    assert status["services"] == ["enter_service", "lfsm", "volt_watt"]
    assert send(target, "ClearDERControl", {"isDefault": True}) == {"status": "Accepted"}
    assert config(target) == {} and target.app.charger.grid is None


def test_what_the_grid_services_refuse_is_rejected_with_their_words():
    target = fresh()
    wrong = droop(**dict(DROOP, overDroop=0.5, underDroop=0.5))
    answer = send(target, "SetDERControl", wrong)
    assert answer["status"] == "Rejected" and "droop_pm" in answer["statusInfo"]["additionalInfo"]
    assert config(target) == {}


def test_local_frequency_signals_and_ffr():
    target = fresh()
    assert send(target, "SetChargingProfile", profile()) == {"status": "Accepted"}
    assert config(target)["baseline_ma"] == 10000
    assert target.app.charger.grid.reserves
    signals = {
        "operationMode": "CentralFrequency", "v2xFreqWattCurve": None,
        "v2xSignalWattCurve": [{"signal": -100, "power": -2000}, {"signal": 100, "power": 2000}],
    }  # fmt: skip
    assert send(target, "SetChargingProfile", profile(signals)) == {"status": "Accepted"}
    now = target.app.clock.iso()
    answer = send(target, "AFRRSignal", {"timestamp": now, "signal": 50})
    assert answer == {"status": "Accepted"}
    assert send(target, "ClearChargingProfile", {}) == {"status": "Accepted"}
    assert config(target) == {}
    answer = send(target, "SetFFR", {"option": "nordic_c", "capacity_w": 2070})
    assert answer["status"] in ("Accepted", "Rejected")
    answer = send(target, "SetFFR", {"option": "nowhere"})
    assert answer["status"] == "Rejected" and "option" in answer["statusInfo"]["additionalInfo"]
