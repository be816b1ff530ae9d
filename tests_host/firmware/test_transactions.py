# SPDX-License-Identifier: MIT
"""Transactions: every order of card, plug, remote command, refusal and power cut."""

import os

from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp

URL = "ws://box/ocpp"


class FakeStation:
    """Notes who was asked for; says no when offline. Its own `authorise`."""

    def __init__(self, online=True):
        self.online = online
        self.asked = []
        self.authorise = self
        self.on_invalid_id = True
        self.on_unplug = True
        self.energy_wh = 0
        self.reserved_for = None
        self.transactions = None

    def begin(self, id_tag):
        """Take note."""
        if self.online:
            self.asked.append(id_tag)
        else:
            self.transactions.answer(id_tag, False)

    def may_start(self, id_tag, parent):
        """Reserved for one card, or not."""
        return self.reserved_for in (None, id_tag, parent)

    def start_forgotten(self):
        """Nothing to drop."""

    def transaction_began(self, record):
        """Nothing to add."""

    def transaction_ended(self, record):
        """Nothing to add."""

    def stops_on_invalid_id(self):
        """As set."""
        return self.on_invalid_id

    def stops_on_unplug(self):
        """As set."""
        return self.on_unplug

    def energy_on_invalid_id_wh(self):
        """As set."""
        return self.energy_wh


def build(journal="new", station=None, **settings):
    """An App with transactions; "new" begins without a journal, "old" with the one in flash."""
    if journal == "new":
        for name in ledger_files() + [n for n in os.listdir() if n == "register.json"]:
            os.remove(name)
    app = FakeApp(**settings)
    app.station = station
    app.transactions = Transactions(app)
    if station is not None:
        station.transactions = app.transactions
    app.run(300)
    return app


def plug(app, on=True):
    app.charger.plugged = on
    app.charger.pilot.state = 1 if on else 0


def charge(app, wh=100):
    app.run(1000)
    assert app.charger.command.contactor
    app.board.readings.energy_wh += wh


def ledger_files():
    return [name for name in os.listdir() if name.startswith("tx") and name[2].isdigit()]


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
    assert app.transactions.records == [] and ledger_files() == []


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


def test_card_of_the_same_group_may_stop():
    station = FakeStation()
    app = build(station=station, authorisation="card", csms_url="ws://x")
    app.charger.plugged = True
    app.transactions.tap("ONE")
    app.transactions.answer("ONE", True, "Family")
    app.run(500)
    assert app.transactions.open.parent == "Family"
    app.transactions.tap("TWO")
    assert station.asked == ["ONE", "TWO"]
    app.transactions.answer("TWO", True, "neighbours")
    app.run(2000)
    assert app.transactions.stopping is None and app.transactions.open
    app.transactions.tap("THREE")
    app.transactions.answer("THREE", True, "FAMILY")
    app.run(2000)
    record = app.transactions.records[0]
    assert app.transactions.open is None
    assert (record.reason, record.stop_tag) == ("Local", "THREE")


def test_refused_card_gets_its_ration_and_no_more():
    station = FakeStation()
    station.on_invalid_id = False
    station.energy_wh = 500
    app = build(station=station, csms_url="ws://x")
    app.charger.plugged = True
    app.run(500)
    app.transactions.started(app.transactions.open, 5, False)
    app.board.readings.energy_wh += 499
    app.run(500)
    assert app.charger.authorised
    app.board.readings.energy_wh += 1
    app.run(500)
    assert not app.charger.authorised
    assert app.transactions.open and app.transactions.stopping is None
    app.charger.plugged = False
    app.run(2000)
    assert app.transactions.open is None


def test_plug_may_be_pulled_without_ending_the_transaction():
    station = FakeStation()
    station.on_unplug = False
    app = build(station=station, csms_url="ws://x")
    app.charger.plugged = True
    app.run(500)
    app.charger.plugged = False
    app.run(5000)
    assert app.transactions.open and not app.charger.authorised
    app.charger.plugged = True
    app.run(500)
    assert app.charger.authorised and len(app.transactions.records) == 1


def test_reserved_charger_starts_for_nobody_else():
    station = FakeStation()
    station.reserved_for = "GUEST"
    app = build(station=station, csms_url="ws://x")
    app.charger.plugged = True
    app.run(2000)
    assert app.transactions.open is None  # free charging is not for a reserved place
    assert not app.transactions.remote_start("OTHER")
    assert app.transactions.remote_start("GUEST")
    app.run(500)
    assert app.transactions.open.id_tag == "GUEST"
