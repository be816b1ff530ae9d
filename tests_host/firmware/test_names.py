# SPDX-License-Identifier: MIT
"""Whom to ask for the address of a host, and when: also while a car charges."""

import asyncio
import sys

from firmware import forget, lazy, names
from firmware.network import Network as Service
from firmware.ocpp.station import Station
from tests_host.firmware.fake_app import FakeApp, FakeCharger
from tests_host.firmware.fake_dns import AT, a_record, answer, behind
from tests_host.firmware.fake_network import WLAN, Network
from tests_host.firmware.test_network import App as NetworkApp
from tests_host.firmware.test_network import BoardData, Settings


class Resolver:
    """Stands for the module socket; `trouble`: no answer."""

    SOCK_STREAM = 1

    def __init__(self):
        self.asked = []
        self.trouble = False
        self.at = AT

    def getaddrinfo(self, host, port, _family, _kind):
        self.asked.append(host)
        if self.trouble:
            raise OSError(-2)
        return [(2, 1, 0, "", (self.at, port))]


class App:
    network = None

    def __init__(self):
        self.charger = FakeCharger()


def desk():
    forget("firmware.dns")  # of other tests
    names._known.clear()
    names.socket = Resolver()
    return App(), names.socket


def online():
    """(app on Wi-Fi with a car that charges, the chip's resolver)"""
    app, resolver = desk()
    app.charger.command.contactor = 1
    settings = Settings()
    settings.wifi_ssid = "home"
    app.network = Service(NetworkApp(settings), BoardData, Network)
    WLAN.made.connected = True
    for now_ms in (0, 200):
        app.network.link.step(now_ms)
    return app, resolver


def address(app, host):
    return asyncio.run(names.address(app, host, 443))


def fails(app, host):
    try:
        address(app, host)
    except OSError as error:
        return str(error)
    return ""


def asked(app, host, reply):
    """(what came of a question, the socket with which it was asked)"""
    fakes = []
    real = lazy.load

    def load(name):
        assert "firmware.dns" not in sys.modules, "it stays in memory"
        module = real(name)
        fakes.append(behind(module, reply))
        return module

    lazy.load = load
    try:
        try:
            return address(app, host), fakes[0] if fakes else None
        except OSError as error:
            return "error: %s" % error, fakes[0] if fakes else None
    finally:
        lazy.load = real
        assert "firmware.dns" not in sys.modules, "it stays in memory"


def test_a_number_needs_no_look_up():
    for app, resolver in (desk(), online()):
        for host in ("192.0.2.1", "2001:db8::1"):
            assert address(app, host) == host
        assert resolver.asked == []


def test_while_a_car_charges_the_network_s_name_server_is_asked():
    app, resolver = online()
    found, fake = asked(app, "csms", lambda question, _: [answer(question, a_record())])
    assert found == AT
    assert fake.address == ("192.168.1.1", 53)
    assert resolver.asked == []
    moved = a_record("192.0.2.18")
    assert asked(app, "csms", lambda question, _: [answer(question, moved)])[0] == "192.0.2.18"


def test_the_last_address_counts_when_the_name_server_is_silent_or_knows_nothing():
    app, resolver = online()
    assert "no answer from the name server 192.168.1.1" in asked(app, "csms", lambda *_: None)[0]
    asked(app, "csms", lambda question, _: [answer(question, a_record())])
    found, fake = asked(app, "csms", lambda *_: None)
    assert found == AT and len(fake.asked) == 3
    assert asked(app, "csms", lambda question, _: [answer(question, code=3)])[0] == AT
    WLAN.made.connected = False
    app.network.link.step(400)
    assert not app.network.link.up
    assert asked(app, "csms", lambda *_: None)[0] == AT
    assert resolver.asked == []


def test_without_room_for_the_resolver_the_last_address_counts():
    app, _ = online()
    real = lazy.load

    def full(name):
        raise MemoryError(name)

    lazy.load = full
    try:
        assert "no room" in fails(app, "csms")
        names._known["csms"] = AT
        assert address(app, "csms") == AT
    finally:
        lazy.load = real


def test_a_station_makes_room_for_the_resolver_once():
    app, _ = online()
    full = FakeApp(csms_url="ws://box/ocpp")
    full.network = app.network
    full.charger.command.contactor = 1
    station = full.station = Station(full)
    real = lazy.load
    for enough in (True, False):
        station._hole = bytearray(10)
        tries = []

        def load(name, tries=tries, enough=enough):
            tries.append(station._hole is None)
            if not (enough and tries[-1]):
                raise MemoryError(name)
            module = real(name)
            behind(module, lambda question, _: [answer(question, a_record())])
            return module

        lazy.load = load
        names._known.clear()
        try:
            found = asyncio.run(station.address("csms", 80))
            assert enough and found == AT
        except OSError as error:
            assert not enough and "no room" in str(error)
        finally:
            lazy.load = real
        assert tries == [False, True]


def check_left_to_the_chip(app, resolver, host):
    """Not while a car charges; afterwards by the chip's own resolver, and by no other."""
    assert "while a car charges" in fails(app, host)
    app.charger.command.contactor = 0
    assert address(app, host) == AT
    assert resolver.asked == [host]


def test_names_of_the_local_network_are_left_to_the_chip():
    app, resolver = online()
    check_left_to_the_chip(app, resolver, "meter.local")


def test_a_network_without_a_name_server():
    app, resolver = online()
    app.network.link.dns = "0.0.0.0"
    check_left_to_the_chip(app, resolver, "csms")


def test_without_a_network_of_its_own_looked_up_while_nothing_charges():
    app, resolver = desk()
    assert address(app, "csms") == AT
    resolver.at = "192.0.2.18"
    assert address(app, "csms") == "192.0.2.18"
    resolver.trouble = True
    assert address(app, "csms") == "192.0.2.18"  # the resolver is away
    assert len(resolver.asked) == 3
    assert fails(app, "other")


def test_without_a_network_of_its_own_remembered_while_a_car_charges():
    app, resolver = desk()
    app.charger.command.contactor = 1
    assert "while a car charges" in fails(app, "csms")
    app.charger.command.contactor = 0
    address(app, "csms")
    app.charger.command.contactor = 1
    resolver.at = "192.0.2.99"
    assert address(app, "csms") == AT
    assert resolver.asked == ["csms"]


def test_names_of_a_hostile_central_system_do_not_fill_the_memory():
    app, _ = desk()
    for number in range(100):
        address(app, "host%d" % number)
        assert len(names._known) <= 8
    assert names._known["host99"] == AT


def test_packed_addresses_are_left_to_the_socket():
    app, resolver = desk()
    resolver.getaddrinfo = lambda *_: [(2, 1, 0, "", bytearray(16))]
    assert address(app, "csms") == "csms"
