# SPDX-License-Identifier: MIT
"""Grid services by DataTransfer: what is asked for in words of OCPP 2.1, and what comes of it."""

import json
import os

from firmware.ocpp.rpc import CallError
from firmware.ocpp.transfer import Transfer
from tests_host.firmware.fake_app import FakeApp

NOW = 1745835300  # 2025-04-28T10:15:00Z


class Grid:
    """Keeps what it is told; refuses a droop of 666."""

    def __init__(self):
        self.sections = {}
        self.point = None
        self.on_summary = None

    def apply(self, sections):
        if (sections.get("lfsm") or {}).get("droop_pm") == 666:
            return "lfsm.droop_pm: 666: expected less"
        self.sections.update(sections)
        return None

    def setpoint(self, ma, ttl_s):
        self.point = ma

    def status(self):
        return {"armed": True, "services": ["fcr"]}


class Outbox:
    """Keeps (action, data)."""

    def __init__(self):
        self.sent = []

    def push(self, action, payload):
        assert action == "DataTransfer" and payload["vendorId"] == "GridPilot"
        self.sent.append((payload["messageId"], json.loads(payload["data"])))


class Station:
    """Only an outbox."""

    def __init__(self):
        self.outbox = Outbox()


def build(fresh=True, clock=True, **settings):
    """(App, Transfer); with fresh=False the file of before is there."""
    if fresh and "der.json" in os.listdir():
        os.remove("der.json")
    app = FakeApp(**settings)
    if clock:
        app.clock.set(NOW)
    app.grid = Grid()
    app.settings.grid = {"lfsm": {"droop_pm": 50}}
    transfer = Transfer(app, Station())
    transfer.load()
    return app, transfer


def send(transfer, message, data, status="Accepted"):
    """The 2.1 response."""
    payload = {"vendorId": "GridPilot", "messageId": message, "data": json.dumps(data)}
    answer = transfer.handle(payload)
    assert answer["status"] == status, answer
    return json.loads(answer["data"])


DROOP = {
    "priority": 5, "overFreq": 50.2, "underFreq": 49.8, "overDroop": 0.05, "underDroop": 0.05,
    "responseTime": 5,
}  # fmt: skip


def droop(name="d", default=True, **more):
    return {
        "isDefault": default, "controlId": name, "controlType": "FreqDroop",
        "freqDroop": dict(DROOP, **more),
    }  # fmt: skip


def later(app, seconds):
    """An ISO time."""
    from firmware.clock import format_iso

    return format_iso(app.clock.now() + seconds)


def test_words_of_the_frame():
    app, transfer = build()
    assert transfer.handle({"vendorId": "x"}) == {"status": "UnknownVendorId"}
    assert transfer.handle({"vendorId": "GridPilot"}) == {"status": "UnknownMessageId"}
    unknown = {"vendorId": "GridPilot", "messageId": "Dance"}
    assert transfer.handle(unknown) == {"status": "UnknownMessageId"}
    for data in ("{", "[]", "5", 5, [], "\x00", '{"a":' * 50, "null "):
        payload = {"vendorId": "GridPilot", "messageId": "SetDERControl", "data": data}
        assert transfer.handle(payload)["status"] == "Rejected", data
    for payload in ({}, {"vendorId": 5}, {"vendorId": "x" * 256}):
        try:
            transfer.handle(payload)
            raise AssertionError(payload)
        except CallError:
            pass
    assert app.grid.sections == {}


def test_freq_droop_becomes_lfsm():
    app, transfer = build()
    assert send(transfer, "SetDERControl", droop()) == {"status": "Accepted"}
    expected = {"under_mhz": 49800, "over_mhz": 50200, "droop_pm": 50}
    assert app.grid.sections["lfsm"] == expected
    assert send(transfer, "ClearDERControl", {"isDefault": True, "controlId": "d"}) == {
        "status": "Accepted"
    }
    assert app.grid.sections["lfsm"] == {"droop_pm": 50}  # back to the settings file


def test_volt_watt_enter_service_and_gradients():
    app, transfer = build()
    curve = {
        "priority": 0, "yUnit": "PctMaxW",
        "curveData": [{"x": 85, "y": 0}, {"x": 207, "y": 40.5}, {"x": 95, "y": 100}],
    }  # fmt: skip
    control = {"isDefault": True, "controlId": "v", "controlType": "VoltWatt", "curve": curve}
    assert send(transfer, "SetDERControl", control)["status"] == "Accepted"
    assert app.grid.sections["volt_watt"]["curve"] == [[850, 0], [900, 405], [950, 1000]]
    control = {
        "isDefault": True, "controlId": "e", "controlType": "EnterService",
        "enterService": {
            "priority": 0, "highVoltage": 109, "lowVoltage": 90, "highFreq": 50.1,
            "lowFreq": 49.9, "delay": 60, "randomDelay": 300,
        },
    }  # fmt: skip
    assert send(transfer, "SetDERControl", control)["status"] == "Accepted"
    assert app.grid.sections["enter_service"] == {
        "low_mhz": 49900, "high_mhz": 50100, "low_pm": 900, "high_pm": 1090, "delay_s": 60,
        "random_s": 300,
    }  # fmt: skip
    control = {
        "isDefault": True, "controlId": "g", "controlType": "Gradients",
        "gradient": {"priority": 0, "gradient": 160, "softGradient": 960},
    }  # fmt: skip
    assert send(transfer, "SetDERControl", control)["status"] == "Accepted"
    assert app.grid.sections["enter_service"]["ramp_ma_min"] == 1000
    assert app.grid.sections["volt_watt"]["rise_ma_s"] == 100


