# SPDX-License-Identifier: MIT
"""Transactions: every order of card, plug, remote command, refusal and power cut."""

import json
import os

from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp

URL = "ws://box/ocpp"


class FakeStation:
    """Notes who was asked for; says no when offline."""

    def __init__(self, online=True):
        self.online = online
        self.asked = []

    def authorize(self, id_tag):
        """Take note."""
        if self.online:
            self.asked.append(id_tag)
        return self.online


def build(journal="new", station=None, **settings):
    """An App with transactions; "new" begins without a journal, "old" with the one in flash."""
    if journal == "new" and "transactions.json" in os.listdir():
        os.remove("transactions.json")
    app = FakeApp(**settings)
    app.station = station
    app.transactions = Transactions(app)
    app.run(300)
    return app


def plug(app, on=True):
    app.charger.plugged = on
    app.charger.pilot.state = 1 if on else 0


def charge(app, wh=100):
    app.run(1000)
    assert app.charger.command.contactor
    app.board.readings.energy_wh += wh


def journal():
    with open("transactions.json") as file:
        return json.load(file)


def test_free_charging_starts_when_plugged_and_ends_when_unplugged():
    app = build()
    assert not app.charger.authorised
    plug(app)
    app.run(200)
    assert app.charger.authorised and app.transactions.open.id_tag == "FREE"
    charge(app)
    plug(app, False)
    app.run(100)
    assert not app.charger.authorised
    app.run(1500)
    assert app.transactions.open is None
    assert app.transactions.records == []  # nobody to deliver it to
    assert app.log.events[-1] == (
        "transaction_stop", {"id_tag": "FREE", "wh": 5100, "reason": "EVDisconnected"},
    )  # fmt: skip


def test_free_charging_does_not_start_again_before_the_plug_was_out():
    app = build()
    plug(app)
    charge(app)
    app.transactions.stop("Remote")
    app.run(5000)
    assert app.transactions.open is None and not app.charger.authorised and app.transactions.spent
    plug(app, False)
    app.run(200)
    plug(app)
    app.run(200)
    assert app.transactions.open is not None


def test_card_before_plug():
    app = build(authorisation="card")
    app.transactions.tap("ABC")
    app.run(30000)
    assert not app.charger.authorised  # no energy for an empty socket
    plug(app)
    app.run(200)
    assert app.charger.authorised and app.transactions.open.id_tag == "ABC"


def test_plug_before_card():
    app = build(authorisation="card")
    plug(app)
    app.run(30000)
    assert app.transactions.open is None and not app.charger.authorised
    app.transactions.tap("ABC")
    app.run(200)
    assert app.transactions.open is not None


def test_card_without_plug_times_out():
    app = build(authorisation="card", connection_timeout_s=10)
    app.transactions.tap("ABC")
    app.run(9900)
    assert app.transactions.id_tag == "ABC"
    app.run(200)
    assert app.transactions.id_tag is None
    plug(app)
    app.run(1000)
    assert app.transactions.open is None


def test_same_card_stops_and_another_does_not():
    app = build(authorisation="card")
    plug(app)
    app.transactions.tap("AbC")
    charge(app)
    app.transactions.tap("XYZ")
    app.run(500)
    assert app.charger.authorised
    app.run(2000)
    app.transactions.tap("aBc")  # no regard to case
    assert not app.charger.authorised
    app.run(2000)
    assert app.transactions.open is None
    assert app.log.events[-1][1]["reason"] == "Local"
    app.transactions.tap("XYZ")  # the next one, car still plugged
    app.run(200)
    assert app.transactions.open.id_tag == "XYZ"


def test_card_held_at_the_reader_is_one_tap():
    app = build(authorisation="card")
    plug(app)
    for _ in range(5):
        app.transactions.tap("ABC")
        app.run(200)
    assert app.transactions.open is not None and app.transactions.stopping is None


def test_second_tap_before_the_plug_cancels():
    app = build(authorisation="card")
    app.transactions.tap("ABC")
    app.run(3000)
    app.transactions.tap("ABC")
    plug(app)
    app.run(500)
    assert app.transactions.open is None


def test_cards_that_are_none():
    app = build(authorisation="card")
    for card in ("", "   ", "x" * 21, "a\x00b", "gr\u00fcn", None, 5):
        app.transactions.tap(card)
        assert app.transactions.id_tag is None
    assert app.log.names().count("tap_ignored") == 7


def test_the_central_system_is_asked():
    station = FakeStation()
    app = build(station=station, authorisation="card", csms_url=URL)
    plug(app)
    app.transactions.tap("ABC")
    app.run(1000)
    assert station.asked == ["ABC"] and not app.charger.authorised
    app.transactions.answer("OTHER", True)  # not who was asked for
    app.run(200)
    assert app.transactions.open is None
    app.transactions.answer("ABC", True)
    app.run(200)
    assert app.transactions.open.id_tag == "ABC"


