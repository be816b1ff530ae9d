# SPDX-License-Identifier: MIT
"""TriggerMessage (1.6 ed. 2, 5.17) and ExtendedTriggerMessage of the security extension.

The answer comes first, the message afterwards: it waits in `session.triggers`.
"""

from firmware import lazy
from firmware.ocpp import fields
from firmware.ocpp.session import NOTHING, outcome

_MESSAGES = (
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
)
_EXTENDED = (
    "BootNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SignChargePointCertificate",
    "StatusNotification",
)
_MOST = 4  # waiting at the same time


class Trigger:
    """The two handlers."""

    def __init__(self, app, station):
        self._app = app
        self._station = station

    def handlers(self):
        """{action: handler}"""
        table = {"TriggerMessage": self._trigger}
        if "Security" in self._station.features:
            table["ExtendedTriggerMessage"] = self._extended
        return table

    def idle(self):
        """True when nothing waits."""
        return not self._station.session.triggers

    def _trigger(self, payload):
        message = fields.choice(payload, "requestedMessage", _MESSAGES)
        if message.startswith(("Diagnostics", "Firmware")):
            if "FirmwareManagement" not in self._station.features:
                return {"status": "NotImplemented"}
        return self._queue(payload, message)

    def _extended(self, payload):
        message = fields.choice(payload, "requestedMessage", _EXTENDED)
        if message == "SignChargePointCertificate":
            return {"status": "NotImplemented"}  # no key can be made on this platform
        if message == "FirmwareStatusNotification":
            if "FirmwareManagement" not in self._station.features:
                return {"status": "NotImplemented"}
            message = "SignedFirmwareStatusNotification"
        return self._queue(payload, message)

    def _queue(self, payload, message):
        connector = fields.optional_integer(payload, "connectorId", 0, 1)
        session = self._station.session
        if message == "BootNotification" and session.boot_status == "Accepted":
            return {"status": "Rejected"}  # errata 4.0 3.35
        if len(session.triggers) >= _MOST:
            return {"status": "Rejected"}
        session.triggers.append((message, connector))
        return {"status": "Accepted"}

    async def send(self, rpc):
        """Send the first message that waits; NOTHING, SENT or BROKEN."""
        session = self._station.session
        message, connector = session.triggers.pop(0)
        if message == "Heartbeat":
            return await session.heartbeat(rpc)
        if message == "BootNotification":
            return await session.boot(rpc)
        if message == "MeterValues":
            if connector == 0:
                return NOTHING  # connector 0 has no meter of its own
            return await self._meter(rpc)
        if message == "StatusNotification":
            if connector is None:
                session.triggers.insert(0, (message, 1))
                connector = 0
            return await session.report(rpc, connector, True)
        # What a feature has to say goes through the outbox.
        part = await self._station.fetch("update" if "Firmware" in message else "uploads")
        if part is None:
            return NOTHING
        if message == "DiagnosticsStatusNotification":
            part.tell_diagnostics()
        elif message == "LogStatusNotification":
            part.tell_log()
        else:
            part.tell(message.startswith("Signed"))
        return await session.notify(rpc)

    async def _meter(self, rpc):
        app = self._app
        await self._station.fetch("delivery")
        meter = lazy.load("firmware.ocpp.meter")
        record = app.transactions.open
        request = meter.payload(
            meter.sample(app, meter.TRIGGER),
            app.clock,
            app.settings.phases,
            self._station.config.text("MeterValuesSampledData") or fields.MEASURANDS,
            record.number if record else None,
        )
        error, _ = await rpc.call("MeterValues", request)
        return outcome(error)
