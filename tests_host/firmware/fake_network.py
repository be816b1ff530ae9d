# SPDX-License-Identifier: MIT
"""A `network` module whose radio does what the test says."""


class WLAN:
    """One interface; the class keeps the last one made for the test to look at."""

    IF_STA = 0
    IF_AP = 1
    SEC_WPA2 = 3
    made = None

    def __init__(self, interface):
        WLAN.made = self
        self.interface = interface
        self.calls = []
        self.connected = False
        self.code = 1
        self.trouble = None
        self.rssi = -61

    def _do(self, name, *values):
        self.calls.append((name,) + values)
        if self.trouble == name:
            raise OSError(5)

    def active(self, on):
        self._do("active", on)

    def connect(self, ssid, password):
        self._do("connect", ssid, password)

    def disconnect(self):
        self._do("disconnect")

    def config(self, **values):
        self._do("config", values)

    def isconnected(self):
        return self.connected

    def status(self, what=None):
        return self.rssi if what == "rssi" else self.code

    def ifconfig(self):
        return ("192.168.1.20", "255.255.255.0", "192.168.1.1", "192.168.1.1")

    def count(self, name):
        return sum(1 for call in self.calls if call[0] == name)


class Wired(WLAN):
    """A wired interface, made with whatever the port wants to know of its pins."""

    def __init__(self, *pins, **wiring):
        super().__init__(None)
        self.pins = pins
        self.wiring = wiring


class Network:
    """The module itself."""

    WLAN = WLAN
    LAN = Wired
    WIZNET5K = Wired
    PHY_LAN8720 = 5
    STAT_WRONG_PASSWORD = -3
    STAT_NO_AP_FOUND = -2
    STAT_CONNECT_FAIL = -1


class Events:
    """Collects log.event calls."""

    def __init__(self):
        self.seen = []

    def __call__(self, name, **fields):
        self.seen.append((name, fields))

    def names(self):
        return [name for name, _ in self.seen]
