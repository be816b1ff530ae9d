# SPDX-License-Identifier: MIT
"""TriggerMessage (1.6 ed. 2, 5.17) and ExtendedTriggerMessage of the security extension.

The answer comes first, the message afterwards: it waits in `session.triggers`.
"""

from firmware.ocpp import fields

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
        self._station = station

    def handlers(self):
        """{action: handler}"""
        table = {"TriggerMessage": self._trigger}
        if "Security" in self._station.features:
            table["ExtendedTriggerMessage"] = self._extended
        return table

    def idle(self):
        """Nothing is kept here."""
        return True

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
