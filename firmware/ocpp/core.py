# SPDX-License-Identifier: MIT
"""Core profile of OCPP 1.6, as far as the central system asks: what each request does here."""

from firmware.ocpp import fields, id_file
from firmware.ocpp.fields import KEYS_PER_ANSWER
from firmware.ocpp.rpc import OCCURRENCE, PROPERTY, TYPE, CallError
from firmware.ocpp.session import VENDOR
from firmware.printable import printable

_INT = (1 << 31) - 1


class Core:
    """Handlers of the Core profile."""

    def __init__(self, app, station):
        self._app = app
        self._station = station

    def handlers(self):
        """{action: handler}"""
        return {
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "DataTransfer": self._data_transfer,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "UnlockConnector": self._unlock,
        }

    def idle(self):
        """Nothing is kept here."""
        return True

    def _accepted(self):
        return self._station.session.boot_status == "Accepted"

    def _change_availability(self, payload):
        fields.integer(payload, "connectorId", 0, 1)
        operative = fields.choice(payload, "type", ("Operative", "Inoperative")) == "Operative"
        transactions = self._app.transactions
        if transactions.operative != operative:
            transactions.operative = operative
            self._station.config.touch()
        return {"status": "Accepted" if operative or not transactions.open else "Scheduled"}

    def _change_configuration(self, payload):
        key = fields.text(payload, "key", 50)
        value = fields.text(payload, "value", 500)
        return {"status": self._station.config.change(key, value)}

    def _get_configuration(self, payload):
        keys = fields.table(payload, "key", list, False) or []
        if len(keys) > KEYS_PER_ANSWER:
            raise CallError(OCCURRENCE, "key: expected at most %d names" % KEYS_PER_ANSWER)
        for key in keys:
            if not isinstance(key, str):
                raise CallError(TYPE, "key: expected names")
            if len(key) > 50 or not printable(key):
                raise CallError(PROPERTY, "key: expected at most 50 printable characters")
        return self._station.config.get(keys)

    def _clear_cache(self, payload):
        if not self._station.config.flag("AuthorizationCacheEnabled"):
            return {"status": "Rejected"}
        self._station.need("authorise").cache.clear()
        return {"status": "Accepted"}

    def _data_transfer(self, payload):
        vendor = fields.text(payload, "vendorId", 255)
        fields.text(payload, "messageId", 50, "")
        if vendor == VENDOR:
            transfer = self._station.need("transfer")
            if transfer:
                return transfer.handle(payload)
        return {"status": "UnknownVendorId"}

    def _unlock(self, payload):
        fields.integer(payload, "connectorId", 0, _INT)
        return {"status": "NotSupported"}  # the lock of this socket belongs to the car

    def _remote_start(self, payload):
        id_tag = fields.text(payload, "idTag", 20)
        connector = fields.optional_integer(payload, "connectorId", 0, _INT)
        profile = fields.table(payload, "chargingProfile", dict, False)
        why = None
        if not self._accepted():
            why = "not accepted yet"
        elif connector not in (None, 1):
            why = "unknown connector"
        elif not id_file.is_id(id_tag):
            why = "no card number"
        elif profile is not None:
            why = self._check_profile(profile)
        if why is None:
            ask = self._station.config.flag("AuthorizeRemoteTxRequests")
            if self._app.transactions.remote_start(id_tag, ask):
                self._station.start_forgotten()
                if profile is not None:
                    self._station.need("schedules").remote_profile(profile)
            else:
                why = "not available"
        self._app.log.event("remote_start", id_tag=id_tag, why=why)
        return {"status": "Rejected" if why else "Accepted"}

    def _check_profile(self, profile):
        schedules = self._station.need("schedules")
        return schedules.check_remote(profile) if schedules else "SmartCharging is not configured"

    def _remote_stop(self, payload):
        number = fields.integer(payload, "transactionId", -_INT - 1, _INT)
        done = self._accepted() and self._app.transactions.remote_stop(number)
        return {"status": "Accepted" if done else "Rejected"}

    def _reset(self, payload):
        kind = fields.choice(payload, "type", ("Hard", "Soft"))
        return {"status": "Accepted" if self._station.need("restart").want(kind) else "Rejected"}
