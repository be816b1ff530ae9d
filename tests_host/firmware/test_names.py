# SPDX-License-Identifier: MIT
"""Names are looked up while nothing charges, and only then."""

from firmware import names
from tests_host.firmware.fake_app import FakeCharger


class Resolver:
    """Stands for the module socket; `trouble`: no answer."""

    SOCK_STREAM = 1

    def __init__(self):
        self.asked = []
        self.trouble = False
        self.at = "192.0.2.17"

    def getaddrinfo(self, host, port, _family, _kind):
        self.asked.append(host)
        if self.trouble:
            raise OSError(-2)
        return [(2, 1, 0, "", (self.at, port))]


class App:
    def __init__(self):
        self.charger = FakeCharger()


def desk():
    names._known.clear()
    names.socket = Resolver()
    return App(), names.socket


def fails(app, host):
    try:
        names.address(app, host, 443)
    except OSError as error:
        return str(error)
    return ""


def test_a_number_needs_no_look_up():
    app, resolver = desk()
    for host in ("192.0.2.1", "2001:db8::1"):
        assert names.address(app, host, 80) == host
    assert resolver.asked == []


def test_looked_up_each_time_while_nothing_charges():
    app, resolver = desk()
    assert names.address(app, "csms", 80) == "192.0.2.17"
    resolver.at = "192.0.2.18"
    assert names.address(app, "csms", 80) == "192.0.2.18"
    resolver.trouble = True
    assert names.address(app, "csms", 80) == "192.0.2.18"  # the resolver is away
    assert len(resolver.asked) == 3
    assert fails(app, "other")


def test_remembered_while_a_car_charges():
    app, resolver = desk()
    app.charger.command.contactor = 1
    assert "while a car charges" in fails(app, "csms")
    app.charger.command.contactor = 0
    names.address(app, "csms", 80)
    app.charger.command.contactor = 1
    resolver.at = "192.0.2.99"
    assert names.address(app, "csms", 80) == "192.0.2.17"
    assert resolver.asked == ["csms"]


def test_packed_addresses_are_left_to_the_socket():
    app, resolver = desk()
    resolver.getaddrinfo = lambda *_: [(2, 1, 0, "", bytearray(16))]
    assert names.address(app, "csms", 80) == "csms"
