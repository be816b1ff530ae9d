# SPDX-License-Identifier: MIT
"""Cards by local list, cache and central system, online and offline; reservations."""

import os

from firmware.ocpp.rpc import CallError
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp, finished

NOW = 1745835300  # 2025-04-28T10:15:00Z
LATER = "2025-04-28T11:15:00Z"
EARLIER = "2025-04-28T09:15:00Z"


def build(online=True, **config):
    """An App whose station may be connected, and its handlers."""
    for name in os.listdir():
        if name.endswith((".json", ".txt", ".a", ".b", ".log")):
            os.remove(name)
    app = FakeApp(csms_url="ws://box/ocpp", authorisation="card")
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.need("authorise")  # so that it decides at once
    app.clock.set(NOW)
    app.station.session.boot_status = "Accepted"
    app.station.rpc = object() if online else None
    for key, value in config.items():
        assert app.station.config.change(key, value) == "Accepted"
    app.run(500)
    handle = app.station.handle
    return app, lambda action, payload: finished(handle(action, payload))


def decided(app, id_tag):
    """True or False, or None when the central system is being asked."""
    app.log.events = []
    app.station.session.ask = None
    app.transactions._asking = id_tag
    app.transactions.id_tag = None
    app.station.authorise.begin(id_tag)
    if app.station.session.ask is not None:
        return None
    return next(fields["accepted"] for name, fields in app.log.events if name == "authorise")


def send(handle, version, entries, kind="Full"):
    """SendLocalList; the status word."""
    listed = [
        {"idTag": tag, "idTagInfo": {"status": info}} if info else {"idTag": tag}
        for tag, info in entries
    ]
    request = {"listVersion": version, "updateType": kind, "localAuthorizationList": listed}
    return handle("SendLocalList", request)["status"]


def test_list_is_updated_as_a_whole_or_not_at_all():
    _, handle = build()
    assert handle("GetLocalListVersion", {}) == {"listVersion": 0}
    assert send(handle, 5, (("good", "Accepted"), ("bad", "Blocked"))) == "Accepted"
    assert send(handle, 5, (("x", "Accepted"),), "Differential") == "VersionMismatch"
    assert send(handle, 6, (("x", "Accepted"), ("X", "Blocked")), "Differential") == "Failed"
    for entries in ((("a", "Perhaps"),), (("a" * 21, "Accepted"),), (("a\tb", "Accepted"),)):
        try:
            send(handle, 6, entries)
        except CallError:
            continue
        raise AssertionError(entries)
    assert handle("GetLocalListVersion", {}) == {"listVersion": 5}
    changes = (("new", "Accepted"), ("BAD", None))
    assert send(handle, 6, changes, "Differential") == "Accepted"
    with open("local_list.txt") as file:
        assert file.read() == "6\nGOOD\tAccepted\t\t\nNEW\tAccepted\t\t\n"
    assert send(handle, 7, ()) == "Accepted"  # an empty full list


def test_list_has_a_length():
    app, handle = build()
    version = 1
    for first in range(0, 192, 32):
        entries = [("C%d" % n, "Accepted") for n in range(first, first + 32)]
        assert send(handle, version, entries, "Differential") == "Accepted"
        version += 1
    entries = [("D%d" % n, "Accepted") for n in range(9)]
    assert send(handle, version, entries, "Differential") == "Failed"
    assert send(handle, version, entries[:8], "Differential") == "Accepted"
    assert "local_list.txt" in os.listdir() and app.log.events


def test_offline_list_beats_cache_and_bad_ones_never_charge():
    app, handle = build(online=False)
    assert send(handle, 1, (("good", "Accepted"), ("bad", "Blocked"))) == "Accepted"
    app.station.authorise.cache.put("BAD", "Accepted", None, None)
    app.station.authorise.cache.put("seen", "Accepted", None, None)
    app.station.authorise.cache.put("old", "Accepted", NOW - 1, None)
    answers = [decided(app, tag) for tag in ("GOOD", "bad", "Seen", "old", "unknown")]
    assert answers == [True, False, True, False, False]
    app.station.config.change("AllowOfflineTxForUnknownId", "true")
    assert [decided(app, tag) for tag in ("bad", "old", "unknown")] == [False, False, True]
    app.station.config.change("LocalAuthorizeOffline", "false")
    assert decided(app, "GOOD") is False
    app.station.config.change("LocalAuthListEnabled", "false")
    app.station.config.change("LocalAuthorizeOffline", "true")
    assert decided(app, "bad") is True  # the cache is what is left
    assert handle("GetLocalListVersion", {}) == {"listVersion": -1}


