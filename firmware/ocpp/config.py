# SPDX-License-Identifier: MIT
"""Configuration: the keys of keys.py with their values, checked, and kept in a file.

Changes go to a small file of their own (the settings file belongs to people), together with the
availability, which has to survive a restart too (1.6 ed. 2, 5.2). A central system that changes
keys all day must not wear out the flash: changes are written in one go, at most one a second and
in the long run one a minute.
"""

from micropython import const

from firmware.journal import read_json, write_json
from firmware.ocpp import keys
from firmware.ocpp.keys import (
    FLAG,
    HIDDEN,
    LIST,
    NUMBER,
    READ_ONLY,
    ROTATION,
    SECRET,
    SETTING,
    TEXT,
)
from firmware.ocpp.meter import unknown_measurand
from firmware.wear import Bucket

VALUE_LENGTH = const(500)
_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")


class Config:
    """Keys over the settings of the App; `load` applies what was changed before.

    `guards`: {key: function(value) -> status word or None}, asked before a change is made.
    `told`: {key: function()}, called after one.
    """

    def __init__(self, app, features=("SmartCharging",), path="ocpp.json"):
        self._app = app
        self._path = path
        self._tables = []
        self._tables.append(keys.CORE)
        for feature, table in (
            ("SmartCharging", keys.SMART_CHARGING),
            ("LocalAuthListManagement", keys.LOCAL_LIST),
            ("Reservation", keys.RESERVATION),
            ("FirmwareManagement", keys.FIRMWARE),
            ("Security", keys.SECURITY),
        ):
            if feature in features:
                self._tables.append(table)
        profiles = [name for name in features if name not in ("Security", "DataTransfer")]
        self._profiles = ",".join(["Core"] + profiles)
        self._values = {}
        for row in self._rows():
            if row[1] != READ_ONLY and row[1] != SETTING:
                self._values[row[0]] = row[2]
        self.guards = {}
        self.told = {}
        self._dirty = False
        self._writes = Bucket(24, 60)

    def _rows(self):
        for table in self._tables:
            yield from table

    # For the rest of the firmware. A key of a feature that is not configured has no value.

    def number(self, name):
        """Value of a whole number."""
        return self._values.get(name, 0)

    def flag(self, name):
        """Value of a true or false."""
        return self._values.get(name, False)

    def text(self, name):
        """Value of a text or list; also of a secret."""
        return self._values.get(name, "")

    def put(self, name, value):
        """Set a value that has been checked; written to flash soon."""
        self._values[name] = value
        self._dirty = True

    # The file.

    def load(self):
        """Apply the file; a damaged one is noted and replaced at the next change."""
        stored = read_json(self._path)
        if not isinstance(stored, dict):
            return
        for row in self._rows():
            value = stored.get(row[0])
            if isinstance(value, str) and row[1] != READ_ONLY and self._check(row, value):
                self._apply(row, value)
        self._app.transactions.operative = stored.get("operative") is not False

    def touch(self):
        """Something that is kept here has changed."""
        self._dirty = True

    def poll(self):
        """Write changes; to be called about once a second."""
        if self._dirty and self._writes.take(self._app.clock.uptime_s()):
            self.save()

    def save(self):
        """Write the file now, if anything has changed since."""
        if not self._dirty:
            return
        self._dirty = False
        stored = {"operative": self._app.transactions.operative}
        for row in self._rows():
            if row[1] != READ_ONLY:
                stored[row[0]] = self._shown(row)
        try:
            write_json(self._path, stored)
        except OSError as error:
            self._app.log.event("config_failed", path=self._path, why=str(error))

    # ChangeConfiguration and GetConfiguration.

    def change(self, key, value):
        """ChangeConfiguration: returns the status word. Keys are compared without case."""
        for row in self._rows():
            name = row[0]
            if name.lower() != key.lower() or row[1] == HIDDEN:
                continue
            if row[1] == READ_ONLY or not self._check(row, value):
                return "Rejected"
            guard = self.guards.get(name)
            if guard is not None:
                word = guard(value)
                if word is not None:
                    return word
            if self._shown(row) != value:  # an unchanged value costs no flash
                self._apply(row, value)
                self._dirty = True
                if name in self.told:
                    self.told[name]()
            return "RebootRequired" if name in keys.AFTER_RESTART else "Accepted"
        return "Rejected" if key.lower() in self._computed() else "NotSupported"

    def get(self, wanted):
        """GetConfiguration.conf for a list of keys; an empty list means all."""
        lower = [key.lower() for key in wanted]
        known = []
        for row in self._rows():
            if row[1] == HIDDEN:
                continue
            if row[1] != SECRET and (not lower or row[0].lower() in lower):
                known.append(
                    {"key": row[0], "readonly": row[1] == READ_ONLY, "value": self._shown(row)}
                )
            elif row[1] == SECRET and row[0].lower() in lower:
                known.append({"key": row[0], "readonly": False})
        computed = self._computed()
        for name in sorted(computed):
            if not lower or name in lower:
                known.append(dict(computed[name]))
        names = [entry["key"].lower() for entry in known]
        result = {"configurationKey": known}
        unknown = [key for key in wanted if key.lower() not in names]
        if unknown:
            result["unknownKey"] = unknown
        return result

    def _computed(self):
        """Read-only keys that depend on settings, by their name in small letters."""
        listed = (
            ("SupportedFeatureProfiles", self._profiles),
            (
                "ConnectorSwitch3to1PhaseSupported",
                "true" if self._app.settings.phase_switch else "false",
            ),
        )
        return {
            name.lower(): {"key": name, "readonly": True, "value": value} for name, value in listed
        }

    def _shown(self, row):
        """A value as text."""
        if row[1] == READ_ONLY:
            return row[2]
        if row[1] == SETTING:
            return str(getattr(self._app.settings, row[2]))
        value = self._values[row[0]]
        if row[1] == FLAG:
            return "true" if value else "false"
        return str(value)

    def _apply(self, row, value):
        """Take a checked text as the value."""
        if row[1] == SETTING:
            setattr(self._app.settings, row[2], int(value))
        elif row[1] == NUMBER:
            self._values[row[0]] = int(value)
        elif row[1] == FLAG:
            self._values[row[0]] = value.lower() == "true"
        else:
            self._values[row[0]] = value

    @staticmethod
    def _check(row, value):
        """True when a text is a value of this key."""
        kind = row[1]
        if kind == FLAG:
            return value.lower() in ("true", "false")
        if kind == NUMBER or kind == SETTING:
            if not 0 < len(value) <= 7 or any(not "0" <= c <= "9" for c in value):
                return False
            return row[3] <= int(value) <= row[4]
        if len(value) > VALUE_LENGTH or any(not " " <= c <= "~" for c in value):
            return False
        if kind == LIST:
            return unknown_measurand(value) is None
        if kind == ROTATION:
            return _is_rotation(value)
        return kind in (SECRET, HIDDEN) or (kind == TEXT and len(value) <= row[4])


def _is_rotation(value):
    """True for a list like "0.RST, 1.RTS"; at most one entry for each of the two numbers."""
    entries = value.split(",")
    for entry in entries:
        number, _, name = entry.strip().partition(".")
        if number not in ("0", "1") or name not in _ROTATIONS:
            return False
    return len(entries) <= 2
