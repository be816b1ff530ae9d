# SPDX-License-Identifier: MIT
"""Frequency profiles, signals and fast reserve by DataTransfer, and what is told of them."""

from tests_host.firmware.test_der import build, droop, later, send


def profile(period=None, **schedule):
    period = dict(
        {
            "startPeriod": 0, "operationMode": "LocalFrequency", "v2xBaseline": 6900,
            "v2xFreqWattCurve": [
                {"frequency": 49.9, "power": -2070}, {"frequency": 50.1, "power": 2070},
            ],
        },
        **(period or {}),
    )  # fmt: skip
    whole = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    whole.update(schedule)
    return {"evseId": 1, "chargingProfile": {"id": 4, "chargingSchedule": [whole]}}


def test_local_frequency():
    app, transfer = build()
    assert send(transfer, "SetChargingProfile", profile()) == {"status": "Accepted"}
    assert app.grid.sections["baseline_ma"] == 10000
    assert app.grid.sections["fcr"] == [
        {
            "mode": "custom", "curve": [[49900, -2070], [50100, 2070]], "unit": "w",
        }
    ]  # fmt: skip
    assert send(transfer, "ClearChargingProfile", {"chargingProfileId": 9})["status"] == "Unknown"
    send(transfer, "ClearChargingProfile", {"chargingProfileId": 4})
    assert app.grid.sections["fcr"] is None
    send(transfer, "SetChargingProfile", profile(duration=60))
    app.ms += 61000
    transfer.poll()
    assert app.grid.sections["fcr"] is None and transfer.profile.id is None


def test_local_frequency_refusals():
    app, transfer = build()
    flat = {"frequency": 50, "power": 0}
    for change, code in (
        ({"v2xFreqWattCurve": None}, "NoFreqWattCurve"),
        ({"v2xFreqWattCurve": [flat]}, "NoFreqWattCurve"),
        ({"v2xBaseline": None}, "NoFreqWattCurve"),
        ({"limit": 5000}, "InvalidSchedule"),
        ({"v2xBaseline": 1000}, "InvalidSchedule"),  # 1000 - 2070 would feed in
        ({"operationMode": "CentralSetpoint"}, "UnsupportedKind"),
        ({"operationMode": "CentralFrequency"}, "NoSignalWattCurve"),
        ({"v2xFreqWattCurve": [flat, flat]}, "InvalidValue"),
        ({"v2xFreqWattCurve": [flat] * 21}, "InvalidValue"),
        ({"v2xFreqWattCurve": [5, 6]}, "InvalidValue"),
    ):
        answer = send(transfer, "SetChargingProfile", profile(change), "Rejected")
        assert answer["statusInfo"]["reasonCode"] == code, change
    for schedule, code in (
        ({"chargingRateUnit": "A"}, "UnsupportedRateUnit"),
        ({"startSchedule": later(app, 60)}, "InvalidSchedule"),
        ({"chargingSchedulePeriod": []}, "InvalidSchedule"),
        ({"chargingSchedulePeriod": [1]}, "InvalidSchedule"),
    ):
        answer = send(transfer, "SetChargingProfile", profile(**schedule), "Rejected")
        assert answer["statusInfo"]["reasonCode"] == code, schedule
    assert app.grid.sections == {}


def test_afrr_signal():
    app, transfer = build()
    signal = {"timestamp": later(app, 0), "signal": 50}
    answer = send(transfer, "AFRRSignal", signal, "Rejected")
    assert answer["statusInfo"]["reasonCode"] == "NoSignalWattCurve"
    period = {
        "operationMode": "CentralFrequency", "v2xFreqWattCurve": None, "v2xBaseline": 6900,
        "v2xSignalWattCurve": [{"signal": -100, "power": -6900}, {"signal": 100, "power": 6900}],
    }  # fmt: skip
    assert send(transfer, "SetChargingProfile", profile(period))["status"] == "Accepted"
    for value, expected in ((0, 10000), (50, 15000), (-100, 0), (1000, 20000)):
        send(transfer, "AFRRSignal", dict(signal, signal=value))
        assert app.grid.point == expected


def test_ffr_by_our_own_words():
    app, transfer = build()
    send(transfer, "SetFFR", {"option": "nordic_c", "capacity_w": 2070, "support_s": 30})
    assert app.grid.sections["ffr"]["option"] == "nordic_c"
    send(transfer, "ClearFFR", {})
    assert app.grid.sections["ffr"] is None
    send(transfer, "SetFFR", {"level_hz_": 1}, "Rejected")
    odd = {"vendorId": "GridPilot", "messageId": "SetFFR", "data": "{5:6}"}
    assert transfer.handle(odd)["status"] == "Rejected"
    send(transfer, "SetFFR", {"option": [1]}, "Rejected")
    status = send(transfer, "GetGridStatus", {})
    assert status["armed"] and "FreqDroop" in status["controlTypes"]


def test_activations_are_told():
    app, transfer = build()
    sent = transfer._station.outbox.sent
    app.grid.on_summary({"service": "ffr", "delay_ms": 900})
    assert sent[-1] == ("GridActivation", {"service": "ffr", "delay_ms": 900})
    send(transfer, "SetDERControl", droop())
    app.grid.on_summary({"service": "lfsm", "mhz_extreme": 50300})
    assert sent[-1] == (
        "NotifyDERAlarm",
        {
            "controlType": "FreqDroop", "gridEventFault": "OverFrequency", "alarmEnded": True,
            "timestamp": "2025-04-28T10:15:00Z",
        },
    )  # fmt: skip


def test_without_grid_services_nothing_is_promised():
    app, transfer = build()
    app.grid = None
    app.open_grid = lambda: None
    send(transfer, "SetDERControl", droop(), "Rejected")
    send(transfer, "SetChargingProfile", profile(), "Rejected")
    assert send(transfer, "GetGridStatus", {})["services"] == []


def test_too_many_controls():
    _, transfer = build()
    for i in range(12):
        send(transfer, "SetDERControl", droop("c%d" % i))
    send(transfer, "SetDERControl", droop("one more"), "Rejected")
    send(transfer, "SetDERControl", droop("c3", priority=1))
