# SPDX-License-Identifier: MIT
"""Local authorisation list: GetLocalListVersion and SendLocalList (1.6 ed. 2, 5.10 and 5.15).

The list is a file; an update writes a new one beside it and takes its place at the end, so that
it happens as a whole or not at all.
"""

from firmware.clock import parse_iso
from firmware.ocpp import fields, id_file
from firmware.ocpp.fields import LIST_LENGTH, SEND_LENGTH
from firmware.ocpp.rpc import OCCURRENCE, PROPERTY, TYPE, CallError
from firmware.wear import Bucket

STATUSES = ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")


class LocalList:
    """The list and its two handlers."""

    def __init__(self, app, station):
        self._app = app
        self._config = station.config
        self._writes = Bucket(24, 60)

    def handlers(self):
        """{action: handler}"""
        return {"GetLocalListVersion": self._version, "SendLocalList": self._send}

    def idle(self):
        """The list itself is in the flash."""
        return self._writes.full(self._app.clock.uptime_s())

    def _version(self, _):
        if not self._config.flag("LocalAuthListEnabled"):
            return {"listVersion": -1}
        return {"listVersion": id_file.number(id_file.LIST)}

    def _send(self, payload):
        version = fields.integer(payload, "listVersion", -(1 << 29), 1 << 29)
        kind = fields.choice(payload, "updateType", ("Full", "Differential"))
        listed = fields.table(payload, "localAuthorizationList", list, False) or []
        if not self._config.flag("LocalAuthListEnabled"):
            return {"status": "NotSupported"}
        if version < 1:
            raise CallError(PROPERTY, "listVersion: expected 1 or more")
        if len(listed) > SEND_LENGTH:
            raise CallError(OCCURRENCE, "expected at most %d entries" % SEND_LENGTH)
        changes = {}
        for entry in listed:
            id_tag, line = _checked(entry, kind == "Full")
            if id_tag in changes:
                return {"status": "Failed"}  # twice in one message: which one holds?
            changes[id_tag] = line
        if kind == "Differential" and version <= id_file.number(id_file.LIST):
            return {"status": "VersionMismatch"}
        if not self._writes.take(self._app.clock.uptime_s()):
            return {"status": "Failed"}  # too many in a short time would wear out the flash
        old = id_file.entries(id_file.LIST) if kind == "Differential" else ()
        try:
            counted = Counted(old, changes)
            id_file.replace(id_file.LIST, version, counted)
        except OSError as error:
            self._app.log.event("local_list_failed", why=str(error))
            return {"status": "Failed"}
        self._app.log.event("local_list", version=version, entries=counted.count)
        return {"status": "Accepted"}


class TooLong(OSError):
    """More entries than LocalAuthListMaxLength."""


class Counted:
    """Iterates over the lines of the new file: the old entries that stay, then the changes."""

    def __init__(self, old, changes):
        self._old = old
        self._changes = changes
        self.count = 0

    def __iter__(self):
        for entry in self._old:
            if entry[0] not in self._changes:
                yield self._counted(id_file.line_of(*entry))
        for line in self._changes.values():
            if line is not None:
                yield self._counted(line)

    def _counted(self, line):
        self.count += 1
        if self.count > LIST_LENGTH:
            raise TooLong("more than %d entries" % LIST_LENGTH)
        return line


def _checked(entry, full):
    """(id in capitals, line or None = remove) of an entry of the message."""
    if not isinstance(entry, dict):
        raise CallError(TYPE, "localAuthorizationList: expected objects")
    id_tag = fields.text(entry, "idTag", 20)
    info = fields.table(entry, "idTagInfo", dict, full)
    if not id_file.is_id(id_tag):
        raise CallError(PROPERTY, "idTag: expected printable characters")
    if info is None:
        return id_tag.upper(), None
    status = fields.choice(info, "status", STATUSES)
    expiry_s = None
    if info.get("expiryDate") is not None:
        expiry_s = parse_iso(info["expiryDate"])
        if expiry_s is None:
            raise CallError(TYPE, "expiryDate: expected an ISO 8601 date and time")
    parent = fields.text(info, "parentIdTag", 20, "")
    if parent and not id_file.is_id(parent):
        raise CallError(PROPERTY, "parentIdTag: expected printable characters")
    return id_tag.upper(), id_file.line_of(id_tag, status, expiry_s, parent)
