# SPDX-License-Identifier: MIT
"""Transactions with a central system that says yes, no, or nothing, and starts from afar."""

from tests_host.firmware.test_transactions import (
    URL,
    FakeStation,
    build,
    charge,
    ledger_files,
    plug,
)


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