def test_online_the_central_system_is_asked_unless_it_may_be_skipped():
    app, handle = build()
    assert send(handle, 1, (("good", "Accepted"), ("bad", "Blocked"))) == "Accepted"
    assert decided(app, "good") is None
    app.station.config.change("LocalPreAuthorize", "true")
    assert decided(app, "good") is True
    assert decided(app, "bad") is None and decided(app, "unknown") is None


def test_answers_are_remembered_and_the_cache_can_be_cleared():
    app, handle = build()
    authorise = app.station.authorise
    authorise.told("A", {"status": "Accepted", "expiryDate": LATER, "parentIdTag": "P"})
    authorise.told("B", {"status": "Blocked"})
    authorise.told("C", {"status": "Accepted", "expiryDate": EARLIER})
    authorise.told("D", {"status": "ConcurrentTx"})
    authorise.told("E", {"status": 5})
    assert [authorise.known(tag) for tag in "abcde"] == [
        (True, "P"), (False, None), (False, None), None, None,
    ]  # fmt: skip
    authorise.cache.save()
    authorise.cache.load()
    assert authorise.known("A") == (True, "P")
    for n in range(30):
        authorise.told("X%d" % n, {"status": "Accepted"})
    assert authorise.known("A") is None and authorise.known("X29") is not None
    assert handle("ClearCache", {}) == {"status": "Accepted"}
    assert authorise.known("X29") is None
    app.station.config.change("AuthorizationCacheEnabled", "false")
    assert handle("ClearCache", {}) == {"status": "Rejected"}


def test_list_that_contradicts_the_central_system_is_noticed():
    app, handle = build()
    send(handle, 1, (("good", "Accepted"),))
    app.station.authorise.told("good", {"status": "Accepted"}, True)
    assert not app.station.authorise.conflict
    app.station.authorise.told("good", {"status": "Blocked"}, True)
    assert app.station.authorise.conflict
    assert app.station.authorise.cache.find("good") is None


def test_remote_start_asks_when_it_has_to():
    app, handle = build(AuthorizeRemoteTxRequests="true")
    assert handle("RemoteStartTransaction", {"idTag": "A"}) == {"status": "Accepted"}
    assert app.station.session.ask == "A" and app.transactions.id_tag is None
    app.station.authorise.answered("A", None, {"status": "Accepted"})
    assert app.transactions.id_tag == "A"


def reserve(handle, **changed):
    """ReserveNow; the status word."""
    request = {"connectorId": 1, "expiryDate": LATER, "idTag": "GUEST", "reservationId": 3}
    request.update(changed)
    return handle("ReserveNow", request)["status"]


def test_reservation_from_start_to_use():
    app, handle = build()
    assert reserve(handle, connectorId=0) == "Rejected"
    assert reserve(handle, expiryDate=EARLIER) == "Rejected"
    assert reserve(handle, parentIdTag="FAMILY") == "Accepted"
    assert reserve(handle, expiryDate="2025-04-28T12:15:00Z", parentIdTag="FAMILY") == "Accepted"
    assert reserve(handle, reservationId=4) == "Occupied"
    assert handle("RemoteStartTransaction", {"idTag": "OTHER"}) == {"status": "Rejected"}
    app.transactions._asking = "SISTER"
    app.transactions.answer("SISTER", True, "family")
    app.charger.plugged = True
    app.run(500)
    assert app.transactions.open.reservation == 3
    assert app.station.reservation.number is None
    assert reserve(handle) == "Occupied"


def test_reservations_end_and_survive():
    app, handle = build()
    assert reserve(handle) == "Accepted"
    app.station.reservation.number = None
    app.station.reservation.load()
    assert app.station.reservation.number == 3
    assert handle("CancelReservation", {"reservationId": 9}) == {"status": "Rejected"}
    app.ms += 3600 * 1000
    app.station.reservation.poll()
    assert app.station.reservation.number is None
    assert handle("CancelReservation", {"reservationId": 3}) == {"status": "Rejected"}
    app.charger.fault = 1
    assert reserve(handle, expiryDate="2026-01-01T00:00:00Z") == "Faulted"
    app.charger.fault = 0
    app.transactions.operative = False
    assert reserve(handle, expiryDate="2026-01-01T00:00:00Z") == "Unavailable"
