# SPDX-License-Identifier: MIT
"""Profiles of transactions, and what is kept of profiles in the flash."""

import os

from control.limits import NO_LIMIT, OCPP
from firmware.transactions import Transactions
from tests_host.firmware.test_smart import NOW, build, code_of, pass_s, request, restart


def running(smart_settings=None, number=7):
    """A charging App with its SmartCharging; the transaction has a number."""
    app, smart = build(**(smart_settings or {}))
    for name in os.listdir():
        if name.startswith("tx"):
            os.remove(name)
    app.transactions = Transactions(app)
    smart.load()
    app.charger.plugged = True
    app.run(1000)
    app.transactions.started(app.transactions.open, number, True)
    return app, smart


def tx(limit, **fields):
    """A relative TxProfile for connector 1."""
    fields.setdefault("periods", ((0, limit),))
    return request(
        fields.pop("periods"), connectorId=1, chargingProfilePurpose="TxProfile",
        chargingProfileKind="Relative", startSchedule=None, **fields
    )  # fmt: skip


def test_tx_profile_lives_as_long_as_its_transaction():
    app, smart = running()
    assert smart.set_profile(tx(9, transactionId=8)) == {"status": "Rejected"}
    assert smart.set_profile(tx(9, transactionId=7)) == {"status": "Accepted"}
    assert smart.set_profile(tx(8))["status"] == "Accepted"  # same level: replaced
    assert smart.profiles.count() == 1
    assert app.charger.limits.resolve(app.now_ms()) == 8000
    on_zero = tx(8)
    on_zero["connectorId"] = 0
    assert smart.set_profile(on_zero)["status"] == "Rejected"
    assert not [name for name in os.listdir() if name.startswith("profile")]  # not kept
    app.charger.plugged = False
    app.run(2000)
    assert app.transactions.open is None
    assert smart.profiles.count() == 0
    assert app.charger.limits.resolve(app.now_ms()) == 16000
    assert smart.set_profile(tx(9))["status"] == "Rejected"


def test_tx_profile_runs_from_the_start_of_the_transaction_whatever_the_clock_does():
    app, smart = running()
    assert smart.set_profile(tx(0, periods=((0, 16), (60, 10), (120, 7))))
    assert pass_s(app, smart, 50) == 16000
    app.clock.set(NOW + 86400)  # the central system puts the clock right
    assert pass_s(app, smart, 2) == 16000
    assert pass_s(app, smart, 10) == 10000
    app.clock.set(NOW - 86400)
    assert pass_s(app, smart, 30) == 10000
    assert pass_s(app, smart, 30) == 7000


def test_remote_start_brings_its_profile():
    app, smart = build()
    app.transactions = Transactions(app)
    smart.load()
    profile = tx(7)["csChargingProfiles"]
    assert smart.check_remote(profile) is None
    for change in ({"chargingProfilePurpose": "TxDefaultProfile"}, {"transactionId": 5},
                   {"stackLevel": 9}):  # fmt: skip
        assert smart.check_remote(dict(profile, **change))
    smart.remote_profile(profile)
    pass_s(app, smart, 5)
    assert smart.profiles.count() == 0  # not before its transaction
    app.charger.plugged = True
    limits = []
    authorise = app.charger.authorise

    def seen(on):
        limits.append(app.charger.limits.of(OCPP))
        authorise(on)

    app.charger.authorise = seen
    app.run(300)
    assert limits == [7000]  # the limit is there before energy may flow
    smart.remote_profile(profile)
    smart.waiting = None
    app.charger.plugged = False
    app.run(2000)
    app.charger.plugged = True
    app.run(1000)
    assert app.transactions.open and smart.profiles.count() == 0


def test_min_charging_rate_never_raises_a_limit():
    app, smart = build()
    payload = request(((0, 7),))
    payload["csChargingProfiles"]["chargingSchedule"]["minChargingRate"] = 13.0
    assert smart.set_profile(payload)["status"] == "Accepted"
    assert app.charger.limits.resolve(app.now_ms()) == 7000
    payload["csChargingProfiles"]["chargingSchedule"]["minChargingRate"] = "x"
    assert code_of(smart.set_profile, payload) == "TypeConstraintViolation"


def test_two_phases_are_never_three():
    app, smart = build()
    smart.set_profile(request(((0, 10, 2),)))
    assert app.charger.asked_phases == [1]


def test_writing_is_rationed_and_the_newest_value_is_kept():
    app, smart = build()
    written = []
    original = smart.store._write

    def counted(slot, wanted):
        written.append(slot)
        original(slot, wanted)

    smart.store._write = counted
    for i in range(2000):
        smart.set_profile(request(((0, 6 + i % 20),)))
        app.ms += 100
        assert app.charger.limits.of(OCPP) == (6 + i % 20) * 1000  # obeyed at once
    assert len(written) <= 24 + 4
    pass_s(app, smart, 61)
    app, smart = restart()
    smart.load()
    smart.poll()
    assert app.charger.limits.of(OCPP) == (6 + 1999 % 20) * 1000


def test_a_replaced_profile_beside_its_successor_loses():
    build()
    app, smart = restart()
    smart.set_profile(request(((0, 9),), chargingProfileId=1))
    smart.set_profile(request(((0, 8),), chargingProfileId=2, stackLevel=1))
    with open("profile0.json") as file:
        old = file.read()
    smart.set_profile(request(((0, 7),), chargingProfileId=1, stackLevel=1))  # replaces both
    app.ms += 1000
    smart.poll()
    with open("profile5.json", "w") as file:
        file.write(old)  # as if the power had gone before it was removed
    app, smart = restart()
    smart.load()
    smart.poll()
    assert smart.profiles.count() == 1
    assert app.charger.limits.of(OCPP) == 7000


def test_a_profile_that_begins_within_two_seconds_leaves_no_gap():
    app, smart = build()
    smart.set_profile(request(((0, 16),)))
    smart.poll()
    assert app.charger.limits.of(OCPP) == 16000
    for start, ma in (("2025-04-28T10:15:02Z", 10000), ("2025-04-28T10:15:03Z", NO_LIMIT)):
        smart.set_profile(request(((0, 10),), startSchedule=start))
        smart.poll()
        assert app.charger.limits.of(OCPP) == ma, start
