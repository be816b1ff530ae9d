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
