# SPDX-License-Identifier: MIT
"""Cards in a file, one a line: "ID<tab>status<tab>expiry<tab>parent", the first line a number.

Looked up by reading the file from the start, so that a list of hundreds of cards costs no memory.
Ids are kept in capitals: they are compared without regard to case (CiString20Type).
"""

import os

from firmware.printable import printable

ACCEPTED = "Accepted"
LIST = "local_list.txt"  # the local list, written by local_list.py


def is_id(text):
    """True for 1 to 20 printable characters."""
    return isinstance(text, str) and 0 < len(text) <= 20 and printable(text)


def line_of(id_tag, status, expiry_s, parent):
    """A line of the file. expiry_s: unix seconds or None; parent: id or None."""
    expiry = "" if expiry_s is None else str(expiry_s)
    return "%s\t%s\t%s\t%s\n" % (id_tag.upper(), status, expiry, parent or "")


def parsed(line):
    """(id, status, expiry_s or None, parent or None) of a line, or None when it is damaged."""
    parts = line.rstrip("\n").split("\t")
    if len(parts) != 4 or not is_id(parts[0]):
        return None
    if parts[2] and not parts[2].isdigit():
        return None
    return parts[0], parts[1], int(parts[2]) if parts[2] else None, parts[3] or None


def number(path):
    """The number of the first line, 0 without a file."""
    try:
        with open(path) as file:
            first = file.readline().strip()
    except OSError:
        return 0
    return int(first) if first.isdigit() else 0


def entries(path):
    """Yield every entry that can be read."""
    try:
        file = open(path)  # noqa: SIM115
    except OSError:
        return
    with file:
        file.readline()
        for line in file:
            entry = parsed(line)
            if entry is not None:
                yield entry


def find(path, id_tag):
    """The entry of a card, or None."""
    wanted = id_tag.upper()
    for entry in entries(path):
        if entry[0] == wanted:
            return entry
    return None


def replace(path, first, lines):
    """Write a whole new file, line by line; a power cut leaves the old one. Raises OSError."""
    with open(path + ".new", "w") as file:
        file.write("%d\n" % first)
        for line in lines:
            file.write(line)
    os.rename(path + ".new", path)
