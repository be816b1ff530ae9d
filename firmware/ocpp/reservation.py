# SPDX-License-Identifier: MIT
"""Reservation of connector 1: ReserveNow and CancelReservation (1.6 ed. 2, 5.13 and 5.2).

There is at most one; it is kept in flash, ends on use, at its expiry, and when the charger becomes
faulted or unavailable. Connector 0 cannot be reserved (ReserveConnectorZeroSupported is false).
"""

from firmware.clock import parse_iso
from firmware.journal import read_json, write_json
from firmware.ocpp import fields, id_file
from firmware.ocpp.rpc import PROPERTY, TYPE, CallError
from firmware.wear import Bucket

_FILE = "reservation.json"
_INT = (1 << 31) - 1


class Reservation:
    """`number`: id of the reservation, None without one. `id_tag`, `parent`, `expiry_s`."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self.number = None
        self.id_tag = None
        self.parent = None
        self.expiry_s = 0
        self._writes = Bucket(24, 60)

    def handlers(self):
        """{action: handler}"""
        return {"ReserveNow": self._reserve, "CancelReservation": self._cancel}

    def load(self):
        """Take in what was reserved before a restart."""
        stored = read_json(_FILE)
        if isinstance(stored, list) and len(stored) == 4 and id_file.is_id(stored[1]):
            self.number, self.id_tag, self.parent, self.expiry_s = stored

    def idle(self):
        """Nothing is reserved, and nothing has been for long enough."""
        return self.number is None and self._writes.full(self._app.clock.uptime_s())

    def _save(self):
        stored = None
        if self.number is not None:
            stored = [self.number, self.id_tag, self.parent, self.expiry_s]
        try:
            write_json(_FILE, stored)
        except OSError as error:
            self._app.log.event("reservation_failed", why=str(error))

    def _reserve(self, payload):
        connector = fields.integer(payload, "connectorId", 0, 1)
        expiry_s = parse_iso(fields.text(payload, "expiryDate", 40))
        id_tag = fields.text(payload, "idTag", 20)
        number = fields.integer(payload, "reservationId", -_INT, _INT)
        parent = fields.text(payload, "parentIdTag", 20, "") or None
        if expiry_s is None:
            raise CallError(TYPE, "expiryDate: expected an ISO 8601 date and time")
        if not id_file.is_id(id_tag) or (parent is not None and not id_file.is_id(parent)):
            raise CallError(PROPERTY, "idTag: expected printable characters")
        app = self._app
        now_s = app.clock.now()
        if connector == 0 or now_s is None or expiry_s <= now_s:
            return {"status": "Rejected"}
        if app.charger.fault:
            return {"status": "Faulted"}
        if not app.transactions.operative:
            return {"status": "Unavailable"}
        taken = app.transactions.open or app.transactions.id_tag is not None
        other = self.number is not None and self.number != number
        if taken or other or app.charger.plugged:
            return {"status": "Occupied"}
        if not self._writes.take(app.clock.uptime_s()):
            return {"status": "Rejected"}  # too many in a short time would wear out the flash
        self.number = number
        self.id_tag = id_tag
        self.parent = parent
        self.expiry_s = expiry_s
        self._save()
        app.log.event("reserved", id=number)
        return {"status": "Accepted"}

    def _cancel(self, payload):
        number = fields.integer(payload, "reservationId", -_INT, _INT)
        if self.number is None or self.number != number:
            return {"status": "Rejected"}
        self.end("cancelled")
        return {"status": "Accepted"}

    def end(self, why):
        """The reservation is over."""
        if self.number is not None:
            self._app.log.event("reservation_ended", id=self.number, why=why)
            self.number = self.id_tag = self.parent = None
            self._save()

    def poll(self):
        """End it at its expiry, and when the charger cannot serve it."""
        if self.number is None:
            return
        now_s = self._app.clock.now()
        if now_s is not None and now_s >= self.expiry_s:
            self.end("expired")
        elif self._app.charger.fault:
            self.end("faulted")
        elif not self._app.transactions.operative:
            self.end("unavailable")

    def allows(self, id_tag, parent):
        """True when this card may start although there may be a reservation."""
        return self.number is None or self._belongs(id_tag, parent)

    def _belongs(self, id_tag, parent):
        if id_tag.lower() == self.id_tag.lower():
            return True
        return bool(parent and self.parent) and parent.lower() == self.parent.lower()

    def use(self, id_tag, parent):
        """A transaction starts: id of the reservation it uses up, or None."""
        if self.number is None or not self._belongs(id_tag, parent):
            return None
        number = self.number
        self.end("used")
        return number
