# SPDX-License-Identifier: MIT
"""What is asked of parts of the station that are not loaded, and what they leave behind."""

import asyncio
import os
import sys

from firmware import lazy
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp
from tests_host.firmware.test_lazy import ask, build, ours, settle

KEY = "01" * 20


def do(app):
    """Do the errands; how many modules came at a time."""
    seen = []
    real = asyncio.sleep

    async def sleep(_):
        seen.append(len(ours()))
        await real(0)

    asyncio.sleep = sleep
    try:
        seen.append(len(ours()))
        asyncio.run(app.station.run_errands())
    finally:
        asyncio.sleep = real
    return [seen[i] - seen[i - 1] for i in range(1, len(seen))]


def without_room(function, *arguments):
    """Call it while nothing can be loaded."""
    real = lazy._make_room

    def full(name):
        raise MemoryError("no room for " + name)

    lazy._make_room = full
    try:
        return function(*arguments)
    finally:
        lazy._make_room = real


def test_a_card_is_decided_about_once_the_part_is_there():
    app, _ = build(authorisation="card")
    app.transactions.tap("ABC")
    assert app.station.authorise is None and app.log.names()[-1] == "tap"
    assert max(do(app)) <= 1  # a turn of all other tasks after each module
    assert app.log.events[-1] == ("authorise", {"id_tag": "ABC", "accepted": False})
    assert app.station.authorise and not app.station.errands
    settle(app)
    assert app.station.authorise is None and "firmware.ocpp.authorise" not in sys.modules


def test_what_was_learnt_about_a_card_is_written_before_the_part_goes():
    app, _ = build(authorisation="card")
    writes = []
    for n in range(3):
        app.station.told("C%d" % n, {"status": "Accepted"})
        do(app)
        assert app.station.authorise.cache.dirty
        for _ in range(1000):
            app.ms += 1000
            app.station.clockwork.tick()
            if app.station.authorise is None:
                break
        writes.append(app.station.cached_s)
        assert app.station.authorise is None
    assert writes[1] - writes[0] >= 900 and writes[2] - writes[1] >= 900
    assert app.station.need("authorise").known("c2") == (True, None)


def test_a_security_event_waits_for_room():
    app, _ = build(ocpp_features="Security")
    # On CPython another test file may have imported it before.
    lazy.forget("firmware.ocpp.security")
    app.station.event("MemoryExhaustion", "x")
    app.station.event("MemoryExhaustion", "x")
    without_room(do, app)
    assert len(app.station.errands) == 1 and app.station.outbox.first() is None
    do(app)
    assert app.station.outbox.first()[1]["type"] == "MemoryExhaustion"
    app.station.not_understood("SecurityEventNotification")
    settle(app)
    app.ms += 60000
    settle(app)
    assert app.station.security is None
    app.station.event("InvalidMessages")
    do(app)
    assert app.station.outbox.first() is None  # it still knows that nobody wants to hear
    with open("security.log") as file:
        assert file.read().count("\n") == 2


def test_errands_of_a_part_keep_their_order():
    app, _ = build(ocpp_features="Security")
    app.station.event("StartupOfTheDevice")
    app.station.need("security")  # it has just been loaded, and the first one is still to be told
    app.station.event("FirmwareUpdated")
    do(app)
    app.station.event("InvalidMessages")
    told = [fields["type"] for name, fields in app.log.events if name == "security"]
    assert told == ["StartupOfTheDevice", "FirmwareUpdated", "InvalidMessages"]


def test_errands_are_bounded():
    app, _ = build()
    for n in range(100):
        app.station.event("InvalidMessages", str(n))
    assert len(app.station.errands) <= 8
    app, _ = build(ocpp_features="")
    app.station.event("InvalidMessages")
    assert app.station.errands == []


def test_a_restart_waits_for_its_own_entry_in_the_log():
    app, _ = build()
    restarts = []
    app.station.on_reset = lambda: restarts.append(1)
    assert ask(app.station, "Reset", {"type": "Soft"}) == {"status": "Accepted"}
    for _ in range(3):
        app.ms += 1000
        app.station.clockwork.tick()
    assert not restarts
    do(app)
    app.station.clockwork.tick()
    assert restarts == [1] and "security.log" in os.listdir()


