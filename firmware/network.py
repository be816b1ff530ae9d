# SPDX-License-Identifier: MIT
"""The way out: Wi-Fi or Ethernet, the time by NTP, and the set-up access point.

Imported only when the settings name a network or a set-up password, so that a charger without
one keeps the memory. Everything here is looked at a few times a second and never waits; when
something fails it is tried again, and the charger goes on charging.
"""

import asyncio

from micropython import const

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
        if self.link and settings.ntp_host:
            from firmware.ntp import Ntp

            self.ntp = Ntp(app.clock, settings.ntp_host, app.now_ms, self.busy, app.log.event)
        self.setup = None
        if settings.setup_password and board_data.BUTTON >= 0:
            from firmware.setup_point import SetupPoint

            self.setup = SetupPoint(module, app.panel, settings, app.log.event)
        self._rtc_set = False

    def busy(self):
        """True while a car is plugged in: its schedule must not see the clock jump."""
        return bool(self._app.charger.plugged)

    def step(self):
        """Look at everything once."""
        now_ms = self._app.now_ms()
        if self.link:
            self.link.step(now_ms)
            if self.link.up and self.ntp:
                self.ntp.step()
                self._tell_chip()
        if self.setup:
            self.setup.step(now_ms)

    def _tell_chip(self):
        """TLS checks the dates of certificates with the chip's own clock."""
        if self._rtc_set or not self._app.clock.is_set():
            return
        self._rtc_set = True
        import machine

        rtc = getattr(machine, "RTC", None)
        if rtc:
            iso = self._app.clock.iso()
            year, month, day = int(iso[:4]), int(iso[5:7]), int(iso[8:10])
            hour, minute, second = int(iso[11:13]), int(iso[14:16]), int(iso[17:19])
            rtc().datetime((year, month, day, 0, hour, minute, second, 0))

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
        if secure and self.ntp:
            for _ in range(_PATIENCE_S * 1000 // _STEP_MS):
                if self._app.clock.is_set():
                    break
                await asyncio.sleep_ms(_STEP_MS)
