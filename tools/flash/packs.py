# SPDX-License-Identifier: MIT
"""Makes the packs that tools/flash/root/app_packs.py mounts: one for each folder."""

import zlib

_WINDOW_BITS = 10  # the board needs a window of 1 KB while it imports; a larger one gains nothing


def bundle(files):
    """{"control.pack": bytes, ...} of {"control/pilot.mpy": bytes, ...}."""
    folders = {}
    for path, data in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder.replace("/", ".") or "root", []).append((name, data))
    return {folder + ".pack": pack(members) for folder, members in folders.items()}


def pack(members):
    """Lines "name offset size bits", offsets from the end of the empty line; the deflated data,
    of which size says how much it is.
    """
    lines, parts, at = [], [], 0
    for name, data in members:
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS)
        parts.append(squeeze.compress(data) + squeeze.flush())
        lines.append("%s %d %d %d\n" % (name, at, len(parts[-1]), _WINDOW_BITS))
        at += len(parts[-1])
    return ("".join(lines) + "\n").encode() + b"".join(parts)
