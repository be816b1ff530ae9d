# SPDX-License-Identifier: MIT
"""Configuration: the keys of keys.py with their values, checked, and kept in a file.

Changes go to a small file of their own (the settings file belongs to people), together with the
availability, which has to survive a restart too (1.6 ed. 2, 5.2). A central system that changes
keys all day must not wear out the flash: changes are written in one go, at most one a second and
in the long run one a minute.
"""

import sys

from micropython import const

from firmware import lazy
from firmware.journal import write_json
from firmware.wear import Bucket

_TABLE = "firmware.ocpp.config_table"
_LOADED = ("firmware.ocpp.keys", _TABLE)  # each by itself: see calls.py
_LATER_S = const(60)
_HELD_S = const(10)  # so long after its last use the table stays: a question seldom comes alone


class Config:
    """Keys over the settings of the App; `load` applies what was changed before.

    `guard(key, value)` -> status word or None is asked before a change of the keys of Access.
    """

    def __init__(self, app, features=("SmartCharging",), path="ocpp.json", guard=None):
        self.app = app
        self.features = features
        self._path = path
        self.values = lazy.load(_TABLE).defaults(self)
        lazy.drop(_TABLE)
        self.guard = guard
        self._dirty = False
        self._used_s = -_HELD_S
        self._later_s = 0  # uptime before which nothing is tried: there was no room
        self._writes = Bucket(24, 60)

    # For the rest of the firmware. A key of a feature that is not configured has no value.

    def number(self, name):
        """Value of a whole number."""
        return self.values.get(name, 0)

    def flag(self, name):
        """Value of a true or false."""
        return self.values.get(name, False)

    def text(self, name):
        """Value of a text or list; also of a secret."""
        return self.values.get(name, "")

    def put(self, name, value):
        """Set a value that has been checked; written to flash soon."""
        self.values[name] = value
        self._dirty = True

    # The file.

    def load(self):
        """Apply the file; a damaged one is noted and replaced at the next change."""
        lazy.load(_TABLE).load(self, self._path)

    def touch(self):
        """Something that is kept here has changed."""
        self._dirty = True

    def poll(self):
        """Write changes, forget the table; to be called about once a second."""
        now_s = self.app.clock.uptime_s()
        if self._dirty and now_s >= self._later_s and self._writes.any_left(now_s):
            missing = [name for name in _LOADED if name not in sys.modules]
            self._used_s = now_s
            try:
                if missing:  # one thing at a call: all at once would hold up control
                    lazy.load(missing[0])
                elif self._writes.take(now_s):
                    self.save()
            except (MemoryError, ImportError) as error:
                self._failed(error)
        if now_s - self._used_s >= _HELD_S:
            for name in _LOADED:
                lazy.drop(name)

    def _table(self):
        self._used_s = self.app.clock.uptime_s()
        for name in _LOADED:
            lazy.load(name)
        return sys.modules[_TABLE]

    def save(self):
        """Write the file now, if anything has changed since."""
        if not self._dirty:
            return
        try:
            stored = self._table().content(self)
            self._dirty = False
            write_json(self._path, stored)
        except (OSError, MemoryError, ImportError) as error:
            self._failed(error)

    def _failed(self, error):
        """Without room the table goes again, and it is tried later; a flash is tried no more."""
        self._later_s = self.app.clock.uptime_s() + _LATER_S
        self._used_s = -_HELD_S
        self.app.log.event("config_failed", path=self._path, why=str(error))

    # ChangeConfiguration and GetConfiguration.

    def change(self, key, value):
        """ChangeConfiguration: returns the status word. Keys are compared without case."""
        return self._table().change(self, key, value)

    def get(self, wanted):
        """GetConfiguration.conf for a list of keys; an empty list means all."""
        return self._table().get(self, wanted)
