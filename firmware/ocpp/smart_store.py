# SPDX-License-Identifier: MIT
"""Charging profiles in flash (errata 4.0 3.37): one small file each, written one at a time.

A TxProfile is not kept: a power cut ends its transaction, and with it the profile. The files
carry a running number; if a power cut leaves a replaced profile beside its successor, the newer
one wins. Writes are rationed (firmware/wear.py): whoever sends profiles without end gets them
obeyed at once and kept a little later.
"""

import os

from control import profiles
from firmware.journal import read_json, write_json
from firmware.wear import Bucket

_FILE = "profile%d.json"
_WRITES = 24
_REFILL_S = 60


class ProfileStore:
    """Keeps `profiles` (control.profiles.Profiles) in files of the current directory."""

    def __init__(self, kept, note):
        self._profiles = kept
        self._note = note  # callable(event, **fields)
        self._bucket = Bucket(_WRITES, _REFILL_S)
        self._dirty = bytearray(profiles.MAX_PROFILES)
        self._on_flash = bytearray(profiles.MAX_PROFILES)
        self._sequence = 0

    def load(self):
        """Take in what was kept, oldest first; a damaged file is passed over and removed."""
        found = []
        files = os.listdir()
        for number in range(profiles.MAX_PROFILES):
            # Looking for a file that is not there takes as long as reading one.
            entry = read_json(_FILE % number) if _FILE % number in files else None
            if entry is not None:
                self._on_flash[number] = 1
            if _sound(entry):
                found.append((entry[0], number, entry[1:]))
        for sequence, number, flat in sorted(found):
            slot = self._profiles.put_back(flat)
            if slot >= 0 and slot != number:
                self._dirty[slot] = 1
            self._sequence = max(self._sequence, sequence)
        self.look()

    def idle(self, uptime_s):
        """Nothing waits to be written, nothing is kept, and nothing was for long enough."""
        return not (any(self._dirty) or any(self._on_flash)) and self._bucket.full(uptime_s)

    def look(self):
        """Note which files no longer are what is stored (after something was removed)."""
        for slot in range(profiles.MAX_PROFILES):
            if self._on_flash[slot] and not self._wanted(slot):
                self._dirty[slot] = 1

    def changed(self, slot):
        """The profile in this slot is new."""
        self._dirty[slot] = 1
        self.look()

    def flush(self, uptime_s, most=1):
        """Write at most so many files; the rest waits for the next call."""
        for slot in range(profiles.MAX_PROFILES):
            if not self._dirty[slot]:
                continue
            wanted = self._wanted(slot)
            if wanted or self._on_flash[slot]:
                if most <= 0 or not self._bucket.take(uptime_s):
                    return
                most -= 1
                self._write(slot, wanted)
            self._dirty[slot] = 0

    def _wanted(self, slot):
        return not self._profiles.is_free(slot) and not self._profiles.of_transaction(slot)

    def _write(self, slot, wanted):
        try:
            if wanted:
                self._sequence += 1
                write_json(_FILE % slot, [self._sequence] + self._profiles.export(slot))
            else:
                os.remove(_FILE % slot)
            self._on_flash[slot] = 1 if wanted else 0
        except OSError as error:
            self._note("profile_not_kept", why=str(error))


def _sound(entry):
    """True for what `flush` writes: whole numbers only, in their ranges."""
    if not isinstance(entry, list) or len(entry) < 14 or (len(entry) - 11) % 3:
        return False
    if any(not isinstance(value, int) or isinstance(value, bool) for value in entry):
        return False
    if (len(entry) - 11) // 3 > profiles.MAX_PERIODS:
        return False
    if any(not -profiles.NEVER <= value <= profiles.NEVER for value in entry):
        return False
    return (
        entry[2] in (profiles.CHARGE_POINT_MAX, profiles.TX_DEFAULT)
        and 0 <= entry[3] <= profiles.MAX_STACK_LEVEL
        and entry[4] in (0, 1)
        and entry[5] in (profiles.AMPERES, profiles.WATTS)
        and entry[6] in (profiles.ONCE, profiles.RELATIVE, profiles.DAILY, profiles.WEEKLY)
        and entry[11] == 0
        and all(0 <= value <= 3 for value in entry[13::3])
        and all(value >= 0 for value in entry[12::3])
    )