def test_refused_offline_and_unanswered_cards_do_not_charge():
    for online, answer in ((True, False), (False, None), (True, None)):
        app = build(station=FakeStation(online), authorisation="card", csms_url=URL)
        plug(app)
        app.transactions.tap("ABC")
        if answer is not None:
            app.transactions.answer("ABC", answer)
        app.run(61000)
        assert app.transactions.open is None and not app.charger.authorised
        app.transactions.answer("ABC", True)  # too late
        app.run(500)
        assert app.transactions.open is None


def test_remote_start_and_stop():
    app = build(station=FakeStation(), authorisation="card", csms_url=URL)
    assert app.transactions.remote_start("REM")
    assert not app.transactions.remote_start("OTHER")
    plug(app)
    charge(app)
    record = app.transactions.open
    assert not app.transactions.remote_stop(7)
    app.transactions.started(record, 7, True)
    assert not app.transactions.remote_stop(8)
    assert app.transactions.remote_stop(7)
    assert not app.transactions.remote_stop(7)  # already on its way
    app.run(2000)
    assert record.reason == "Remote" and record.stop_wh == 5100
    assert app.transactions.records == [record]  # waits for delivery
    app.transactions.delivered(record)
    assert app.transactions.records == [] and journal()["records"] == []


def test_start_that_the_central_system_does_not_accept():
    app = build(station=FakeStation(), csms_url=URL)
    plug(app)
    charge(app)
    record = app.transactions.open
    app.transactions.started(record, 3, False)
    assert not app.charger.authorised
    app.run(2000)
    assert record.reason == "DeAuthorized"


def test_the_register_is_read_after_the_contactor_has_opened():
    app = build()
    plug(app)
    charge(app)
    step = app.charger.step
    app.charger.step = lambda now_ms: None  # the car takes its time, the contactor stays
    app.transactions.stop("Local")
    app.run(3000)
    assert app.transactions.open is not None
    app.board.readings.energy_wh += 7
    app.charger.step = step
    app.run(500)
    assert app.transactions.open is not None  # the meter has not refreshed yet
    app.board.readings.energy_wh += 1
    app.run(1000)
    assert app.transactions.open is None and app.log.events[-1][1]["wh"] == 5108


def test_a_contactor_that_never_opens_does_not_hold_the_transaction_for_ever():
    app = build()
    plug(app)
    charge(app)
    app.charger.step = lambda now_ms: None
    app.transactions.stop("Local")
    app.run(12500)
    assert app.transactions.open is None


def test_no_start_while_faulty_or_out_of_service():
    app = build()
    app.charger.fault = 1
    plug(app)
    app.run(1000)
    assert app.transactions.open is None
    app.charger.fault = 0
    app.transactions.operative = False
    app.run(1000)
    assert app.transactions.open is None and not app.transactions.remote_start("X")
    app.transactions.operative = True
    app.run(200)
    assert app.transactions.open is not None


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
    assert [entry[4] for entry in journal()["records"]] == ["PowerLoss", None]


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
    app.transactions = Transactions(app, "new.json")
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


def test_damaged_journals_do_no_harm():
    for text in ("", "{", "[]", "5", '{"wh":1}', '{"wh":1,"records":[[1,2]]}',
                 '{"wh":"x","records":[]}', '{"wh":1,"records":{}}', '{"wh":null,"records":[5]}',
                 '{"wh":1,"records":[["a","b",0,0,0,0,0]]}'):  # fmt: skip
        with open("transactions.json", "w") as file:
            file.write(text)
        app = build("old")
        assert app.transactions.records == [], text
        plug(app)
        app.run(300)
        assert app.transactions.open is not None
        os.remove("transactions.json")


def test_the_journal_is_bounded():
    app = build(station=FakeStation(), csms_url=URL)
    for _ in range(12):
        plug(app)
        charge(app, 1)
        plug(app, False)
        app.run(2000)
    assert len(app.transactions.records) == 8
    assert app.log.names().count("transaction_lost") == 4
    assert len(journal()["records"]) == 8


def test_a_flash_that_cannot_be_written_does_not_stop_charging():
    app = build()
    app.transactions._path = "no/such/folder/transactions.json"
    plug(app)
    charge(app)
    assert app.transactions.open is not None and "journal_failed" in app.log.names()


def test_unplugged_while_stopping_and_plugged_again():
    app = build()
    plug(app)
    charge(app)
    app.transactions.stop("Local")
    app.run(200)
    plug(app, False)
    app.run(200)
    plug(app)
    app.run(3000)
    assert app.log.names().count("transaction_start") == 2  # a new plug is a new beginning
    assert app.transactions.open is not None
