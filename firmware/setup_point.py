# SPDX-License-Identifier: MIT
"""The access point for set-up: only after a person has held the button, only for some minutes.

Three seconds on the button open it, a second long press or ten minutes close it. It is always
encrypted (the setting setup_password, eight characters or more); without the password there is
no access point. On it, http://192.168.4.1 shows the settings, secrets as dots, and takes a JSON
object with changes; what is wrong is refused as a whole, with an error for each key.
"""

import asyncio
import json

from micropython import const

from firmware import provisioning

OPEN_MS = 600000
_MASK = const(0x3FFFFFFF)
_MOST_BYTES = const(4096)
_SHORTEST = const(8)  # WPA2

_PAGE = (
    "<!doctype html><meta name=viewport content='width=device-width'><title>GridPilot</title>"
    '<h1>Settings</h1><textarea id=t rows=20 cols=50>%s</textarea><br><button onclick="'
    "fetch('/',{method:'POST',body:t.value}).then(r=>r.text()).then(alert)\">Save</button>"
)


class SetupPoint:
    """`panel`: firmware.panel.Panel, which owns the button; `network`: the port's module."""

    def __init__(self, network, panel, settings, event):
        self._network = network
        self._panel = panel
        self._longs = panel.longs
        self._name = settings.device_id
        self._password = settings.setup_password
        self._event = event
        self._point = None
        self._server = None
        self._since_ms = 0

    @property
    def open(self):
        """True while the access point is on the air."""
        return self._point is not None

    def step(self, now_ms):
        """Look at the button and at the time. Called a few times a second."""
        pressed = self._panel.longs != self._longs
        self._longs = self._panel.longs
        if not self.open:
            if pressed:
                self._start(now_ms)
        elif pressed:
            self.close("button")
        elif (now_ms - self._since_ms) & _MASK >= OPEN_MS:
            self.close("time is over")

    def _start(self, now_ms):
        if len(self._password) < _SHORTEST:
            self._event("setup_refused", reason="setup_password: expected 8 characters or more")
            return
        network = self._network
        number = getattr(network.WLAN, "IF_AP", None)
        point = network.WLAN(network.AP_IF if number is None else number)
        security = getattr(network.WLAN, "SEC_WPA2", None)
        # The RP2 port and the ESP32 port agree on these names since 1.24.
        security = 4 if security is None else security
        point.config(ssid=self._name, key=self._password, security=security)
        point.active(True)
        self._point = point
        self._since_ms = now_ms
        self._event("setup_open", ssid=self._name, minutes=OPEN_MS // 60000)
        self._server = asyncio.create_task(self._serve())

    def close(self, reason):
        """Take it off the air."""
        if self._server:
            self._server.cancel()
            self._server = None
        if self._point:
            self._point.active(False)
            self._point = None
            self._event("setup_closed", reason=reason)

    async def _serve(self):
        server = await asyncio.start_server(self._client, "0.0.0.0", 80)  # noqa: S104
        try:
            while True:
                await asyncio.sleep_ms(60000)
        finally:
            server.close()

    async def _client(self, reader, writer):
        try:
            status, text = await self._answer(reader)
            kind = "text/html" if text.startswith("<") else "text/plain"
            head = "HTTP/1.0 %s\r\nContent-Type: %s\r\n\r\n" % (status, kind)
            writer.write((head + text).encode())
            await writer.drain()
        except (OSError, ValueError) as error:
            self._event("setup_failed", error=repr(error))
        finally:
            writer.close()
            await writer.wait_closed()

    async def _answer(self, reader):
        method = (await reader.readline()).split(b" ")[0]
        length = 0
        while True:
            line = (await reader.readline()).strip().lower()
            if not line:
                break
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if method == b"GET":
            shown = json.dumps(provisioning.masked(provisioning.load()))
            return "200 OK", _PAGE % shown.replace("&", "&amp;").replace("<", "&lt;")
        if method != b"POST" or not 0 < length <= _MOST_BYTES:
            return "400 Bad Request", "expected a JSON object of at most %d bytes" % _MOST_BYTES
        return save(await reader.readexactly(length))


def save(body):
    """(status, text) after taking in a JSON object with changes; all or nothing."""
    try:
        changes = json.loads(body)
    except ValueError:
        return "400 Bad Request", "expected a JSON object"
    if not isinstance(changes, dict):
        return "400 Bad Request", "expected a JSON object"
    values, errors = provisioning.change(provisioning.load(), changes)
    if errors:
        return "400 Bad Request", "nothing was saved:\n" + "\n".join(errors)
    provisioning.store(values)
    return "200 OK", "saved; restart the charger"
