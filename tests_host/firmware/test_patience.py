# SPDX-License-Identifier: MIT
"""While a TLS connection is made the guard waits longer for control; never else, never after."""

import asyncio

from control.guard import PATIENT_MS, PERMIT_MS
from firmware.ocpp.station import Station
from firmware.ocpp.websocket import Closed
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp


def permits_ms(ssl, error):
    """(permit while connecting, permit afterwards) of an attempt that ends with `error` or not."""
    app = FakeApp(csms_url="ws://box/ocpp")
    app.station = Station(app)
    app.transactions = Transactions(app)
    seen = []

    def permit_ms():
        guard = app.guard
        guard.renew(0)
        guard.renew(1)
        ms = 10
        while guard.tick(10, 6000, 1):
            ms += 10
        return ms

    async def connect(*arguments):
        assert arguments[-1] == "192.0.2.1"
        seen.append(permit_ms())
        if error:
            raise error
        return "socket"

    async def address(host, port):
        assert (host, port) == ("box", 80)
        assert permit_ms() == PERMIT_MS, "the guard is patient while a name is looked up"
        return "192.0.2.1"

    async def attempt():
        try:
            assert await app.station._connect("ws://box/ocpp", ssl, None) == "socket"
        except (Closed, OSError):
            pass
        seen.append(permit_ms())

    handshake = app.station.need("handshake")
    real = handshake.connect
    handshake.connect = connect
    app.station.address = address
    try:
        asyncio.run(attempt())
    finally:
        handshake.connect = real
    return tuple(seen)


def test_only_tls_makes_the_guard_patient_and_only_until_the_attempt_ends():
    for error in (None, Closed("refused"), OSError(104)):
        assert permits_ms(None, error) == (PERMIT_MS, PERMIT_MS)
        assert permits_ms("a context", error) == (PATIENT_MS, PERMIT_MS)
