# SPDX-License-Identifier: MIT
"""What the station says of its own accord: boot, retries, order, and what it keeps to itself."""

import asyncio
import os

from firmware.ocpp.rpc import LOST, TIMEOUT, CallError
from firmware.ocpp.session import SENT
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp, finished

TIME = "2025-04-28T10:15:00Z"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


class FakeRpc:
    """Answers from a table; `wrong` gives the error of an action instead."""

    def __init__(self):
        self.ended = None
        self.calls = []
        self.answers = {
            "BootNotification": {"status": "Accepted", "currentTime": TIME, "interval": 100},
            "Heartbeat": {"currentTime": TIME},
            "Authorize": ACCEPTED,
            "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
        }
        self.wrong = {}

    async def call(self, action, payload):
        """Take note and answer."""
        self.calls.append((action, payload))
        if action in self.wrong:
            return self.wrong[action], None
        return None, self.answers.get(action, {})

    def names(self):
        """Actions so far, then forgets them."""
        names = [name for name, _ in self.calls]
        self.calls = []
        return names


def build(**settings):
    """An App with a station that is not connected to anything."""
    for name in os.listdir():
        if name.endswith((".json", ".a", ".b", ".txt", ".log")):
            os.remove(name)
    settings.setdefault("ocpp_features", "SmartCharging,RemoteTrigger,Reservation")
    app = FakeApp(csms_url="ws://box/ocpp", **settings)
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.need("authorise")  # so that it decides at once
    return app, app.station.session, FakeRpc()


def say(session, rpc):
    """Let the session send all that is due; returns the actions."""

    async def run():
        for _ in range(50):
            if session.boot_status == "Accepted":
                done = await session._work(rpc)
            elif session._app.clock.uptime_s() >= session.boot_s:
                done = await session.boot(rpc)
            else:
                return
            if done != SENT:
                return

    asyncio.run(run())
    return rpc.names()


def later(app, seconds):
    """Let time pass."""
    app.run(seconds * 1000)


def booted(**settings):
    """The same, after boot and the first status notifications."""
    app, session, rpc = build(**settings)
    assert say(session, rpc) == ["BootNotification"] + ["StatusNotification"] * 2
    return app, session, rpc


def test_boot_sets_clock_and_heartbeat():
    app, session, rpc = booted()
    assert app.clock.iso() == TIME and app.settings.heartbeat_s == 100
    later(app, 99)
    assert say(session, rpc) == []
    later(app, 1)
    assert say(session, rpc) == ["Heartbeat"]
    assert say(session, rpc) == []


def test_nothing_but_boot_until_accepted():
    for status in ("Pending", "Rejected"):
        app, session, rpc = build()
        rpc.answers["BootNotification"] = {"status": status, "currentTime": TIME, "interval": 30}
        app.charger.plugged = True
        assert say(session, rpc) == ["BootNotification"]
        later(app, 29)
        assert say(session, rpc) == [] and not app.station.online()
        later(app, 1)
        rpc.answers["BootNotification"] = {
            "status": "Accepted",
            "currentTime": TIME,
            "interval": 0,
        }
        assert say(session, rpc)[:2] == ["BootNotification", "StatusNotification"]
        assert app.settings.heartbeat_s == 300  # 0 leaves it to us


def test_answers_that_make_no_sense_are_a_retry_later():
    for answer in ({}, {"status": 5}, {"status": "Perhaps", "interval": "x", "currentTime": 1}):
        app, session, rpc = build()
        rpc.answers["BootNotification"] = answer
        assert say(session, rpc) == ["BootNotification"]
        later(app, 60)
        assert say(session, rpc) == ["BootNotification"]


def test_boot_that_was_not_answered_is_due_at_once_on_the_next_connection():
    for error in (TIMEOUT, LOST):
        _, session, rpc = build()
        rpc.wrong["BootNotification"] = error
        assert say(session, rpc) == ["BootNotification"]
        rpc.wrong = {}
        assert say(session, rpc)[0] == "BootNotification"


def test_rejected_stations_answer_nothing_and_pending_ones_no_remote_start():
    app, session, _ = build()
    calls = app.station
    session.boot_status = "Rejected"
    assert finished(calls.handle("GetConfiguration", {})) is None
    session.boot_status = "Pending"
    assert finished(calls.handle("GetConfiguration", {}))["configurationKey"]
    assert finished(calls.handle("RemoteStartTransaction", {"idTag": "X"})) == {
        "status": "Rejected"
    }
    session.boot_status = "Accepted"
    assert finished(calls.handle("RemoteStartTransaction", {"idTag": "X"})) == {
        "status": "Accepted"
    }
    code = None
    try:
        finished(calls.handle("NoSuchThing", {}))
    except CallError as error:
        code = error.code
    assert code == "NotImplemented"


