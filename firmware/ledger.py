# SPDX-License-Identifier: MIT
"""The transactions that nobody has confirmed yet, kept through power cuts at any byte.

Each transaction has two files, written in turn: tx7.a, tx7.b, tx7.a ... Each carries a running
number and a checksum. Whatever a power cut does to the file that was being written, the other one
still holds what was true before, so nothing depends on the file system renaming in one go.
Removing goes the other way round, older file first: a cut in between leaves the newest state,
and its last message is sent once more, word for word.

In memory are the oldest few, from which messages are sent, and the running one. The rest waits in
flash and is read when its turn comes.
"""

import binascii
import json
import os

from micropython import const

from firmware.journal import record_from

MOST = const(100)  # transactions kept; about 30 KB of flash
IN_MEMORY = const(3)  # closed ones in memory, with the meter values they still have
_LONGEST = const(4096)  # bytes of a file
WITH_VALUES = const(16)  # of so many that wait the flash keeps meter values, 2 KB each at most


class Ledger:
    """`records`: Records in memory, oldest first; the running one, if any, is the last."""

    def __init__(self, note):
        self._note = note  # callable(event, **fields)
        self.records = []
        self.highest_wh = 0  # highest register in what `load` has read
        self._later = []  # keys that wait in flash only
        self._next_key = 1

    def pending(self):
        """How many transactions are not yet confirmed, the running one included."""
        return len(self.records) + len(self._later)

    def load(self):
        """Read what is in flash; files of a transaction that never began are removed."""
        files = {}
        for name in os.listdir():
            key = _key(name)
            if key:
                files.setdefault(key, []).append(name)
        for key in sorted(files):
            record = self._read(key)
            self._next_key = key + 1
            if record is None:
                for name in files[key]:
                    os.remove(name)
                self._note("journal_failed", path="tx%d" % key, why="damaged")
                continue
            self.highest_wh = max(self.highest_wh, record.start_wh, record.stop_wh)
            if len(self.records) < IN_MEMORY or record.reason is None:
                self.records.append(record)
            else:
                self._later.append(key)

    def add(self, record):
        """Begin to keep a new record; the oldest goes when there are too many."""
        if self.pending() >= MOST:
            self._note("transaction_lost", id_tag=self.records[0].id_tag)
            self.remove(self.records[0])
        record.key = self._next_key
        record.kept_by(self.save)
        self._next_key += 1
        self._put_away()
        self.records.append(record)

    def _put_away(self):
        """Leave the newest closed one to the flash, behind those that wait there already."""
        if len(self.records) <= 1:
            return
        last = self.records[-1]
        behind = self._later and last.key > self._later[-1]
        if last.reason is not None and (behind or len(self.records) > IN_MEMORY):
            self.records.pop()
            self._later.append(last.key)
            if last.samples and self.pending() > WITH_VALUES:
                self._note("samples_lost", id_tag=last.id_tag)

    def save(self, record):
        """Write the state of a record; what can go wrong with a flash is noted, not raised."""
        if not record.key:
            return  # gone meanwhile
        if self.pending() <= WITH_VALUES and self._written(record, True):
            return
        self._written(record, False)

    def _written(self, record, with_values):
        """Write the next of the two files; False when that failed, with the turn still there."""
        generation = record.generation + 1
        text = json.dumps([generation] + record.to_list(with_values))
        try:
            with open(_name(record.key, generation), "w") as file:
                file.write("%s\n%08x\n" % (text, binascii.crc32(text.encode())))
            record.generation = generation
            return True
        except OSError as error:
            self._note("journal_failed", path=_name(record.key, generation), why=str(error))
            return False

    def remove(self, record):
        """Forget a record that was confirmed, and read the next one that waits in flash."""
        if record in self.records:
            self.records.remove(record)
        for generation in (record.generation - 1, record.generation):  # the older file first
            try:
                os.remove(_name(record.key, generation))
            except OSError:
                pass  # there was only one
        record.key = 0
        while self._later and len([r for r in self.records if r.reason is not None]) < IN_MEMORY:
            key = self._later.pop(0)
            found = self._read(key)
            if found is None:
                self._note("transaction_lost", path="tx%d" % key)
            else:
                at = len([r for r in self.records if r.key < key])
                self.records.insert(at, found)

    def _read(self, key):
        """The newest sound state of a record, or None."""
        best = None
        newest = 0
        for generation in (0, 1):
            entry = _entry(_name(key, generation))
            if entry is None or entry[0] <= newest:
                continue
            try:
                best = record_from(entry[1:])
                newest = entry[0]
            except (TypeError, ValueError):
                pass
        if best is not None:
            best.key = key
            best.generation = newest
            best.kept_by(self.save)
        return best


def _name(key, generation):
    return "tx%d.%s" % (key, "ab"[generation & 1])


def _key(name):
    """The number in the name of one of our files, 0 for other files."""
    if name.startswith("tx") and name.endswith((".a", ".b")) and name[2:-2].isdigit():
        return int(name[2:-2])
    return 0


def _entry(path):
    """List in a file whose checksum is right, or None."""
    try:
        with open(path) as file:
            text, checksum = file.read(_LONGEST).split("\n")[:2]
        if checksum != "%08x" % binascii.crc32(text.encode()):
            return None
        entry = json.loads(text)
    except (OSError, ValueError):  # UnicodeError is a ValueError
        return None
    return entry if isinstance(entry, list) and entry and isinstance(entry[0], int) else None
