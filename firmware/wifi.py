# SPDX-License-Identifier: MIT
"""Wi-Fi that joins, joins again and never gives up; says how strong and why not.

    wifi = Wifi(network, "my net", "secret", log.event)
    wifi.step(ticks_ms())           # a few times a second; never waits for anything
    wifi.up, wifi.rssi_dbm, wifi.reason

After some failures in a row the radio is switched off and on; nothing else is ever restarted.
The password goes to the radio and nowhere else.
"""

from micropython import const

_MASK = const(0x3FFFFFFF)
JOIN_MS = 20000  # longest time for one attempt
SHORTEST_MS = 1000  # pause after the first failure, doubled each time
LONGEST_MS = 60000
RADIO_AFTER = 5  # failures in a row
RADIO_OFF_MS = 2000
_SIGNAL_MS = 10000

OFF, JOINING, UP, PAUSE, RADIO_OFF = range(5)
NAMES = ("off", "joining", "up", "pause", "radio_off")
# Constants of `network`, whose values differ between the ports.
_REASONS = (
    ("STAT_WRONG_PASSWORD", "wrong password"),
    ("STAT_NO_AP_FOUND", "network not found"),
    ("STAT_BEACON_TIMEOUT", "signal lost"),
    ("STAT_HANDSHAKE_TIMEOUT", "handshake timeout"),
    ("STAT_ASSOC_FAIL", "association refused"),
    ("STAT_CONNECT_FAIL", "connection failed"),
)


class Wifi:
    """The station interface. `event(name, **fields)` is told of every change."""

    def __init__(self, network, ssid, password, event, country="", hostname=""):
        self._network = network
        self._ssid = ssid
        self._password = password
        self._event = event
        if country and hasattr(network, "country"):
            network.country(country)
        if hostname and hasattr(network, "hostname"):
            network.hostname(hostname)
        self._wlan = network.WLAN(_interface(network))
        self.state = OFF
        self.since_ms = 0
        self.up = False
        self.reason = ""
        self.rssi_dbm = 0
        self.address = ""
        self.dns = ""  # address of the network's name server
        self.failures = 0
        self._pause_ms = 0
        self._signal_ms = 0

    def step(self, now_ms):
        """Look at the radio and do the next thing. An error of the radio is a failed attempt."""
        try:
            self._step(now_ms)
        except OSError as error:
            self._failed(now_ms, "radio: %r" % error)

    def _step(self, now_ms):
        passed_ms = (now_ms - self.since_ms) & _MASK
        if self.state == OFF:
            self._join(now_ms)
        elif self.state == JOINING:
            if self._wlan.isconnected():
                self._joined(now_ms)
            else:
                reason = self._why()
                if reason or passed_ms >= JOIN_MS:
                    self._failed(now_ms, reason or "timeout")
        elif self.state == UP:
            if not self._wlan.isconnected():
                self._lost(now_ms)
            elif (now_ms - self._signal_ms) & _MASK >= _SIGNAL_MS:
                self._signal(now_ms)
        elif passed_ms >= self._pause_ms:
            if self.state == PAUSE and self.failures % RADIO_AFTER == 0:
                self._event("wifi_radio_restart", failures=self.failures)
                self._wlan.active(False)
                self._pause_ms = RADIO_OFF_MS
                self._to(RADIO_OFF, now_ms)
            else:
                self._join(now_ms)

    def _to(self, state, now_ms):
        self.state = state
        self.since_ms = now_ms
        self.up = state == UP

    def _join(self, now_ms):
        self._to(JOINING, now_ms)  # first, so that an error counts as a failed attempt
        self._wlan.active(True)
        self._wlan.connect(self._ssid, self._password)

    def _joined(self, now_ms):
        self._to(UP, now_ms)
        self.failures = 0
        self.reason = ""
        self.address, _, _, self.dns = self._wlan.ifconfig()
        self._signal(now_ms)
        self._event("wifi_up", address=self.address, rssi_dbm=self.rssi_dbm)

    def _signal(self, now_ms):
        self._signal_ms = now_ms
        try:
            self.rssi_dbm = self._wlan.status("rssi")
        except (OSError, ValueError, TypeError):
            self.rssi_dbm = 0  # this port cannot say

    def _lost(self, now_ms):
        self.reason = self._why() or "connection lost"
        self.address = ""
        self._event("wifi_lost", reason=self.reason, rssi_dbm=self.rssi_dbm)
        self._join(now_ms)

    def _failed(self, now_ms, reason):
        self.failures += 1
        if reason != self.reason or self.failures % RADIO_AFTER == 0:
            self._event("wifi_failed", reason=reason, failures=self.failures)
        self.reason = reason
        self._pause_ms = min(LONGEST_MS, SHORTEST_MS << min(self.failures - 1, 6))
        self._to(PAUSE, now_ms)
        try:
            self._wlan.disconnect()  # the ESP32 would go on by itself and refuse connect()
        except OSError:
            pass

    def _why(self):
        """The radio's reason in words, "" while it is still trying or content."""
        status = self._wlan.status()
        for name, text in _REASONS:
            if status == getattr(self._network, name, None):
                return text
        return ""


def _interface(network):
    """The number of the station interface under its new or old name."""
    number = getattr(network.WLAN, "IF_STA", None)
    return network.STA_IF if number is None else number
