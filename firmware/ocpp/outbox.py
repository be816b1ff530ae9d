# SPDX-License-Identifier: MIT
"""Notifications that wait for their turn: status of updates and uploads, security events.

They overtake nothing and nobody waits for them. Critical ones are kept in flash until the central
system has answered (security extension, A04); of the others the oldest goes when there is no
room.
"""

from firmware.journal import read_json, write_json

_MOST = 16
_FILE = "outbox.json"


class Outbox:
    """Queue of (action, payload, critical)."""

    def __init__(self, app):
        self._app = app
        self._waiting = []

    def load(self):
        """Take in what had not been answered before the restart."""
        stored = read_json(_FILE)
        if not isinstance(stored, list):
            return
        for entry in stored[:_MOST]:
            if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
                self._waiting.append((str(entry[0]), entry[1], True))

    def push(self, action, payload, critical=False):
        """Queue a call."""
        if len(self._waiting) >= _MOST:
            victim = 0
            for i in range(len(self._waiting) - 1, -1, -1):
                if not self._waiting[i][2]:
                    victim = i  # the oldest that is not critical, else the oldest
            self._app.log.event("outbox_full", dropped=self._waiting.pop(victim)[0])
        self._waiting.append((action, payload, critical))
        if critical:
            self._save()

    def first(self):
        """(action, payload, critical) to send next, or None."""
        return self._waiting[0] if self._waiting else None

    def done(self, entry):
        """It was answered, or will never be."""
        if entry in self._waiting:
            self._waiting.remove(entry)
            if entry[2]:
                self._save()

    def drop(self, action):
        """Forget all calls of an action: the central system does not know it."""
        kept = [entry for entry in self._waiting if entry[0] != action]
        if len(kept) != len(self._waiting):
            self._waiting = kept
            self._save()

    def _save(self):
        listed = [[action, payload] for action, payload, critical in self._waiting if critical]
        try:
            write_json(_FILE, listed)
        except OSError as error:
            self._app.log.event("outbox_failed", why=str(error))
