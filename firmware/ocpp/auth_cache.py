# SPDX-License-Identifier: MIT
"""Authorisation cache: what the central system said last about the cards seen here (1.6, 3.5.1).

A few entries in memory, the least recently used goes. The file is written at most every
15 minutes and before a restart: a busy charger must not wear out its flash.
"""

from micropython import const

from firmware.ocpp import id_file

_MOST = const(12)
_WRITE_S = const(900)
_FILE = "auth_cache.txt"


class AuthCache:
    """Entries as of id_file, the newest last."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._entries = []
        self.dirty = False

    def load(self):
        """Read the file."""
        self._entries = list(id_file.entries(_FILE))[-_MOST:]

    def find(self, id_tag):
        """The entry of a card, or None."""
        wanted = id_tag.upper()
        for i in range(len(self._entries)):
            if self._entries[i][0] == wanted:
                entry = self._entries.pop(i)
                self._entries.append(entry)
                return entry
        return None

    def put(self, id_tag, status, expiry_s, parent):
        """Learn what the central system has said."""
        entry = (id_tag.upper(), status, expiry_s, parent)
        before = self.find(id_tag)
        if before == entry:
            return
        if before is not None:
            self._entries.pop()
        elif len(self._entries) >= _MOST:
            self._entries.pop(0)
        self._entries.append(entry)
        self.dirty = True

    def clear(self):
        """ClearCache. An empty cache costs no flash, however often it is cleared."""
        if not self._entries and not self.dirty:
            return
        self._entries = []
        self.dirty = True
        self.save()

    def poll(self):
        """Write now and then."""
        if self.dirty and self._app.clock.uptime_s() - self._station.cached_s >= _WRITE_S:
            self.save()

    def save(self):
        """Write the file if anything has changed."""
        if not self.dirty:
            return
        self.dirty = False
        self._station.cached_s = self._app.clock.uptime_s()
        try:
            id_file.replace(_FILE, 0, (id_file.line_of(*entry) for entry in self._entries))
        except OSError as error:
            self._app.log.event("cache_failed", why=str(error))
