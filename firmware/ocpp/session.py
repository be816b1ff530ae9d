# SPDX-License-Identifier: MIT
"""What a station says of its own accord, one message after the other, the most urgent first.

Boot, then what was asked for by TriggerMessage, authorisation, transactions, status,
notifications that wait in the outbox, heartbeat.
The state here outlives a connection: a station that reconnects does not boot again (1.6-J
errata 3.3) and tells only what has changed.
"""

import asyncio

from firmware.clock import parse_iso
from firmware.ocpp import status
from firmware.ocpp.rpc import LOST, NOT_IMPLEMENTED, NOT_SUPPORTED, TIMEOUT

VENDOR = "GridPilot"
VERSION = "0.1.0"
NOTHING = 0
SENT = 1
BROKEN = 2  # no answer: the connection is not worth keeping
_BIG = 1 << 63
_POLL_MS = 200


class Session:
    """`run` serves one connection until it ends or a call is not answered."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self.boot_status = None  # None, "Accepted", "Pending" or "Rejected"
        self.triggers = []  # (message, connector or None) asked for by TriggerMessage
        self.ask = None  # id tag waiting for Authorize
        self.failures = 0  # attempts and short connections in a row
        self.boot_s = 0  # uptime of the next BootNotification
        self.heartbeat_s = 0  # uptime of the last Heartbeat
        self._status = [-1, -1]  # last reported of connector 0 and 1
        self._fault = [0, 0]
        self._seen = -1  # status of connector 1 that has to last MinimumStatusDuration
        self._seen_s = 0

    async def run(self, rpc):
        """Send what is due until the connection ends or a call is not answered."""
        while rpc.ended is None:
            if self.boot_status == "Accepted":
                done = await self._work(rpc)
            elif self._app.clock.uptime_s() >= self.boot_s:
                done = await self.boot(rpc)
            elif self.boot_status == "Pending" and self.triggers:  # nothing else (1.6, 4.2.1)
                done = await self.triggered(rpc)
            else:
                done = NOTHING
            if done == BROKEN:
                return
            if done == NOTHING:
                await asyncio.sleep(_POLL_MS / 1000)

    async def boot(self, rpc):
        """BootNotification, and what its answer says."""
        part = await self._station.fetch("boot")
        return await part.boot(self._app, self._station, rpc)

    async def triggered(self, rpc):
        """Send one message that TriggerMessage asked for."""
        part = await self._station.fetch("triggers")
        return await part.send(rpc)

    def set_clock(self, answer):
        """Take the time of day out of an answer."""
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
            return await self.triggered(rpc)
        if self.ask is not None:
            return await self._authorize(rpc)
        # A start or stop is told before the status that follows from it, except after boot.
        done = NOTHING
        if self._status[1] >= 0 and self._app.transactions.records:
            delivery = await self._station.fetch("delivery")
            done = await delivery.deliver(rpc)
        for connector in (0, 1):
            if not done:
                done = await self.report(rpc, connector, False)
        authorise = self._station.authorise
        if not done and authorise and authorise.conflict:
            done = outcome(await authorise.tell_conflict(rpc, self._status[0]))
        if not done:
            done = await self.notify(rpc)
        if done:
            return done
        now_s = self._app.clock.uptime_s()
        if now_s - self.heartbeat_s >= self._app.settings.heartbeat_s:
            return await self.heartbeat(rpc)
        return NOTHING

    async def _authorize(self, rpc):
        id_tag = self.ask
        error, answer = await rpc.call("Authorize", {"idTag": id_tag})
        if self.ask == id_tag:  # else the end of the connection was the answer
            self.ask = None
            info = id_info(answer) if error is None else None
            self._station.errand("authorise", "answered", id_tag, error, info)
        return outcome(error)

    def ended(self):
        """The connection is gone: whoever waits for an answer gets one that is decided here."""
        id_tag = self.ask
        self.ask = None
        if id_tag is not None:
            self._station.errand("authorise", "answered", id_tag, LOST, None)

    async def notify(self, rpc):
        """Send the oldest notification of the outbox."""
        outbox = self._station.outbox
        entry = outbox.first()
        if entry is None:
            return NOTHING
        error, _ = await rpc.call(entry[0], entry[1])
        if error in (NOT_IMPLEMENTED, NOT_SUPPORTED) and entry[0] != "DataTransfer":
            self._station.not_understood(entry[0])
        if error not in (TIMEOUT, LOST):
            outbox.done(entry)
        return outcome(error)

    async def heartbeat(self, rpc):
        """Heartbeat."""
        self.heartbeat_s = self._app.clock.uptime_s()
        error, answer = await rpc.call("Heartbeat", {})
        if error is None:
            self.set_clock(answer)
        return outcome(error)

    async def report(self, rpc, connector, always):
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
            return NOTHING
        self._status[connector] = now
        self._fault[connector] = fault
        error, _ = await rpc.call(
            "StatusNotification", status.payload(connector, now, fault, app.clock.iso())
        )
        if error == TIMEOUT or error == LOST:
            self._status[connector] = before  # told again on the next connection
            if before < 0:
                self._fault[connector] = 0
        return outcome(error)

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


def outcome(error):
    """What came of a call: BROKEN without an answer, else SENT."""
    return BROKEN if error in (TIMEOUT, LOST) else SENT


def is_integer(value):
    """True for a whole number of at most 64 bits; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and -_BIG <= value < _BIG


def id_info(answer):
    """The idTagInfo of an answer, or None."""
    info = answer.get("idTagInfo")
    return info if isinstance(info, dict) else None
