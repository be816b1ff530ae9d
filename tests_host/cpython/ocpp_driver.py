# SPDX-License-Identifier: MIT
"""Runs on MicroPython: the real station and transactions around the fake charger.

Usage: micropython ocpp_driver.py ROOT URL [SETTINGS]
SETTINGS is a JSON object. Beside settings it may have "dns_port": of a name server on the
loopback interface, which is then the network's; the interpreter's own resolver is given numbers
alone, and a car is there from the start.
Prints one JSON line per frame {"dir", "frame"} and per event {"event", ...}. Lines on stdin are
commands: plug, unplug, tap ID, fault N, wh N, end.
"""

import json
import os
import select
import socket
import sys
import time

sys.path.insert(0, sys.argv[1])

import asyncio

from firmware import names
from firmware.ocpp import websocket
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp


class Printed:
    """A log that prints."""

    def event(self, name, **fields):
        """One line per event."""
        fields["event"] = name
        print(json.dumps(fields))


def tap(direction, text):
    """One line per frame."""
    print(json.dumps({"dir": direction, "frame": json.loads(text)}))


def obey(app, line):
    """Carry out one command; False ends the run."""
    word, _, rest = line.strip().partition(" ")
    if word == "plug":
        app.charger.plugged = True
    elif word == "unplug":
        app.charger.plugged = False
    elif word == "tap":
        app.transactions.tap(rest)
    elif word == "fault":
        app.charger.fault = int(rest)
    elif word == "wh":
        app.board.readings.energy_wh = int(rest)
    return word != "end"


class Sockets:
    """The module socket with another port for name servers."""

    def __init__(self, dns_port):
        for name in dir(socket):
            if name != "getaddrinfo":
                setattr(self, name, getattr(socket, name))
        self._dns_port = dns_port

    def getaddrinfo(self, host, port, *more):
        """Numbers alone: a name would stop everything."""
        assert not host.strip("0123456789."), host
        return socket.getaddrinfo(host, self._dns_port if port == 53 else port, *more)


class Named:
    """A network that knows a name server; says what the contactor does when it is needed."""

    def __init__(self, app):
        self._app = app

    def name_server(self):
        """On the loopback interface."""
        self._app.log.event("name_server", contactor=self._app.charger.command.contactor)
        return "127.0.0.1"


async def main():
    """Step the charger every 20 ms until told to end."""
    settings = {"authorisation": "card", "csms_url": sys.argv[2], "charge_point_id": "GP 1"}
    if len(sys.argv) > 3:
        settings.update(json.loads(sys.argv[3]))
    dns_port = settings.pop("dns_port", 0)
    app = FakeApp(time.ticks_ms, **settings)
    app.log = Printed()
    if dns_port:
        sys.modules["socket"] = names.socket = Sockets(dns_port)
        app.network = Named(app)
        app.charger.plugged = True
    app.station = Station(app)
    app.transactions = Transactions(app)
    app.station.installer = lambda path: os.stat(path)[6] > 0
    app.station.on_reset = lambda: print(json.dumps({"event": "restarted"}))
    websocket.frame_tap = tap
    service = asyncio.create_task(app.station.run())
    commands = select.poll()
    commands.register(sys.stdin, select.POLLIN)
    while not service.done():
        if commands.poll(0):
            line = sys.stdin.readline()
            if not line or not obey(app, line):
                return
        app.charger.step(time.ticks_ms())
        app.transactions.poll(time.ticks_ms())
        await asyncio.sleep_ms(20)


asyncio.run(main())