def test_a_transaction_in_order():
    app, session, rpc = booted(meter_interval_s=10)
    app.charger.plugged = True
    later(app, 1)
    assert say(session, rpc) == ["StartTransaction", "StatusNotification"]
    app.station.clockwork.sample()
    later(app, 10)
    app.station.clockwork.sample()
    app.charger.plugged = False
    later(app, 2)
    assert say(session, rpc) == ["MeterValues", "StopTransaction", "StatusNotification"]
    assert app.transactions.records == []


def test_offline_nothing_is_lost_and_nothing_changes_places():
    app, session, rpc = booted(meter_interval_s=10)
    for _ in range(3):
        app.charger.plugged = True
        later(app, 1)
        app.station.clockwork.sample()
        later(app, 10)
        app.station.clockwork.sample()
        app.charger.plugged = False
        later(app, 2)
    for error in (TIMEOUT, LOST) * 5:  # neither counts as a failure to process
        rpc.wrong["StartTransaction"] = error
        assert say(session, rpc) == ["StartTransaction"]
    rpc.wrong = {}
    expected = ["StartTransaction", "MeterValues", "StopTransaction"] * 3
    assert say(session, rpc)[:9] == expected
    assert app.transactions.records == []


def test_callerrors_are_retried_twice_and_then_given_up():
    app, session, rpc = booted()
    rpc.wrong["StartTransaction"] = "InternalError"
    app.charger.plugged = True
    later(app, 1)
    assert say(session, rpc) == ["StartTransaction", "StatusNotification"]
    later(app, 59)
    assert "StartTransaction" not in say(session, rpc)
    later(app, 1)
    assert "StartTransaction" in say(session, rpc)
    later(app, 119)
    assert "StartTransaction" not in say(session, rpc)
    later(app, 1)
    assert "StartTransaction" in say(session, rpc)
    assert app.transactions.open.number == -1  # goes on without a number
    app.charger.plugged = False
    later(app, 2)
    say_stop = [payload for name, payload in _calls(session, rpc) if name == "StopTransaction"]
    assert say_stop[0]["transactionId"] == -1


def _calls(session, rpc):
    """All calls with their payloads."""
    kept = []
    names = rpc.names
    rpc.names = lambda: kept.extend(rpc.calls) or names()
    say(session, rpc)
    rpc.names = names
    return kept


def test_card_is_asked_for_and_the_answer_comes_back():
    app, session, rpc = booted(authorisation="card")
    app.station.rpc = rpc
    app.charger.plugged = True
    later(app, 1)
    app.transactions.tap("ABC")
    assert "Authorize" in say(session, rpc)
    later(app, 1)
    assert app.transactions.open.id_tag == "ABC"
    app.transactions.stop("Local")
    later(app, 2)
    stop = [payload for name, payload in _calls(session, rpc) if name == "StopTransaction"]
    assert stop[0]["reason"] == "Local" and stop[0]["idTag"] == "ABC"
    rpc.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    app.transactions.tap("DEF")
    assert "Authorize" in say(session, rpc)
    later(app, 1)
    assert app.transactions.open is None


def test_a_lost_connection_is_a_no():
    app, session, rpc = booted(authorisation="card")
    app.station.rpc = rpc
    app.charger.plugged = True
    later(app, 1)
    app.transactions.tap("ABC")
    session.ended()
    app.station.rpc = None
    later(app, 1)
    assert app.transactions.open is None
    assert app.log.events[-1] == ("authorise", {"id_tag": "ABC", "accepted": False})


def test_changes_of_the_configuration_survive():
    app, _, _ = booted()
    assert app.station.config.change("heartbeatinterval", "77") == "Accepted"
    for value in ("", "x", "-5", "0", "99999999", "7.5", " 7"):
        assert app.station.config.change("HeartbeatInterval", value) == "Rejected"
    app.transactions.operative = False
    app.station.config.touch()
    app.station.config.save()
    again = FakeApp(csms_url="ws://box/ocpp")
    again.station = Station(again)
    again.transactions = Transactions(again)
    again.station.config.load()
    assert again.settings.heartbeat_s == 77 and again.transactions.operative is False


def test_reset_stops_the_transaction_first():
    for kind in ("Soft", "Hard"):
        app, session, rpc = booted()
        restarted = []
        app.station.on_reset = lambda restarted=restarted: restarted.append(1)
        app.charger.plugged = True
        later(app, 1)
        say(session, rpc)
        app.station.need("restart").wanted = kind
        app.station.clockwork.tick()
        later(app, 2)
        stop = [payload for name, payload in _calls(session, rpc) if name == "StopTransaction"]
        assert stop[0]["reason"] == kind + "Reset"
        assert not restarted
        app.station.clockwork.tick()
        assert restarted == [1]


def test_reset_does_not_wait_for_ever():
    app, session, rpc = booted()
    restarted = []
    app.station.on_reset = lambda: restarted.append(1)
    app.charger.plugged = True
    later(app, 1)
    app.station.need("restart").wanted = "Soft"
    for _ in range(25):
        app.station.clockwork.tick()
        later(app, 1)
    assert restarted and app.transactions.records[0].reason == "SoftReset"  # kept in flash
