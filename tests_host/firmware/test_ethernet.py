# SPDX-License-Identifier: MIT
"""Ethernet as a board option: both chips' interfaces, coming, going, and starting again."""

import sys

from tests_host.drivers import fake_parts

fake_parts.install()


class SPI:
    def __init__(self, number, **pins):
        self.number = number
        self.pins = {name: pin.number for name, pin in pins.items()}


sys.modules["machine"].SPI = SPI

from firmware.ethernet import Ethernet  # noqa: E402
from firmware.network import Network as Service  # noqa: E402
from tests_host.firmware.fake_network import WLAN, Events, Network  # noqa: E402

RUNTIMES = ("mp",)  # CPython keeps its own modules

PHY = {"phy_type": "PHY_LAN8720", "mdc": 23, "mdio": 18, "phy_addr": 0, "power": None}
W5500 = {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "reset": 20}
MASK = (1 << 30) - 1


class Desk:
    """An interface on a clock that wraps after ten seconds."""

    def __init__(self, wiring=PHY):
        self.events = Events()
        self.now_ms = (1 << 30) - 10000
        self.lan = Ethernet(Network, wiring, self.events)
        self.chip = WLAN.made

    def run(self, ms):
        for _ in range(ms // 200):
            self.lan.step(self.now_ms & MASK)
            self.now_ms += 200


def test_the_pins_of_an_esp32_with_a_phy():
    chip = Desk().chip
    assert chip.pins == ()
    wiring = chip.wiring
    assert wiring["phy_type"] == 5 and wiring["phy_addr"] == 0 and wiring["power"] is None
    assert (wiring["mdc"].number, wiring["mdio"].number) == (23, 18)


def test_the_pins_of_an_rp2040_with_a_w5500():
    spi, select, reset = Desk(W5500).chip.pins
    assert spi.number == 0 and spi.pins == {"sck": 18, "mosi": 19, "miso": 16}
    assert (select.number, reset.number) == (17, 20)


def test_comes_up_and_goes_and_comes_again():
    desk = Desk()
    desk.run(1000)
    assert not desk.lan.up and desk.chip.calls == [("active", True)]
    desk.chip.connected = True
    desk.run(1000)
    assert desk.lan.up and desk.lan.address == "192.168.1.20" and desk.lan.reason == ""
    desk.chip.connected = False
    desk.run(1000)
    assert not desk.lan.up and desk.lan.address == ""
    desk.chip.connected = True
    desk.run(1000)
    assert desk.lan.up
    assert desk.events.names() == ["ethernet_down", "ethernet_up", "ethernet_down", "ethernet_up"]


def test_a_link_without_an_address_is_started_again_for_ever():
    desk = Desk()
    desk.run(3600000)
    starts = desk.chip.count("active")
    assert 2 * 3600 // 21 <= starts <= 2 * 3600 // 19
    assert desk.events.names() == ["ethernet_down"]  # said once
    desk.chip.connected = True
    desk.run(400)
    assert desk.lan.up


def test_an_error_of_the_chip_is_a_reason_and_passes():
    desk = Desk()
    desk.chip.trouble = "active"
    desk.run(600000)
    assert desk.lan.reason.startswith("interface: OSError")
    assert desk.events.names() == ["ethernet_down"]  # said once, not each time
    assert desk.chip.count("active") <= 600 // 19
    desk.chip.trouble = None
    desk.chip.connected = True
    desk.run(30000)
    assert desk.lan.up


class Settings:
    device_id = "GP-0001"
    wifi_ssid = "home"
    wifi_password = ""
    wifi_country = ""
    ethernet = True
    ntp_host = ""
    setup_password = ""


class App:
    settings = Settings
    clock = None

    def __init__(self):
        self.log = self
        self.event = Events()

    def now_ms(self):
        return 0


class WithSocket:
    ETHERNET = W5500
    BUTTON = -1


class Without:
    BUTTON = -1


def test_the_cable_takes_the_place_of_the_radio_where_the_board_has_one():
    service = Service(App(), WithSocket, Network)
    assert isinstance(service.link, Ethernet)
    WLAN.made.connected = True
    service.step()
    assert service.link.up
    service = Service(App(), Without, Network)
    assert not isinstance(service.link, Ethernet)
