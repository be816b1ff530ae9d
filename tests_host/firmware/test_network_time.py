# SPDX-License-Identifier: MIT
"""When the network asks for the time of day, and what is loaded for that."""

import sys

from firmware import lazy
from firmware.network import Network as Service
from tests_host.firmware.fake_network import Network
from tests_host.firmware.test_network import App, BoardData, Settings


class Link:
    """A link that is up."""

    up = True

    def step(self, now_ms):
        """Nothing to do."""


class Asked:
    """Stands for firmware.ntp: answers at the second step, and asks again in an hour."""

    made = []

    def __init__(self, clock, host, ticks_ms, running, event, port=123, address=None, find=None):
        self.made.append((host, address))
        self.steps = 0
        self.due_ms = 3600000
        self.address = "192.0.2.1"

    Ntp = None

    def step(self):
        self.steps += 1

    def idle(self):
        return self.steps == 2


def online(ntp_host):
    """(App, its network service), connected."""
    settings = Settings()
    settings.wifi_ssid = "home"
    settings.ntp_host = ntp_host
    app = App(settings)
    service = Service(app, BoardData, Network)
    service.link = Link()
    return app, service


def test_what_asks_for_the_time_is_there_only_while_it_asks():
    app, service = online("pool.ntp.org")
    Asked.Ntp = Asked
    before = sys.modules.pop("firmware.ntp", None)
    sys.modules["firmware.ntp"] = Asked
    try:
        for ms, made, there in (
            (0, 1, True),
            (200, 1, False),
            (3599000, 1, False),
            (3600000, 2, True),
            (3600200, 2, False),
        ):
            app.now_ms = lambda ms=ms: ms
            service.step()
            assert (len(Asked.made), service.ntp is not None) == (made, there), ms
    finally:
        del sys.modules["firmware.ntp"]
        if before:
            sys.modules["firmware.ntp"] = before
    # The address is kept until it is silent.
    assert Asked.made == [("pool.ntp.org", None), ("pool.ntp.org", "192.0.2.1")]


def test_without_room_the_time_is_asked_for_later():
    app, service = online("192.0.2.1")
    real = lazy.load
    tries = []

    def full(name):
        tries.append(app.now_ms())
        raise MemoryError(name)

    lazy.load = full
    try:
        for ms in range(0, 121000, 1000):
            app.now_ms = lambda ms=ms: ms
            service.step()
    finally:
        lazy.load = real
    assert tries == [0, 60000, 120000]
