# SPDX-License-Identifier: MIT
"""A transaction as it is kept in flash (firmware/ledger.py), and small JSON files in general."""

import json
import os

from firmware import lazy

_METER = "firmware.ocpp.meter"


def write_json(path, value):
    """Replace a file as a whole: a power cut leaves the old one or the new one."""
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


def read_json(path):
    """Content of a JSON file, or None when it is missing or damaged."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


class Record:
    """One transaction. Energy in Wh of the meter's register, times in unix seconds or None."""

    def __init__(self, id_tag, start_wh, start_s, start_unix, number=None, reason=None):
        self.key = 0  # number of its files, 0 while it has none
        self.generation = 0  # of the newest of them
        self.keep = None  # callable(record) that writes it
        self.id_tag = id_tag
        self.start_wh = start_wh
        self.start_s = start_s  # seconds since boot, for when the time of day comes later
        self.start_unix = start_unix
        self.stop_wh = start_wh
        self.stop_s = 0
        self.stop_unix = None
        self.reason = reason  # None while it runs
        self.number = number  # transactionId from the central system; -1: it never took the start
        self.failures = 0  # how often the central system failed to process the next message
        self.retry_s = 0  # do not send before this uptime
        self.samples = None  # rows of firmware.ocpp.meter not yet delivered
        self.stop_data = None  # rows that go with the stop
        self.parent = None  # parent id of the card, if the central system has told one
        self.stop_tag = None  # card that stopped it, if not the one that started it
        self.reservation = None  # id of the reservation it used up

    def restore(self, stop_tag, reservation, samples=None, stop_data=None):
        """Take in what was kept of the rest."""
        self.stop_tag = None if stop_tag is None else str(stop_tag)
        self.reservation = reservation
        self.samples = samples
        self.stop_data = stop_data

    def kept_by(self, keep):
        """`keep` writes this record from now on."""
        self.keep = keep

    def times(self, clock):
        """Fill in the time of day of what happened before it was known; True if that is new.

        It is written at once: a message that is sent twice must say the same both times.
        """
        before = (self.start_unix, self.stop_unix)
        if self.start_unix is None:
            self.start_unix = clock.at(self.start_s)
        if self.stop_unix is None and self.reason is not None:
            self.stop_unix = clock.at(self.stop_s)
        changed = before != (self.start_unix, self.stop_unix)
        if changed and self.keep:
            self.keep(self)
        return changed

    def to_list(self, with_values=True):
        """What the journal keeps, with or without meter values."""
        listed = [
            self.id_tag,
            self.start_wh,
            self.start_unix,
            self.number,
            self.reason,
            self.stop_wh,
            self.stop_unix,
            self.stop_tag,
            self.reservation,
        ]
        if with_values and (self.samples or self.stop_data):
            meter = lazy.load(_METER)  # where they have come from
            listed.append(meter.packed(self.samples))
            listed.append(meter.packed(self.stop_data))
        return listed


def record_from(entry):
    """Record of a journal entry; raises ValueError or TypeError when it is not one."""
    id_tag, start_wh, start_unix, number, reason, stop_wh, stop_unix = entry[:7]
    stop_tag, reservation = entry[7:9] or (None, None)
    for value in (start_unix, number, stop_unix, reservation):
        if value is not None and not isinstance(value, int):
            raise ValueError("expected a whole number or null")
    if reason is not None and not isinstance(reason, str):
        raise ValueError("expected a reason or null")
    record = Record(str(id_tag), int(start_wh), 0, start_unix, number, reason)
    record.stop_wh = int(stop_wh)
    record.stop_unix = stop_unix
    samples = stop_data = None
    if len(entry) == 11:
        meter = lazy.load(_METER)
        samples = meter.restored(entry[9])
        stop_data = meter.restored(entry[10])
    record.restore(stop_tag, reservation, samples, stop_data)
    return record
