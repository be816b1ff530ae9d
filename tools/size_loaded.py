# SPDX-License-Identifier: MIT
"""Runs on MicroPython: what a charger with these settings loads, and what its heap then holds.

Usage: micropython size_loaded.py ROOT SOURCE SETTINGS [PART,PART...]
SOURCE is a folder with compiled files, a ROMFS image, or .frozen. The application is built on the
simulated board as main.py builds it, but not started; the named parts of the OCPP station are
loaded, too. The last line is {"modules": [...], "heap": bytes}; lines that begin "qstr pool"
say how large the interpreter's table of names was before and after.
"""

import gc
import json
import sys

ROOT, SOURCE, SETTINGS = sys.argv[1:4]
sys.path[0] = ROOT

import micropython  # noqa: E402

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


class Lamp:
    """A `neopixel` module as far as building the panel asks for it."""

    def __init__(self, *_):
        pass

    NeoPixel = None


Radio.WLAN = Radio
Radio.IF_STA = 0
Lamp.NeoPixel = Lamp
sys.modules["network"] = Radio()
sys.modules["neopixel"] = Lamp()

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
micropython.qstr_info()  # the caller reads it from the output
gc.collect()
gc.collect()
before = gc.mem_alloc()

import boot  # noqa: E402, F401
import main  # noqa: E402
from firmware import boards  # noqa: E402

app = main.build(boards.configured())
boards = None  # forgotten by the application
if sys.argv[4:]:
    for name in sys.argv[4].split(","):
        app.station.need(name)
    name = None
gc.collect()
gc.collect()
heap = gc.mem_alloc() - before
micropython.qstr_info()
names = [name for name in sys.modules if name.split(".")[0] in ("control", "drivers", "firmware")]
print(json.dumps({"modules": names, "heap": heap}))
