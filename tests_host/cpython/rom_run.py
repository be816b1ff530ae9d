# SPDX-License-Identifier: MIT
"""Runs the bench's simulator with the firmware from a ROMFS image or packs instead of from files.

Usage: micropython rom_run.py ROOT IMAGE SIM_JSON
"""

import sys

import vfs

ROOT, IMAGE, CONFIG = sys.argv[1:4]
if IMAGE.endswith(".romfs"):
    with open(IMAGE, "rb") as file:
        image = file.read()
    vfs.mount(vfs.VfsRom(image), "/rom")
else:  # a folder of packs
    sys.path[0] = ROOT + "/tools/flash/root"
    from app_packs import Packs

    vfs.mount(Packs(IMAGE), "/rom")
sys.path[0] = "/rom"
sys.path.insert(1, ROOT)
sys.argv[1:] = [CONFIG]
file = ROOT + "/tools/bench/sim/main.py"
with open(file) as source:
    exec(compile(source.read(), file, "exec"), {"__name__": "__main__", "__file__": file})
