# SPDX-License-Identifier: MIT
"""One connection of a station to the embedded central system: counts, checks, handlers.

The answers are made by the package `ocpp`; every message is checked against its schemas.
"""

import json
import logging

import ocpp.messages
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action
from websockets.exceptions import ConnectionClosed

ocpp.messages.ASYNC_VALIDATION = False  # threads would only add their own order

_QUIET = logging.getLogger("tools.bench.csms")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


class Link(ChargePoint):
    """One connection of a station: what came in, what went out, and the handlers."""

    def __init__(self, csms, socket):
        super().__init__("station", self, logger=_QUIET)
        self.csms = csms
        self.socket = socket
        self.inbox = []  # texts received
        self.handled = 0
        self.sent = 0
        self.closed = False
        self.queue = []  # calls not sent yet: (action, payload, checked)
        self.pending = None  # (id, action, checked) of the call without answer

    async def send(self, text):
        """Write one text message; the base class calls this with its answers."""
        if text.startswith("[4,"):
            frame = json.loads(text)
            self.csms.note("call_error", "answered %s to message %s: %s" % (
                frame[2], frame[1], frame[3]))  # fmt: skip
        try:
            await self.socket.send(text)
            self.sent += 1
        except ConnectionClosed:
            self.closed = True

    async def next(self):
        """Handle the oldest message that was not handled yet, to the end."""
        text = self.inbox[self.handled]
        self.handled += 1
        try:
            message = ocpp.messages.unpack(text)
        except (OCPPError, TypeError) as error:
            self.csms.note("protocol", "not a message: %s (%s)" % (text[:200], error))
            return
        if isinstance(message, ocpp.messages.Call):
            await self._check(message)
            await self.route_message(text)
        else:
            await self._answered(message)

    async def _check(self, message):
        try:
            await ocpp.messages.validate_payload(message, "1.6")
        except OCPPError as error:
            self.csms.note("schema", "%s: %s" % (message.action, _cause(error)))

    async def _answered(self, message):
        if self.pending is None or self.pending[0] != message.unique_id:
            self.csms.note("protocol", "answer to no call of ours: %s" % message.unique_id)
            return
        _, action, checked = self.pending
        self.pending = None
        if isinstance(message, ocpp.messages.CallError):
            answer = {"error": message.error_code, "description": message.error_description}
            if checked:
                self.csms.note("call_error", "%s was answered %s: %s" % (
                    action, message.error_code, message.error_description))  # fmt: skip
        else:
            message.action = action
            answer = json.loads(json.dumps(message.payload))
            await self._check(message)
        self.csms.answers.append({"t_ms": self.csms.t_ms, "action": action, "answer": answer})
        await self.call_next()

    async def call_next(self):
        """Send the next call of ours if none is open."""
        if self.pending is not None or not self.queue:
            return
        action, payload, checked = self.queue.pop(0)
        message = ocpp.messages.Call(self.csms.new_id(), action, payload)
        text = message.to_json()
        if checked:
            await self._check(message)
        self.pending = (message.unique_id, action, checked)
        await self.send(text)

    # Handlers. The base class checks the answers against the schemas too.

    @on(Action.boot_notification)
    def on_boot(self, **_):
        """Accept every station."""
        self.csms.boots += 1
        return call_result.BootNotification(self.csms.iso_at(), self.csms.interval_s, "Accepted")

    @on(Action.heartbeat)
    def on_heartbeat(self):
        """Tell the time."""
        return call_result.Heartbeat(self.csms.iso_at())

    @on(Action.status_notification)
    def on_status(self, **_):
        """Take note."""
        return call_result.StatusNotification()

    @on(Action.authorize)
    def on_authorize(self, id_tag):
        """Accept all but the blocked cards."""
        return call_result.Authorize({"status": self._status(id_tag)})

    @on(Action.start_transaction)
    def on_start(self, id_tag, meter_start, **_):
        """Number the transaction; a blocked card gets one too, and is told so."""
        if self.csms.running() is not None:
            self.csms.note("protocol", "StartTransaction while one is running")
        number = len(self.csms.transactions) + 1
        self.csms.transactions[number] = {
            "id_tag": id_tag, "start_wh": meter_start, "stop_wh": None, "reason": None,
        }  # fmt: skip
        return call_result.StartTransaction(number, {"status": self._status(id_tag)})

    @on(Action.stop_transaction)
    def on_stop(self, transaction_id, meter_stop, reason="Local", **_):
        """Close the transaction."""
        found = self.csms.transactions.get(transaction_id)
        if found is None or found["stop_wh"] is not None:
            self.csms.note("protocol", "StopTransaction %d is not running" % transaction_id)
        else:
            found["stop_wh"] = meter_stop
            found["reason"] = reason
            if meter_stop < found["start_wh"]:
                self.csms.note("protocol", "meterStop is below meterStart")
        return call_result.StopTransaction()

    @on(Action.meter_values)
    def on_meter(self, **_):
        """Take note."""
        return call_result.MeterValues()

    @on(Action.security_event_notification)
    def on_security_event(self, **_):
        """Take note."""
        return call_result.SecurityEventNotification()

    @on(Action.firmware_status_notification)
    def on_firmware(self, **_):
        """Take note."""
        return call_result.FirmwareStatusNotification()

    @on(Action.signed_firmware_status_notification)
    def on_signed_firmware(self, **_):
        """Take note."""
        return call_result.SignedFirmwareStatusNotification()

    @on(Action.diagnostics_status_notification)
    def on_diagnostics(self, **_):
        """Take note."""
        return call_result.DiagnosticsStatusNotification()

    @on(Action.log_status_notification)
    def on_log(self, **_):
        """Take note."""
        return call_result.LogStatusNotification()

    @on(Action.data_transfer)
    def on_data(self, **_):
        """Know no vendor."""
        return call_result.DataTransfer("UnknownVendorId")

    def _status(self, id_tag):
        return "Blocked" if id_tag.lower() in self.csms.blocked else "Accepted"


def _cause(error):
    """First line of what the validator says."""
    details = getattr(error, "details", None) or {}
    return str(details.get("cause", error)).split("\n")[0][:200]
