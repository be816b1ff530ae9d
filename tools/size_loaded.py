# SPDX-License-Identifier: MIT
"""Runs on MicroPython: what a charger with these settings loads, and what its heap then holds.

Usage: micropython size_loaded.py ROOT SOURCE SETTINGS [MODULE ...]
With modules, these are imported and nothing is built. SOURCE is a folder with compiled files, or
a ROMFS image. The application is built on the simulated board as main.py builds it, but not
started. The last line is {"modules": [...], "heap": bytes}; on a 64-bit host objects are twice as
wide as on the chips, bytecode is not.
"""

import gc
import json
import sys

ROOT, SOURCE, SETTINGS = sys.argv[1:4]
sys.path[0] = ROOT

import tools.bench.sim.time as virtual_time  # noqa: E402
from tools.bench.sim import desk, machine  # noqa: E402

sys.modules["time"] = virtual_time
sys.modules["machine"] = machine
import asyncio  # noqa: E402, F401


class Radio:
    """A `network` module as far as building the service asks for it."""

    def __init__(self, *_):
        pass

    WLAN = None


Radio.WLAN = Radio
Radio.IF_STA = 0
sys.modules["network"] = Radio()

if SOURCE.endswith(".romfs"):
    import vfs

    with open(SOURCE, "rb") as file:
        image = file.read()
    vfs.mount(vfs.VfsRom(image), "/rom")
    SOURCE = "/rom"
sys.path[0] = SOURCE
sys.path.insert(1, ROOT)  # for the bench, which loads some of its parts late

desk.build()
with open("settings.json", "w") as file:
    file.write(SETTINGS)
gc.collect()
gc.collect()
before = gc.mem_alloc()

for name in sys.argv[4:]:
    __import__(name)
if not sys.argv[4:]:
    import boot  # noqa: F401
    import main
    from firmware import boards

    app = main.build(boards.configured())
gc.collect()
gc.collect()
heap = gc.mem_alloc() - before
names = [name for name in sys.modules if name.split(".")[0] in ("control", "drivers", "firmware")]
print(json.dumps({"modules": names, "heap": heap}))
