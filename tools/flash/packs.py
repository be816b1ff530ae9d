# SPDX-License-Identifier: MIT
"""Makes the packs that tools/flash/root/app_packs.py mounts: one for each folder."""


def bundle(files):
    """{"control.pack": bytes, ...} of {"control/pilot.mpy": bytes, ...}."""
    folders = {}
    for path, data in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder.replace("/", ".") or "root", []).append((name, data))
    return {folder + ".pack": pack(members) for folder, members in folders.items()}


def pack(members):
    """Lines "name offset size" with offsets from the end of the empty line, then the data."""
    lines, at = [], 0
    for name, data in members:
        lines.append("%s %d %d\n" % (name, at, len(data)))
        at += len(data)
    return ("".join(lines) + "\n").encode() + b"".join(data for _, data in members)
