# SPDX-License-Identifier: MIT
"""Answers what the central system asks for. Each handler takes the payload, returns the answer.

Handlers never wait: what takes longer is noted on the station and done after the answer is out.
"""

from firmware.ocpp import fields
from firmware.ocpp.rpc import NOT_IMPLEMENTED, PROPERTY, CallError

_TRIGGERS = (
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
)


class Calls:
    """The table of actions. `station` owns connection and state, `app` the charger."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._table = {
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": station.smart.clear_profile,
            "DataTransfer": self._data_transfer,
            "GetCompositeSchedule": station.smart.composite,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "SetChargingProfile": station.smart.set_profile,
            "TriggerMessage": self._trigger,
            "UnlockConnector": self._unlock,
        }

    def handle(self, action, payload):
        """Answer one CALL; raises CallError. None: not now (we were rejected at boot)."""
        if self._station.session.boot_status == "Rejected":
            return None
        handler = self._table.get(action)
        if handler is None:
            raise CallError(NOT_IMPLEMENTED, "unknown action")
        return handler(payload)

    def _accepted(self):
        return self._station.session.boot_status == "Accepted"

    def _change_availability(self, payload):
        fields.integer(payload, "connectorId", 0, 1)
        operative = fields.choice(payload, "type", ("Operative", "Inoperative")) == "Operative"
        transactions = self._app.transactions
        if transactions.operative != operative:
            transactions.operative = operative
            self._station.config.save()
        return {"status": "Accepted" if operative or not transactions.open else "Scheduled"}

    def _change_configuration(self, payload):
        key = fields.text(payload, "key", 50)
        value = fields.text(payload, "value", 500)
        return {"status": self._station.config.change(key, value)}

    def _get_configuration(self, payload):
        keys = fields.table(payload, "key", list, False) or []
        if len(keys) > 50 or any(not isinstance(k, str) or len(k) > 50 for k in keys):
            raise CallError(PROPERTY, "key: expected at most 50 names of at most 50 characters")
        return self._station.config.get(keys)

    def _clear_cache(self, payload):
        return {"status": "Rejected"}  # there is no cache (errata 4.0 3.23)

    def _data_transfer(self, payload):
        fields.text(payload, "vendorId", 255)
        return {"status": "UnknownVendorId"}

    def _unlock(self, payload):
        fields.integer(payload, "connectorId", 0, 1 << 29)
        return {"status": "NotSupported"}  # the lock of this socket belongs to the car

    def _remote_start(self, payload):
        id_tag = fields.text(payload, "idTag", 20)
        connector = fields.optional_integer(payload, "connectorId", 0, 1 << 29)
        why = None
        if not self._accepted():
            why = "not accepted yet"
        elif connector not in (None, 1):
            why = "unknown connector"
        elif payload.get("chargingProfile") is not None:
            why = "TxProfile is not supported"
        elif not id_tag or not self._app.transactions.remote_start(id_tag):
            why = "not available"
        self._app.log.event("remote_start", id_tag=id_tag, why=why)
        return {"status": "Rejected" if why else "Accepted"}

    def _remote_stop(self, payload):
        number = fields.integer(payload, "transactionId", -(1 << 31), (1 << 31) - 1)
        done = self._accepted() and self._app.transactions.remote_stop(number)
        return {"status": "Accepted" if done else "Rejected"}

    def _reset(self, payload):
        self._station.reset_wanted = fields.choice(payload, "type", ("Hard", "Soft"))
        return {"status": "Accepted"}

    def _trigger(self, payload):
        message = fields.choice(payload, "requestedMessage", _TRIGGERS)
        connector = fields.optional_integer(payload, "connectorId", 0, 1)
        if message.startswith(("Diagnostics", "Firmware")):
            return {"status": "NotImplemented"}
        if message == "BootNotification" and self._accepted():
            return {"status": "Rejected"}  # errata 4.0 3.35
        if len(self._station.session.triggers) >= 4:
            return {"status": "Rejected"}
        self._station.session.triggers.append((message, connector))
        return {"status": "Accepted"}
