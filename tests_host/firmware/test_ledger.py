# SPDX-License-Identifier: MIT
"""What waits for the central system is kept in flash; the register only goes up."""

import os

from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp
from tests_host.firmware.test_transactions import (
    URL,
    FakeStation,
    build,
    charge,
    ledger_files,
    plug,
)


def test_damaged_files_do_no_harm():
    for text in ("", "{", "[]", "5", "[1]\n0", '[1,"x",5]\n00000000\n', "\n\n\n", "a\nb\nc",
                 '[9,"x",5,null,null,null,5,null,null,null]\n00000000\n'):  # fmt: skip
        build()
        with open("tx5.a", "w") as file:
            file.write(text)
        app = build("old")
        assert app.transactions.records == [], text
        assert "tx5.a" not in os.listdir()
        plug(app)
        app.run(300)
        assert app.transactions.open is not None


def test_everything_that_waits_is_kept_and_comes_in_order():
    app = build(station=FakeStation(), csms_url=URL)
    for i in range(12):
        plug(app)
        app.run(200)
        app.transactions.open.number = i
        charge(app, 1)
        plug(app, False)
        app.run(2000)
        assert len(app.transactions.records) <= 4  # the rest is in flash only
    assert app.transactions.pending() == 12
    app = build("old", station=FakeStation(), csms_url=URL)
    assert app.transactions.pending() == 12
    plug(app)
    app.run(200)  # a new one begins meanwhile
    starts = []
    while app.transactions.records[0] is not app.transactions.open:
        record = app.transactions.records[0]
        starts.append(record.start_wh)
        assert len(app.transactions.records) <= 5
        if len(starts) == 5:
            plug(app, False)  # and ends
            app.run(2000)
            plug(app)
            app.run(200)
        app.transactions.delivered(record)
    assert starts == list(range(5000, 5012)) + [5012]
    assert app.transactions.pending() == 1


def test_the_ledger_is_bounded():
    app = build(station=FakeStation(), csms_url=URL)
    for _ in range(103):
        plug(app)
        app.run(200)
        plug(app, False)
        app.run(1500)
    assert app.transactions.pending() == 100
    assert app.log.names().count("transaction_lost") == 3
    assert len(ledger_files()) == 200


def test_a_flash_that_cannot_be_written_does_not_stop_charging():
    app = build()
    app.transactions._ledger.save = lambda record: app.log.event("journal_failed")
    plug(app)
    charge(app)
    assert app.transactions.open is not None and "journal_failed" in app.log.names()


def test_remote_starts_are_rationed():
    app = build(station=FakeStation(), csms_url=URL, authorisation="card")
    plug(app)
    begun = 0
    for _ in range(60):
        begun += app.transactions.remote_start("X")
        app.run(300)
        app.transactions.stop("Remote")
        app.run(1200)
    assert begun == 21  # 20, and one for the minute that passed


def test_register_only_goes_up():
    app = build(station=FakeStation(), csms_url=URL)
    readings = app.board.readings
    register = app.transactions.register
    readings.energy_wh = 5100
    app.run(1000)
    for nonsense in (3, 2000000000, 5099):
        readings.energy_wh = nonsense
        app.run(3000)
        assert register.wh == 5100
    readings.energy_wh = 5200
    app.run(1000)
    assert register.wh == 5200
    readings.energy_wh = 10  # another meter
    app.run(61000)
    assert register.wh == 5200
    readings.energy_wh = 60
    app.run(1000)
    assert register.wh == 5250
    again = FakeApp(csms_url=URL)
    again.board.readings.energy_wh = 70
    again.station = FakeStation()
    again.transactions = Transactions(again)
    again.run(1000)
    os.remove("register.json")
    assert again.transactions.register.wh == 5260


def test_register_is_noted_now_and_then():
    app = build(station=FakeStation(), csms_url=URL)
    plug(app)
    charge(app, 0)
    for _ in range(20):
        app.board.readings.energy_wh += 100
        app.run(60000)
    again = FakeApp(csms_url=URL)
    again.board.readings.meter_age_ms = 1 << 28  # power and meter fail together
    again.transactions = Transactions(again)
    again.run(11000)
    assert again.transactions.records[0].stop_wh == 6500  # of 7000 that were delivered


def test_power_cut_in_a_transaction():
    app = build(station=FakeStation(), csms_url=URL)
    app.clock.set(1745835300)
    plug(app)
    charge(app)
    app.transactions.started(app.transactions.open, 42, True)
    app.board.readings.energy_wh = 5300
    # The power goes; a new life begins with the car still plugged.
    again = FakeApp(csms_url=URL)
    again.station = FakeStation()
    again.board.readings.meter_age_ms = 1 << 28
    again.board.readings.energy_wh = 0  # the meter has not answered yet
    again.transactions = Transactions(again)
    plug(again)
    again.run(2000)
    assert again.transactions.open is None and not again.charger.authorised
    assert again.transactions.records[0].reason is None
    again.board.readings.meter_age_ms = 50  # volts and amperes first, the register later
    again.run(1000)
    assert again.transactions.records[0].reason is None
    again.board.readings.energy_wh = 5310
    again.run(100)
    first = again.transactions.records[0]
    assert (first.reason, first.number, first.stop_wh) == ("PowerLoss", 42, 5310)
    assert (first.id_tag, first.start_wh, first.start_unix) == ("FREE", 5000, 1745835300)
    again.run(200)
    assert again.transactions.open is again.transactions.records[1]  # only now the next one
    assert again.transactions.open.start_wh == 5310
    kept = Transactions(again).records
    assert [record.reason for record in kept] == ["PowerLoss", None]


def test_power_cut_and_a_meter_that_is_dead_too():
    app = build(station=FakeStation(), csms_url=URL)
    plug(app)
    charge(app)
    again = FakeApp(csms_url=URL)
    again.board.readings.meter_age_ms = 1 << 28
    again.board.readings.energy_wh = 0
    again.transactions = Transactions(again)
    again.run(11000)
    record = again.transactions.records[0]
    assert record.reason == "PowerLoss" and record.stop_wh == 5000  # never below the start


def test_a_brand_new_meter_counts_from_zero():
    app = FakeApp()
    app.board.readings.energy_wh = 0
    for name in ledger_files():
        os.remove(name)
    app.transactions = Transactions(app)
    plug(app)
    app.run(9000)
    assert app.transactions.open is None
    app.run(2000)
    assert app.transactions.open.start_wh == 0


def test_times_are_filled_in_when_the_clock_comes_later():
    app = build(station=FakeStation(), csms_url=URL)
    plug(app)
    app.run(10000)
    record = app.transactions.open
    assert record.start_unix is None
    app.clock.set(1745835300)
    record.times(app.clock)
    assert 1745835289 <= record.start_unix <= 1745835291
