# SPDX-License-Identifier: MIT
"""What a station says of its own accord, one message after the other, the most urgent first.

Boot, then what was asked for by TriggerMessage, authorisation, transactions, status,
notifications that wait in the outbox, heartbeat.
The state here outlives a connection: a station that reconnects does not boot again (1.6-J
errata 3.3) and tells only what has changed.
"""

import asyncio

from firmware.clock import parse_iso
from firmware.ocpp import delivery, meter, status
from firmware.ocpp.rpc import LOST, NOT_IMPLEMENTED, NOT_SUPPORTED, TIMEOUT

VENDOR = "GridPilot"
VERSION = "0.1.0"
_POLL_MS = 200
_BOOT_RETRY_S = 60  # when the central system leaves the interval to us
_DAY_S = 86400


class Session:
    """`run` serves one connection until it ends or a call is not answered."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self.boot_status = None  # None, "Accepted", "Pending" or "Rejected"
        self.triggers = []  # (message, connector or None) asked for by TriggerMessage
        self.ask = None  # id tag waiting for Authorize
        self.failures = 0  # attempts and short connections in a row
        self._boot_s = 0  # uptime of the next BootNotification
        self._heartbeat_s = 0  # uptime of the last Heartbeat
        self._status = [-1, -1]  # last reported of connector 0 and 1
        self._fault = [0, 0]
        self._seen = -1  # status of connector 1 that has to last MinimumStatusDuration
        self._seen_s = 0

    async def run(self, rpc):
        """Send what is due until the connection ends or a call is not answered."""
        while rpc.ended is None:
            if self.boot_status == "Accepted":
                done = await self._work(rpc)
            elif self._app.clock.uptime_s() >= self._boot_s:
                done = await self._boot(rpc)
            elif self.boot_status == "Pending" and self.triggers:  # nothing else (1.6, 4.2.1)
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
        if self.boot_status not in ("Accepted", "Pending", "Rejected"):
            self.boot_status = None  # asked again
        interval_s = answer.get("interval")
        if not delivery.is_integer(interval_s) or not 0 < interval_s <= _DAY_S:
            interval_s = 0
        self._set_clock(answer)
        if self.boot_status == "Accepted":
            self._heartbeat_s = app.clock.uptime_s()
            if interval_s:
                app.settings.heartbeat_s = interval_s
            self._station.accepted()
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
            self._station.clock_was_set(step_s)

    async def _work(self, rpc):
        """Send one message, the most urgent that is due."""
        if self.triggers:
            return await self._triggered(rpc)
        if self.ask is not None:
            return await self._authorize(rpc)
        # A start or stop is told before the status that follows from it, except after boot.
        done = delivery.NOTHING
        if self._status[1] >= 0:
            done = await delivery.deliver(self._app, rpc, self._station.config)
        for connector in (0, 1):
            if not done:
                done = await self._report(rpc, connector, False)
        if not done and self._station.authorise.conflict:
            done = await self._conflict(rpc)
        if not done:
            done = await self._notify(rpc)
        if done:
            return done
        now_s = self._app.clock.uptime_s()
        if now_s - self._heartbeat_s >= self._app.settings.heartbeat_s:
            return await self._heartbeat(rpc)
        return delivery.NOTHING

    async def _authorize(self, rpc):
        id_tag = self.ask
        error, answer = await rpc.call("Authorize", {"idTag": id_tag})
        if self.ask == id_tag:  # else the end of the connection was the answer
            self.ask = None
            info = delivery.id_info(answer) if error is None else None
            self._station.authorise.answered(id_tag, error, info)
        return _outcome(error)

    def ended(self):
        """The connection is gone: whoever waits for an answer gets one that is decided here."""
        id_tag = self.ask
        self.ask = None
        if id_tag is not None:
            self._station.authorise.answered(id_tag, LOST, None)

    async def _conflict(self, rpc):
        """The local list and the central system do not agree about a card (1.6 ed. 2, 5.10)."""
        self._station.authorise.conflict = False
        request = status.payload(0, max(0, self._status[0]), 0, self._app.clock.iso())
        request["errorCode"] = "LocalListConflict"
        error, _ = await rpc.call("StatusNotification", request)
        return _outcome(error)

    async def _notify(self, rpc):
        """Send the oldest notification of the outbox."""
        outbox = self._station.outbox
        entry = outbox.first()
        if entry is None:
            return delivery.NOTHING
        error, _ = await rpc.call(entry[0], entry[1])
        if error in (NOT_IMPLEMENTED, NOT_SUPPORTED) and entry[0] != "DataTransfer":
            self._station.not_understood(entry[0])
        if error not in (TIMEOUT, LOST):
            outbox.done(entry)
        return _outcome(error)

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
            reservation = self._station.reservation
            if now == status.AVAILABLE and reservation and reservation.number is not None:
                now = status.RESERVED
            if now == status.PREPARING and self._station.waited_for_card():
                now = status.FINISHING  # step B6 of 4.9
            now = self._lasting(before, now)
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

    def _lasting(self, before, now):
        """`now` once it has lasted MinimumStatusDuration, else `before`; a fault does not wait."""
        now_s = self._app.clock.uptime_s()
        if now != self._seen:
            self._seen = now
            self._seen_s = now_s
        if before < 0 or now == status.FAULTED:
            return now
        shortest_s = self._station.config.number("MinimumStatusDuration")
        return now if now_s - self._seen_s >= shortest_s else before

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
            return await self._meter(rpc)
        if message != "StatusNotification":
            self._station.trigger(message)  # what a feature has to say goes through the outbox
            return await self._notify(rpc)
        if connector is None:
            self.triggers.insert(0, (message, 1))
            connector = 0
        return await self._report(rpc, connector, True)

    async def _meter(self, rpc):
        app = self._app
        record = app.transactions.open
        request = meter.payload(
            meter.sample(app, meter.TRIGGER),
            app.clock,
            app.settings.phases,
            self._station.config.text("MeterValuesSampledData") or meter.MEASURANDS,
            record.number if record else None,
        )
        error, _ = await rpc.call("MeterValues", request)
        return _outcome(error)


def _outcome(error):
    return delivery.BROKEN if error in (TIMEOUT, LOST) else delivery.SENT
