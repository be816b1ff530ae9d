# SPDX-License-Identifier: MIT
"""The station: one connection to a central system, kept up for ever, and what is due on it.

Two loops. The session (session.py) sends one message after the other while connected. The
clockwork runs once a second whether connected or not: it evaluates charging profiles, takes meter
samples and lets calls time out.
"""

import asyncio

from firmware.ocpp import meter, websocket
from firmware.ocpp.calls import Calls
from firmware.ocpp.config import Config
from firmware.ocpp.rpc import Ids, Rpc
from firmware.ocpp.session import Session
from firmware.ocpp.smart import SmartCharging

_PROTOCOL = "ocpp1.6"
_CONNECT_S = 30
_MAX_BACK_OFF_S = 64
_RESET_S = {"Soft": 20, "Hard": 5}  # longest wait for the last StopTransaction


class Station:
    """`run` never ends. The App is only looked at from there on, not in the constructor."""

    def __init__(self, app):
        self._app = app
        settings = app.settings
        self._id = settings.charge_point_id or settings.device_id
        self._url = settings.csms_url.rstrip("/") + "/" + percent_encoded(self._id)
        self._ids = Ids(settings.device_id)
        self.smart = SmartCharging(app)
        self.config = Config(app)
        self.session = Session(app)
        self._calls = Calls(app, self)
        self._rpc = None
        self._socket = None
        self._sample_s = 0  # uptime of the last periodic meter sample
        self._sampled = None  # record it belongs to
        self.reset_wanted = None  # None, "Soft" or "Hard"
        self._reset_s = None
        self.on_reset = None  # callable, default machine.reset

    # What the transactions ask for.

    def online(self):
        """True while connected and accepted."""
        return self._rpc is not None and self.session.boot_status == "Accepted"

    def authorize(self, id_tag):
        """Ask the central system about a card; Transactions.answer gets the result.

        False when it cannot be asked now: unknown cards do not charge offline.
        """
        if not self.online() or self.session.ask is not None:
            return False
        self.session.ask = id_tag
        return True

    # Connection.

    async def run(self):
        """Connect, serve, and connect again, for ever."""
        self.config.load()
        self.smart.load()
        clockwork = asyncio.create_task(self._clockwork())
        try:
            while True:
                try:
                    await self._connection()
                except (websocket.Closed, ValueError) as error:
                    self._app.log.event("ocpp_unreachable", why=str(error))
                except asyncio.TimeoutError:
                    self._app.log.event("ocpp_unreachable", why="no answer to the handshake")
                wait_ms = back_off_ms(self._id, self.session.failures)
                self.session.failures += 1
                await asyncio.sleep(wait_ms / 1000)
        finally:
            clockwork.cancel()

    async def _connection(self):
        app = self._app
        socket = await asyncio.wait_for(websocket.connect(self._url, _PROTOCOL), _CONNECT_S)
        app.log.event("ocpp_connected", id=self._id)
        rpc = Rpc(socket, self._ids, self._calls.handle, app.log.event, app.clock.uptime_s)
        reader = asyncio.create_task(rpc.run())
        self._rpc = rpc
        self._socket = socket
        try:
            await self.session.run(rpc)
        finally:
            self._rpc = None
            reader.cancel()
            await socket.close()
            app.log.event("ocpp_lost", why=rpc.ended or "no answer")
            self.session.ended()

    # Clockwork.

    async def _clockwork(self):
        while True:
            try:
                self._tick()
                if self._rpc is not None and self._rpc.poll():
                    await self._socket.abort()
            except Exception as error:  # the next second tries again
                self._app.log.event("service_failed", service="ocpp", error=repr(error))
            await asyncio.sleep(1)

    def _tick(self):
        self.smart.poll()
        self._sample()
        if self.reset_wanted:
            self._reset(self.reset_wanted)

    def _sample(self):
        """Take the periodic meter sample of a running transaction, also when offline."""
        record = self._app.transactions.open
        interval_s = self._app.settings.meter_interval_s
        now_s = self._app.clock.uptime_s()
        if record is not self._sampled:
            self._sampled = record
            self._sample_s = now_s
        if record is None or not interval_s or now_s - self._sample_s < interval_s:
            return
        self._sample_s += interval_s * ((now_s - self._sample_s) // interval_s)
        meter.keep(record, meter.sample(self._app))

    def _reset(self, kind):
        """Stop the transaction, wait for its delivery but not for ever, restart."""
        transactions = self._app.transactions
        now_s = self._app.clock.uptime_s()
        if self._reset_s is None:
            self._reset_s = now_s + _RESET_S[kind]
            if kind == "Hard":
                transactions.close("HardReset")
            else:
                transactions.stop("SoftReset")
            return
        if now_s < self._reset_s and transactions.records:
            return
        transactions.close(kind + "Reset")
        self._app.log.event("reset", kind=kind)
        self.reset_wanted = self._reset_s = None
        if self.on_reset:
            self.on_reset()
        else:
            import machine

            machine.reset()


def percent_encoded(text):
    """`text` for use as one part of a URL path (RFC 3986)."""
    encoded = ""
    for byte in text.encode():
        char = chr(byte)
        if (byte < 128 and (char.isalpha() or char.isdigit())) or char in "-._~":
            encoded += char
        else:
            encoded += "%%%02X" % byte
    return encoded


def back_off_ms(identity, failures):
    """1 s doubling to 64 s, and up to half as much again, different for every identity.

    Not random: chargers that lose their server together spread out, and a run can be repeated.
    """
    spread = failures
    for byte in identity.encode():
        spread = (spread * 31 + byte) & 0xFFFF
    base_ms = min(_MAX_BACK_OFF_S, 1 << min(failures, 6)) * 1000
    return base_ms + base_ms * (spread % 512) // 1024