def test_what_a_load_cannot_do():
    app, transfer = build()
    for kind, field in (("VoltVar", "curve"), ("FixedVar", "fixedVar"), ("WattPF", "curve"),
                        ("LimitMaxDischarge", "limitMaxDischarge")):  # fmt: skip
        control = {"isDefault": True, "controlId": "x", "controlType": kind, field: {}}
        assert send(transfer, "SetDERControl", control) == {"status": "NotSupported"}
    get = {"requestId": 1, "controlType": "VoltVar"}
    assert send(transfer, "GetDERControl", get) == {"status": "NotSupported"}
    assert app.grid.sections == {}


def test_wrong_controls_change_nothing():
    app, transfer = build()
    for change in (
        {"isDefault": None}, {"isDefault": 1}, {"controlId": "x" * 37}, {"controlType": "X"},
        {"freqDroop": None}, {"freqDroop": []}, {"curve": {}}, {"freqDroop": {"priority": 1}},
        {"freqDroop": dict(DROOP, priority=-1)}, {"freqDroop": dict(DROOP, overFreq=1e30)},
        {"freqDroop": dict(DROOP, overFreq="50")}, {"freqDroop": dict(DROOP, overFreq=True)},
        {"freqDroop": dict(DROOP, underDroop=0.04)}, {"freqDroop": dict(DROOP, responseTime=1)},
        {"freqDroop": dict(DROOP, duration=5)}, {"freqDroop": dict(DROOP, startTime="x")},
        {"freqDroop": dict(DROOP, overDroop=0.666, underDroop=0.666)},
    ):  # fmt: skip
        answer = send(transfer, "SetDERControl", dict(droop(), **change), "Rejected")
        assert answer["status"] == "Rejected" and answer["statusInfo"]["additionalInfo"], change
    text = json.dumps(droop(overFreq=50.2)).replace("50.2", "1e999")
    payload = {"vendorId": "GridPilot", "messageId": "SetDERControl", "data": text}
    assert transfer.handle(payload)["status"] == "Rejected"
    assert transfer.controls.controls == [] and app.grid.sections == {}


def test_priorities():
    app, transfer = build()
    send(transfer, "SetDERControl", droop("a", priority=5, overFreq=50.5))
    answer = send(transfer, "SetDERControl", droop("b", priority=3, overFreq=50.3))
    assert answer["supersededIds"] == ["a"] and app.grid.sections["lfsm"]["over_mhz"] == 50300
    answer = send(transfer, "SetDERControl", droop("c", priority=3, overFreq=50.4))
    assert answer["supersededIds"] == ["c"] and app.grid.sections["lfsm"]["over_mhz"] == 50300
    send(transfer, "ClearDERControl", {"isDefault": True, "controlId": "b"})
    assert app.grid.sections["lfsm"]["over_mhz"] == 50400
    wrong = {"isDefault": False, "controlId": "a"}
    assert send(transfer, "ClearDERControl", wrong) == {"status": "NotFound"}
    send(transfer, "ClearDERControl", {"isDefault": True})
    assert transfer.controls.controls == []
    send(transfer, "ClearDERControl", {"isDefault": True})  # all: accepted, always


def test_a_scheduled_control_begins_and_ends():
    app, transfer = build()
    send(transfer, "SetDERControl", droop("a"))
    timed = droop("t", False, overFreq=50.4, startTime=later(app, 60), duration=30)
    assert send(transfer, "SetDERControl", timed) == {"status": "Accepted"}
    sent = transfer._station.outbox.sent
    for second in range(100):
        app.ms += 1000
        transfer.poll()
        over_mhz = app.grid.sections["lfsm"]["over_mhz"]
        assert over_mhz == (50400 if 59 <= second < 89 else 50200), second
    assert [name for name, _ in sent] == ["NotifyDERStartStop", "NotifyDERStartStop"]
    assert sent[0][1]["started"] and sent[0][1]["supersededIds"] == ["a"]
    assert sent[1][1] == {
        "controlId": "t", "started": False, "timestamp": "2025-04-28T10:16:30Z",
    }  # fmt: skip
    assert [c.id for c in transfer.controls.controls] == ["a"]
    for start, duration in ((-60, 30), (40000000, 5), (0, None), (0, 1e30)):
        timed = droop("t", False, startTime=later(app, start), duration=duration)
        send(transfer, "SetDERControl", timed, "Rejected")


def test_controls_survive_a_power_cut():
    app, transfer = build()
    send(transfer, "SetDERControl", droop("a", overFreq=50.4, junk="x" * 3000))
    assert os.stat("der.json")[6] < 400  # nothing but what is used
    app, transfer = build(fresh=False, clock=False)
    assert app.grid.sections["lfsm"]["over_mhz"] == 50400
    for text in ("{", "[[]]", "[5]", '[["a","FreqDroop",true,{},null,null]]',
                 '[["a","X",true,{"priority":1},null,null]]'):  # fmt: skip
        with open("der.json", "w") as file:
            file.write(text)
        app, transfer = build(fresh=False)
        assert transfer.controls.controls == []


def test_reports():
    _, transfer = build()
    assert send(transfer, "GetDERControl", {"requestId": 7}) == {"status": "NotFound"}
    send(transfer, "SetDERControl", droop("a"))
    send(transfer, "SetDERControl", droop("b", priority=9))
    assert send(transfer, "GetDERControl", {"requestId": 7}) == {"status": "Accepted"}
    reports = transfer._station.outbox.sent
    assert [name for name, _ in reports] == ["ReportDERControl"] * 2
    assert reports[0][1]["tbc"] and "tbc" not in reports[1][1]
    entry = reports[1][1]["freqDroop"][0]
    assert (entry["id"], entry["isDefault"], entry["isSuperseded"]) == ("b", True, True)