def test_a_transaction_keeps_what_delivers_it():
    app, _ = build()
    lazy.forget("firmware.ocpp.meter")
    app.board.readings.energy_wh = 5000
    app.charger.plugged = True
    app.run(1000)
    assert app.transactions.open.stop_data and app.station.delivery is None
    app.station.need("delivery")
    for _ in range(30):
        app.ms += 1000
        app.station.tidy()
    assert app.station.delivery
    app.charger.plugged = False
    app.run(3000)
    app.transactions.delivered(app.transactions.records[0])
    settle(app)
    assert app.station.delivery is None and "firmware.ocpp.meter" not in sys.modules


def test_a_transaction_begins_and_ends_without_room_for_samples():
    app, _ = build()
    lazy.forget("firmware.ocpp.meter")
    app.charger.plugged = True
    without_room(app.run, 1000)
    assert app.charger.authorised and app.transactions.open.stop_data is None
    app.charger.plugged = False
    without_room(app.run, 3000)
    assert app.transactions.records[0].stop_wh == 5000


def test_changes_wait_for_room_and_hold_nothing_up():
    app, _ = build()
    lazy.forget("firmware.ocpp.keys", "firmware.ocpp.config_table")
    app.station.config.put("LastTime", "5")
    real = lazy._make_room

    def full(name):
        if name == "firmware.ocpp.config_table":
            raise MemoryError("no room for " + name)

    lazy._make_room = full
    try:
        for _ in range(150):
            app.ms += 1000
            app.station.clockwork.tick()
    finally:
        lazy._make_room = real
    assert app.log.names().count("config_failed") == 3  # once a minute
    assert "firmware.ocpp.keys" not in sys.modules and "ocpp.json" not in os.listdir()
    for _ in range(70):
        app.ms += 1000
        app.station.clockwork.tick()
    with open("ocpp.json") as file:
        assert '"LastTime": "5"' in file.read()


def test_a_restart_does_not_wait_for_room():
    app, _ = build()
    restarts = []
    app.station.on_reset = lambda: restarts.append(1)
    app.station.need("restart").want("Hard")
    do(app)
    lazy.forget("firmware.ocpp.config_table")
    app.station.restart.poll()
    without_room(app.station.restart.poll)
    assert restarts == [1] and "config_failed" in app.log.names()


def test_a_new_profile_is_tried_until_it_has_worked_and_the_old_key_is_known():
    app, _ = build()
    config = app.station.config
    for key, value in (("AuthorizationKey", KEY), ("SecurityProfile", "1")):
        request = {"key": key, "value": value}
        assert ask(app.station, "ChangeConfiguration", request) == {"status": "Accepted"}
    settle(app)
    assert app.station.changed and app.station.access  # not dropped: it is being tried
    assert app.station.access.attempt()[2]
    app.station.accepted()
    settle(app)
    assert app.station.access is None and config.number("SecurityProfile") == 1
    request = {"key": "AuthorizationKey", "value": "02" * 20}
    assert ask(app.station, "ChangeConfiguration", request) == {"status": "Accepted"}
    settle(app)
    assert app.station.access is None and config.text("KeyBefore") == KEY
    asyncio.run(app.station._unreachable("refused", "password"))
    assert app.station.need("access").attempt()[2] == app.station.access.attempt()[2]
    app.station.accepted()
    assert config.text("AuthorizationKey") == KEY and config.text("KeyBefore") == ""


def test_how_a_key_is_read_changes_with_the_next_start_only():
    app, _ = build()
    app.station.need("access").start()
    ask(app.station, "ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY})
    request = {"key": "AuthorizationKeyReading", "value": "text"}
    assert ask(app.station, "ChangeConfiguration", request) == {"status": "RebootRequired"}
    app.station.config.put("SecurityProfile", 1)
    before = app.station.need("access").attempt()[2]
    settle(app)
    assert app.station.access is None and app.station.need("access").attempt()[2] == before
    app.station.config.save()
    app = FakeApp(csms_url="ws://box/ocpp")
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.config.load()
    app.station.need("access").start()
    assert app.station.access.attempt()[2] != before
