# SPDX-License-Identifier: MIT
"""The way out: Wi-Fi or Ethernet, the time by NTP, and the set-up access point.

Imported only when the settings name a network or a set-up password, so that a charger without
one keeps the memory. Everything here is looked at a few times a second and never waits; when
something fails it is tried again, and the charger goes on charging.
"""

import asyncio

from micropython import const

from firmware import lazy

_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)
_NTP = "firmware.ntp"
_NO_ROOM_MS = const(60000)
_STEP_MS = const(200)
_PATIENCE_S = const(120)  # then TLS is tried without the time; it may have come from elsewhere


def _ethernet(settings, board_data):
    return settings.ethernet and getattr(board_data, "ETHERNET", None)


class Network:
    """`app`: the running App. `module`: the port's `network` (handed in by tests)."""

    def __init__(self, app, board_data, module=None):
        if module is None:
            import network as module
        settings = app.settings
        self._app = app
        self.link = None
        if _ethernet(settings, board_data):
            from firmware.ethernet import Ethernet

            self.link = Ethernet(module, board_data.ETHERNET, app.log.event)
        elif settings.wifi_ssid:
            from firmware.wifi import Wifi

            self.link = Wifi(
                module,
                settings.wifi_ssid,
                settings.wifi_password,
                app.log.event,
                settings.wifi_country,
                settings.device_id,
            )
        self.ntp = None
        self._ntp_host = settings.ntp_host if self.link else ""
        self._ntp_due_ms = app.now_ms()
        self._ntp_address = None
        self.setup = None
        if settings.setup_password and board_data.BUTTON >= 0:
            from firmware.setup_point import SetupPoint

            self.setup = SetupPoint(module, app.panel, settings, app.log.event)

    def busy(self):
        """True while a car is plugged in: its schedule must not see the clock jump."""
        return bool(self._app.charger.plugged)

    def step(self):
        """Look at everything once."""
        now_ms = self._app.now_ms()
        if self.link:
            self.link.step(now_ms)
            if self.link.up and self._ntp_host:
                self._ask_time(now_ms)
        if self.setup:
            self.setup.step(now_ms)

    def _ask_time(self, now_ms):
        """Once an hour; what asks is loaded for that and goes when it has had its answer."""
        if self.ntp is None:
            if (now_ms - self._ntp_due_ms) & _MASK >= _HALF:
                return
            try:
                module = lazy.load(_NTP)
            except (MemoryError, ImportError):
                self._ntp_due_ms = (now_ms + _NO_ROOM_MS) & _MASK
                return
            app = self._app
            self.ntp = module.Ntp(
                app.clock, self._ntp_host, app.now_ms, self.busy, app.log.event,
                address=self._ntp_address, find=self._find,
            )  # fmt: skip
        self.ntp.step()
        if self.ntp.idle():
            self._ntp_due_ms = self.ntp.due_ms
            self._ntp_address = self.ntp.address
            self.ntp = None
            lazy.drop(_NTP)

    async def _find(self, host, port):
        from firmware import names

        return await names.address(self._app, host, port)

    def name_server(self):
        """Address of the network's DNS server, "" when there is none."""
        server = self.link.dns if self.link else ""
        return server if server.strip("0.") else ""

    async def run(self):
        """The service: step after step, for ever."""
        while True:
            self.step()
            await asyncio.sleep_ms(_STEP_MS)

    async def ready(self, secure):
        """Wait until a connection makes sense: the link is up and, for TLS, the time is known."""
        if not self.link:
            return
        while not self.link.up:
            await asyncio.sleep_ms(_STEP_MS)
        if secure and self._ntp_host:
            for _ in range(_PATIENCE_S * 1000 // _STEP_MS):
                if self._app.clock.is_set():
                    break
                await asyncio.sleep_ms(_STEP_MS)
