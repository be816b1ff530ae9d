# SPDX-License-Identifier: MIT
"""Parts of the station when memory is short: room is made, and a failed load leaves nothing."""

import os
import sys

from firmware import forget, lazy
from firmware.ocpp import calls
from tests_host.firmware.test_lazy import PROFILE, ask, build, ours


def test_idle_parts_make_room_before_a_request_is_refused():
    app, dispatcher = build()
    assert ask(dispatcher, "GetConfiguration", {"key": ["HeartbeatInterval"]})
    real = lazy._make_room
    refusals = [1]

    def full(name):
        if refusals and name == "firmware.ocpp.reservation":
            refusals.pop()
            assert app.station.core is not None
            raise MemoryError("no room for " + name)

    lazy._make_room = full
    try:
        assert ask(dispatcher, "CancelReservation", {"reservationId": 1}) == {"status": "Rejected"}
    finally:
        lazy._make_room = real
    assert not refusals and app.station.core is None and app.station.reservation is not None


def test_a_request_that_is_refused_for_lack_of_room_leaves_nothing_behind():
    app, dispatcher = build()
    real = lazy._make_room
    before = ours()

    def full(name):
        if name == "firmware.ocpp.smart":
            raise MemoryError("no room for " + name)

    lazy._make_room = full
    refused = False
    try:
        ask(dispatcher, "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE})
    except MemoryError:
        refused = True
    finally:
        lazy._make_room = real
    # On CPython another test file may have imported it before.
    assert refused == ("firmware.ocpp.smart" not in before) and ours() <= before | {
        name for row in calls.rows() if getattr(app.station, row[0]) for name in calls.modules(row)
    }


def test_a_load_that_fails_leaves_nothing():
    before = sorted(sys.modules)
    with open("lazy_fails.py", "w") as file:
        file.write("import firmware.ocpp.rsa\n1 // 0\n")
    sys.path.insert(0, os.getcwd())
    forget("firmware.ocpp.rsa")
    try:
        lazy.load("lazy_fails")
        raise AssertionError("it was to fail")
    except ZeroDivisionError:
        pass
    finally:
        sys.path.pop(0)
        os.remove("lazy_fails.py")
    assert "firmware.ocpp.rsa" not in sys.modules
    assert [name for name in sorted(sys.modules) if name.startswith("firmware.")] == [
        name for name in before if name.startswith("firmware.") and name != "firmware.ocpp.rsa"
    ]
