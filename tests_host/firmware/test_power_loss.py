# SPDX-License-Identifier: MIT
"""A transaction across a power cut: goes on with the same car where the settings say so."""

from firmware.transactions import Transactions
from tests_host.firmware.test_transactions import FakeApp, FakeStation, build, charge, plug

URL = "ws://csms/"


def cut(plugged, **settings):
    """A charging transaction, then a new life of the charger; returns its app."""
    app = build(station=FakeStation(), csms_url=URL)
    plug(app)
    charge(app)
    app.transactions.started(app.transactions.open, 42, True)
    again = FakeApp(csms_url=URL, **settings)
    again.station = FakeStation()
    again.board.readings.energy_wh = 5310
    again.transactions = Transactions(again)
    if plugged:
        plug(again)
    return again


def test_it_goes_on_with_the_car_that_is_still_there():
    app = cut(True, after_power_loss="resume")
    app.run(500)
    record = app.transactions.open
    assert record.number == 42 and record.reason is None and record.start_wh == 5000
    assert app.charger.authorised and len(app.transactions.records) == 1
    assert app.transactions.id_tag == "FREE"
    app.board.readings.energy_wh = 6000
    app.transactions.stop("Local")
    app.run(2000)
    assert record.reason == "Local" and record.stop_wh == 6000


def test_without_the_car_it_is_stopped_after_5_s():
    app = cut(False, after_power_loss="resume")
    app.run(4500)
    assert app.transactions.records[0].reason is None and not app.charger.authorised
    app.run(1000)
    assert app.transactions.records[0].reason == "PowerLoss"
    plug(app)
    app.run(500)
    assert app.transactions.open is app.transactions.records[1]


def test_the_default_is_to_stop():
    app = cut(True)
    app.run(200)
    assert app.transactions.records[0].reason == "PowerLoss"
