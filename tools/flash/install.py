# SPDX-License-Identifier: MIT
"""What has to be done to a board, and doing it in an order that a pulled cable cannot spoil.

1 the folder that is not in use loses its files.json: it does not count any more
2 files that differ are written there, hashes of all are compared, files.json is written
3 the chooser at the root is replaced, file by file, each by rename
4 the pointer is replaced by rename: only now does the board start the new application
"""

import json

from tools.flash import build
from tools.flash.errors import FlashError
from tools.flash.root import app_select

RESERVE = 8  # blocks of the flash that stay free for the charger's records
POINTER = "/" + app_select.POINTER
RECORD = "files.json"
# Left by a plain copy of the repository to the root; the folders take their place.
LEFTOVERS = ("control", "drivers", "firmware")


class Plan:
    """What differs between the board and the application `files`."""

    def __init__(self, about, slots, files, roots):
        self.about = about
        self.slots = slots
        self.files = files
        pointer = _parse(about["pointer"])
        self.active = app_select.choose(pointer, lambda slot: slots_whole(slots, slot))
        self.back_first = False
        if pointer.get("tries") and slots_whole(slots, pointer.get("previous")):
            if not self.same(self.active):
                # The trial was never passed: what works is the other one, and it must stay.
                self.back_first = True
                self.active = pointer["previous"]
        one, other = app_select.SLOTS
        self.target = other if self.active == one else one
        wanted = {name: build.sha256(data) for name, data in build.root_files().items()}
        self.roots = [name for name, digest in wanted.items() if roots[name] != digest]
        there = slots[self.target]
        kept = slots[self.active] if self.active else {}
        by_hash = {digest: path for path, (_, digest) in kept.items()}
        self.send, self.copy = [], []
        for path, data in sorted(files.items()):
            digest = build.sha256(data)
            if path in there and there[path][1] == digest:
                continue
            if digest in by_hash:
                self.copy.append((by_hash[digest], path))
            else:
                self.send.append(path)
        self.stale = sorted(set(there) - set(files) - {RECORD})
        self.leftovers = [name for name in LEFTOVERS if name in about["root"]]

    def same(self, slot):
        """True when the folder is exactly this application."""
        if slot is None or RECORD not in self.slots[slot]:
            return False
        found = {path: it[1] for path, it in self.slots[slot].items() if path != RECORD}
        return found == {path: build.sha256(data) for path, data in self.files.items()}

    @property
    def nothing(self):
        """True when the board runs this very application already."""
        return self.same(self.active) and not self.roots

    def bytes_to_send(self):
        """What goes through the cable."""
        return sum(len(self.files[path]) for path in self.send)

    def check_space(self):
        """Refuse before anything is written when it will not fit."""
        block = self.about["block"]
        there = self.slots[self.target]
        written = self.send + [path for _, path in self.copy]
        need = sum(-(-len(self.files[path]) // block) for path in written)
        gain = sum(
            -(-there[path][0] // block) for path in [*written, *self.stale] if path in there
        )
        need = (need - gain + RESERVE) * block
        if need > self.about["free"]:
            text = "%d KB are free on the board: expected %d KB for this application"
            raise FlashError(text % (self.about["free"] // 1024, need // 1024))

    def lines(self):
        """The plan in words."""
        yield "now      %s" % (self.active or "no application")
        yield "target   %s: %d files to send (%d bytes), %d to copy on the board, %d to remove" % (
            self.target,
            len(self.send),
            self.bytes_to_send(),
            len(self.copy),
            len(self.stale),
        )
        if self.roots:
            yield "root     %s" % ", ".join(self.roots)


def slots_whole(slots, slot):
    """True when the board has this folder with its record."""
    return slot in slots and RECORD in slots[slot]


def _parse(text):
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def plan(device, files):
    """Ask the board and compare."""
    device.step = "reading its files"
    about = device.about()
    slots = {slot: device.hashes("/" + slot) for slot in app_select.SLOTS}
    roots = {name: device.hash_of("/" + name) for name in build.root_files()}
    return Plan(about, slots, files, roots)


def check_settings(about, board):
    """The settings on the board must be for this board; a new board gets their first line."""
    if about["vfs"] == "VfsFat":
        raise FlashError(
            "the flash of the board is FAT, which a power cut can damage: expected littlefs"
        )
    if about["settings"] is None:
        return {"board": board}
    named = _parse(about["settings"]).get("board", "pico_w")
    if named != board:
        text = "BOARD=%s, but settings.json on the board says %r: change one of them"
        raise FlashError(text % (board, named))
    return None


def carry_out(device, todo, version, tell):
    """Do what the plan says. After each order the board starts the old or the new application."""
    slot = "/" + todo.target + "/"
    if todo.back_first:
        _point(device, {"slot": todo.active})
    device.step = "writing " + todo.target
    device.remove(slot + RECORD)
    device.remove(*(slot + path for path in todo.stale))
    for source, path in todo.copy:
        device.copy("/%s/%s" % (todo.active, source), slot + path)
    for path in todo.send:
        tell("send     %s (%d bytes)" % (path, len(todo.files[path])))
        device.write(slot + path, todo.files[path])
    device.step = "checking " + todo.target
    wanted = {path: build.sha256(data) for path, data in todo.files.items()}
    found = {path: digest for path, (_, digest) in device.hashes("/" + todo.target).items()}
    wrong = sorted(
        path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)
    )
    if wrong:
        raise FlashError("%s on the board is not what was sent: run this again" % wrong[0])
    tell("checked  %d files" % len(found))
    record = {"version": version, "files": wanted}
    device.replace(slot + RECORD, json.dumps(record).encode())
    device.step = "writing the root"
    for name in todo.roots:
        device.replace("/" + name, build.root_files()[name])
    device.step = "switching"
    pointer = {"slot": todo.target}
    if todo.active:
        pointer.update(previous=todo.active, tries=app_select.TRIES)
    _point(device, pointer)
    tell("switched %s -> %s" % (todo.active or "nothing", todo.target))
    device.remove(*("/" + name for name in todo.leftovers))


def _point(device, pointer):
    device.replace(POINTER, json.dumps(pointer).encode())
