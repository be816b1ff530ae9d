# SPDX-License-Identifier: MIT
"""What a station says of its own accord, one message after the other, the most urgent first.

Boot, then status, what was asked for by TriggerMessage, authorisation, transactions, heartbeat.
The state here outlives a connection: a station that reconnects does not boot again (1.6-J
errata 3.3) and tells only what has changed.
"""

import asyncio

from firmware.clock import parse_iso
from firmware.ocpp import delivery, meter, status
from firmware.ocpp.rpc import LOST, TIMEOUT

VENDOR = "GridPilot"
VERSION = "0.1.0"
_POLL_MS = 200
_BOOT_RETRY_S = 60  # when the central system leaves the interval to us


class Session:
    """`run` serves one connection until it ends or a call is not answered."""

    def __init__(self, app):
        self._app = app
        self.boot_status = None  # None, "Accepted", "Pending" or "Rejected"
        self.triggers = []  # (message, connector or None) asked for by TriggerMessage
        self.ask = None  # id tag waiting for Authorize
        self.failures = 0  # connections in a row that led to nothing
        self._boot_s = 0  # uptime of the next BootNotification
        self._heartbeat_s = 0  # uptime of the last Heartbeat
        self._status = [-1, -1]  # last reported of connector 0 and 1
        self._fault = [0, 0]

    async def run(self, rpc):
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
        if error in (TIMEOUT, LOST):
            return delivery.BROKEN  # still due on the next connection
        self._boot_s = app.clock.uptime_s() + _BOOT_RETRY_S
        if error is not None:
            return delivery.SENT
        self.boot_status = answer.get("status")
        interval_s = answer.get("interval")
        if not isinstance(interval_s, int) or not 0 < interval_s <= 86400:
            interval_s = 0
        self._set_clock(answer)
        if self.boot_status == "Accepted":
            self.failures = 0
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
        self.failures = 0
        if self.triggers:
            return await self._triggered(rpc)
        if self.ask is not None:
            error, answer = await rpc.call("Authorize", {"idTag": self.ask})
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

    def ended(self):
        """The connection is gone: whoever waits for an answer gets a no."""
        if self.ask is not None:
            self._answer(False)

    def _answer(self, yes):
        id_tag = self.ask
        self.ask = None
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


def _outcome(error):
    return delivery.BROKEN if error in (TIMEOUT, LOST) else delivery.SENT
