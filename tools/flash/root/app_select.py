# SPDX-License-Identifier: MIT
"""Chooses one of two application folders, and goes back to the other when it does not get healthy.

app.json says which: {"slot": "app_b", "previous": "app_a", "tries": 3}. "tries" is there while the
slot is on trial; each start takes one, the application removes it when it has been healthy
(firmware/update.py). A folder counts only with its files.json, which is written last.
Plain Python and no import from the folders, so that it outlives every application.
"""

import json
import os
import sys

POINTER = "app.json"
SLOTS = ("app_a", "app_b")
ROM = "rom"  # a ROMFS partition with the firmware, when there is no folder
TRIES = 3
_APPLICATION = ("boot", "main", "control", "drivers", "firmware")


def whole(slot):
    """True when the folder was written to its end."""
    try:
        os.stat("/" + slot + "/files.json")
    except OSError:
        return False
    return True


def read():
    """The pointer; an empty one when there is none or it is damaged."""
    try:
        with open(POINTER) as file:
            pointer = json.load(file)
    except (OSError, ValueError):
        return {}
    return pointer if isinstance(pointer, dict) else {}


def write(pointer):
    """Replace the pointer in one step (rename is atomic on littlefs)."""
    with open(POINTER + ".new", "w") as file:
        file.write(json.dumps(pointer))
    os.rename(POINTER + ".new", POINTER)


def choose(pointer, whole=whole):
    """The folder to run, or None: the pointer's, unless its trial is used up."""
    names = [pointer.get("slot"), pointer.get("previous")]
    if pointer.get("tries", 1) <= 0:
        names.reverse()
    for slot in names + list(SLOTS) + [ROM]:
        if slot in SLOTS + (ROM,) and whole(slot):
            return slot
    return None


def use(slot):
    """Put the folder first on the module path, and forget modules from elsewhere."""
    path = "/" + slot
    if path in sys.path:
        return
    for name in list(sys.modules):
        if name.split(".")[0] in _APPLICATION:
            del sys.modules[name]
    try:
        os.stat(path + "/root.pack")
    except OSError:
        pass
    else:
        import vfs
        from app_packs import Packs

        vfs.mount(Packs(path), "/app")
        sys.path.insert(0, "/app")
    sys.path.insert(0, path)


def boot():
    """The application's boot.py; what it raises is shown, and main follows all the same."""
    slot = choose(read())
    if slot is None:
        return
    use(slot)
    try:
        __import__("boot")
    except Exception as error:
        sys.print_exception(error)


def run():
    """The application's main(). If it cannot even be loaded, the other folder gets its turn."""
    pointer = read()
    slot = choose(pointer)
    if slot is None:
        print("no application: run make flash")
        return
    _note(pointer, slot)
    use(slot)
    try:
        main = __import__("main").main
    except Exception as error:
        sys.print_exception(error)
        _next(slot)
        return
    main()


def _note(pointer, slot):
    """Write down what this start means for the trial; nothing is written outside of one."""
    if "slot" not in pointer:
        return
    if slot != pointer["slot"]:
        print(json.dumps({"event": "app_fallback", "slot": slot, "from": pointer["slot"]}))
        write({"slot": slot, "failed": pointer["slot"]})
        try:
            os.remove("crashes")  # they were the other's
        except OSError:
            pass
    elif "tries" in pointer:
        pointer["tries"] = max(0, pointer["tries"] - 1)
        write(pointer)


def _next(slot):
    """Point at the other folder and restart, if there is one that has not failed as well."""
    if slot == ROM:
        return
    other = SLOTS[1 - SLOTS.index(slot)]
    if whole(other) and read().get("failed") != other:
        write({"slot": other, "failed": slot})
        import machine

        machine.reset()
