# SPDX-License-Identifier: MIT
"""Ethernet as a board option: a board file says ETHERNET, and the cable takes the place of Wi-Fi.

ESP32 with a PHY:    ETHERNET = {"phy_type": "PHY_LAN8720", "mdc": 23, "mdio": 18, "phy_addr": 0}
RP2040 and a W5500:  ETHERNET = {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17,
                                 "reset": 20}
"""

from micropython import const

_MASK = const(0x3FFFFFFF)
_ADDRESS_MS = const(20000)  # link without an address for so long: start the interface again


class Ethernet:
    """Same attributes as firmware.wifi.Wifi: up, address, dns, reason, rssi_dbm (always 0)."""

    def __init__(self, network, wiring, event):
        self._event = event
        self._lan = _interface(network, wiring)
        self.up = False
        self.reason = "starting"
        self.rssi_dbm = 0
        self.address = ""
        self.dns = ""
        self._started_ms = None
        self._broken = False

    def step(self, now_ms):
        """Look at the link; never waits."""
        try:
            self._step(now_ms)
        except OSError as error:
            self._started_ms = now_ms  # not again before _ADDRESS_MS
            self._broken = True
            self._down("interface: %r" % error)

    def _step(self, now_ms):
        if self._started_ms is None:
            self._started_ms = now_ms
            self._lan.active(True)
        if self._lan.isconnected():
            self._started_ms = now_ms
            if not self.up:
                self.up = True
                self._broken = False
                self.reason = ""
                self.address, _, _, self.dns = self._lan.ifconfig()
                self._event("ethernet_up", address=self.address)
        else:
            if not self._broken:  # else the chip's own error says more
                self._down("no link or no address")
            if (now_ms - self._started_ms) & _MASK >= _ADDRESS_MS:
                self._lan.active(False)
                self._started_ms = None

    def _down(self, reason):
        if self.up or reason != self.reason:
            self._event("ethernet_down", reason=reason)
        self.up = False
        self.address = ""
        self.reason = reason


def _interface(network, wiring):
    """LAN of the ESP32 or a WIZnet chip, as the wiring says."""
    from machine import Pin

    wiring = dict(wiring)
    if "phy_type" in wiring:
        wiring["phy_type"] = getattr(network, wiring["phy_type"])
        for name in ("mdc", "mdio", "power", "reset"):
            if wiring.get(name) is not None:
                wiring[name] = Pin(wiring[name])
        return network.LAN(**wiring)
    from machine import SPI

    spi = SPI(
        wiring["spi"],
        sck=Pin(wiring["sck"]),
        mosi=Pin(wiring["mosi"]),
        miso=Pin(wiring["miso"]),
    )
    return network.WIZNET5K(spi, Pin(wiring["cs"]), Pin(wiring["reset"]))
