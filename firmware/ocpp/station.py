# SPDX-License-Identifier: MIT
"""The station: one connection to a central system, kept up for ever, and what is due on it.

Two loops. The session sends one message after the other: boot, status, authorisation, the
transactions, heartbeat. The clockwork runs once a second whether connected or not: it evaluates
charging profiles, takes meter samples and lets calls time out.
"""

import asyncio

from firmware.clock import parse_iso
from firmware.ocpp import delivery, meter, status, websocket
from firmware.ocpp.calls import Calls
from firmware.ocpp.config import Config
from firmware.ocpp.rpc import LOST, TIMEOUT, Ids, Rpc
from firmware.ocpp.smart import SmartCharging

VENDOR = "GridPilot"
VERSION = "0.1.0"
_PROTOCOL = "ocpp1.6"
_POLL_MS = 200
_BOOT_RETRY_S = 60  # when the central system leaves the interval to us
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
        self._calls = Calls(app, self)
        self._rpc = None
        self.boot_status = None  # None, "Accepted", "Pending" or "Rejected"
        self._boot_s = 0  # uptime of the next BootNotification
        self._heartbeat_s = 0  # uptime of the last Heartbeat
        self._sample_s = 0  # uptime of the last periodic meter sample
        self._sampled = None  # record it belongs to
        self._ask = None  # id tag waiting for Authorize
        self.triggers = []  # (message, connector or None) asked for by TriggerMessage
        self._status = [-1, -1]  # last reported of connector 0 and 1
        self._fault = [0, 0]
        self.reset_wanted = None  # None, "Soft" or "Hard"
        self._reset_s = None
        self.on_reset = None  # callable, default machine.reset
        self._failures = 0

    # What the transactions ask for.

    def online(self):
        """True while connected and accepted."""
        return self._rpc is not None and self.boot_status == "Accepted"

    def authorize(self, id_tag):
        """Ask the central system about a card; Transactions.answer gets the result.

        False when it cannot be asked now: unknown cards do not charge offline.
        """
        if not self.online() or self._ask is not None:
            return False
        self._ask = id_tag
        return True

    # Connection.

    async def run(self):
        """Connect, serve, and connect again, for ever."""
        self.config.load()
        clockwork = asyncio.create_task(self._clockwork())
        try:
            while True:
                try:
                    await self._connection()
                except (websocket.Closed, ValueError) as error:
                    self._app.log.event("ocpp_unreachable", why=str(error))
                wait_ms = back_off_ms(self._id, self._failures)
                self._failures += 1
                await asyncio.sleep(wait_ms / 1000)
        finally:
            clockwork.cancel()

    async def _connection(self):
        app = self._app
        socket = await websocket.connect(self._url, _PROTOCOL)
        app.log.event("ocpp_connected", id=self._id)
        rpc = Rpc(socket, self._ids, self._calls.handle, app.log.event, app.clock.uptime_s)
        reader = asyncio.create_task(rpc.run())
        self._rpc = rpc
        try:
            await self._session(rpc)
        finally:
            self._rpc = None
            reader.cancel()
            await socket.close()
            app.log.event("ocpp_lost", why=rpc.ended or "no answer")
            if self._ask is not None:
                self._answer(False)

    async def _session(self, rpc):
        """Send what is due until the connection ends or a call is not answered."""
        while rpc.ended is None:
            if self.boot_status == "Accepted":
                done = await self._work(rpc)
            elif self._app.clock.uptime_s() >= self._boot_s:
                done = await self._boot(rpc)
            elif self.boot_status == "Pending" and self.triggers:
                done = await self._triggered(rpc)
            else:
                done = delivery.NOTHING
            if done == delivery.BROKEN:
                return
            if done == delivery.NOTHING:
                await asyncio.sleep(_POLL_MS / 1000)

    async def _boot(self, rpc):
        app = self._app
        error, answer = await rpc.call(
            "BootNotification",
            {
                "chargePointVendor": VENDOR,
                "chargePointModel": app.settings.board[:20],
                "chargePointSerialNumber": app.settings.device_id[:25],
                "firmwareVersion": VERSION,
            },
        )
        self._boot_s = app.clock.uptime_s() + _BOOT_RETRY_S
        if error is not None:
            return _outcome(error)
        self.boot_status = answer.get("status")
        interval_s = answer.get("interval")
        if not isinstance(interval_s, int) or not 0 < interval_s <= 86400:
            interval_s = 0
        self._set_clock(answer)
        if self.boot_status == "Accepted":
            self._failures = 0
            self._heartbeat_s = app.clock.uptime_s()
            if interval_s:
                app.settings.heartbeat_s = interval_s
        elif interval_s:
            self._boot_s = app.clock.uptime_s() + interval_s
        app.log.event("ocpp_boot", status=self.boot_status, interval_s=interval_s)
        return delivery.SENT

    def _set_clock(self, answer):
        unix_s = parse_iso(answer.get("currentTime"))
        if unix_s is None:
            self._app.log.event("ocpp_malformed", why="currentTime")
            return
        step_s = self._app.clock.set(unix_s)
        if step_s:
            self._app.log.event("clock_set", now=self._app.clock.iso())

    async def _work(self, rpc):
        """Send one message, the most urgent that is due."""
        self._failures = 0
        if self.triggers:
            return await self._triggered(rpc)
        if self._ask is not None:
            error, answer = await rpc.call("Authorize", {"idTag": self._ask})
            self._answer(error is None and delivery.accepted(answer))
            return _outcome(error)
        # A start or stop is told before the status that follows from it, except after boot.
        done = await delivery.deliver(self._app, rpc) if self._status[1] >= 0 else 0
        for connector in (0, 1):
            if not done:
                done = await self._report(rpc, connector, False)
        if done:
            return done
        now_s = self._app.clock.uptime_s()
        if now_s - self._heartbeat_s >= self._app.settings.heartbeat_s:
            return await self._heartbeat(rpc)
        return delivery.NOTHING

    def _answer(self, yes):
        id_tag = self._ask
        self._ask = None
        self._app.transactions.answer(id_tag, yes)

    async def _heartbeat(self, rpc):
        self._heartbeat_s = self._app.clock.uptime_s()
        error, answer = await rpc.call("Heartbeat", {})
        if error is None:
            self._set_clock(answer)
        return _outcome(error)

    async def _report(self, rpc, connector, always):
        """StatusNotification of a connector if it has changed, or `always`."""
        app = self._app
        before = self._status[connector]
        if connector == 0:
            now = status.station_status(app.charger, app.transactions)
        else:
            now = status.connector_status(app.charger, app.transactions, before)
            now = status.step_towards(before, now if now >= 0 else status.PREPARING)
        fault = app.charger.fault
        if now == before and fault == self._fault[connector] and not always:
            return delivery.NOTHING
        self._status[connector] = now
        self._fault[connector] = fault
        error, _ = await rpc.call(
            "StatusNotification", status.payload(connector, now, fault, app.clock.iso())
        )
        if error == TIMEOUT or error == LOST:
            self._status[connector] = before  # told again on the next connection
            if before < 0:
                self._fault[connector] = 0
        return _outcome(error)

    async def _triggered(self, rpc):
        """Send one message that TriggerMessage asked for."""
        message, connector = self.triggers.pop(0)
        if message == "Heartbeat":
            return await self._heartbeat(rpc)
        if message == "BootNotification":
            return await self._boot(rpc)
        if message == "MeterValues":
            if connector == 0:
                return delivery.NOTHING  # connector 0 has no meter of its own
            app = self._app
            record = app.transactions.open
            error, _ = await rpc.call(
                "MeterValues",
                meter.payload(
                    meter.sample(app),
                    app.clock,
                    app.settings.phases,
                    meter.TRIGGER,
                    record.number if record else None,
                ),
            )
            return _outcome(error)
        if connector is None:
            self.triggers.insert(0, (message, 1))
            connector = 0
        return await self._report(rpc, connector, True)

    # Clockwork.

    async def _clockwork(self):
        while True:
            try:
                self._tick()
            except Exception as error:  # the next second tries again
                self._app.log.event("service_failed", service="ocpp", error=repr(error))
            await asyncio.sleep(1)

    def _tick(self):
        self.smart.poll()
        if self._rpc is not None:
            self._rpc.poll()
        self._sample()
        if self.reset_wanted:
            self._reset()

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

    def _reset(self):
        """Stop the transaction, wait for its delivery but not for ever, restart."""
        transactions = self._app.transactions
        now_s = self._app.clock.uptime_s()
        if self._reset_s is None:
            self._reset_s = now_s + _RESET_S[self.reset_wanted]
            if self.reset_wanted == "Hard":
                transactions.close("HardReset")
            else:
                transactions.stop("SoftReset")
            return
        if now_s < self._reset_s and transactions.records:
            return
        transactions.close(self.reset_wanted + "Reset")
        self._app.log.event("reset", kind=self.reset_wanted)
        self.reset_wanted = self._reset_s = None
        if self.on_reset:
            self.on_reset()
        else:
            import machine

            machine.reset()


def _outcome(error):
    return delivery.BROKEN if error in (TIMEOUT, LOST) else delivery.SENT


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
