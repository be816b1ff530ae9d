# SPDX-License-Identifier: MIT
"""A small application whose parts tell their version, to see whether a board boots it whole."""

import json

from tools.flash.__main__ import flash
from tools.flash.desk.cable import Desk, boot
from tools.flash.packs import bundle
from tools.tree import ROOT

PARTS = 6
SAME = "control/same.py"

MAIN = """
import json
from control import %s
from firmware import update
def main():
    print(json.dumps({"event": "boot", "version": %d, "parts": [%s]}))
    %s
    slot = update.confirm()
    if slot: print(json.dumps({"event": "app_confirmed", "slot": slot}))
"""


def application(version, trouble="pass"):
    """Files of the application; `trouble` is a line that main runs before it is healthy."""
    names = ["part%d" % number for number in range(PARTS)]
    parts = ", ".join(name + ".VERSION" for name in names)
    files = {
        "boot.py": "print('coils off')\n",
        "main.py": MAIN % (", ".join(names), version, parts, trouble),
        "firmware/__init__.py": "",
        "firmware/update.py": (ROOT / "firmware" / "update.py").read_text("utf-8"),
        "control/__init__.py": "",
        SAME: "# the same in all versions\n" * 40,
    }
    for name in names:
        files["control/%s.py" % name] = "VERSION = %d\n" % version + "# more\n" * 60
    files["control/only_in_%d.py" % version] = "\n"
    return {path: text.encode() for path, text in files.items()}


def install(flash_image, version, trouble="pass", seconds=5, packed=False, **desk):
    """Install with the real tool through the desk's port; return (what it told, the desk).

    packed: the modules travel and lie in packs, as those of the real application do.
    """
    told = []
    files = application(version, trouble)
    with Desk(flash_image, **desk) as board:
        wait_for_prompt(board)
        files = bundle(files) if packed else files
        flash(board.port, "pico_w", files, tell=told.append, seconds=seconds)
    return told, board


def wait_for_prompt(board):
    """The board has booted."""
    import time

    end = time.monotonic() + 10
    while b">>> " not in board.console and not board.pulled and time.monotonic() < end:
        time.sleep(0.002)


def running(flash_image):
    """Boot the board and return the version it runs; assert that every part is of that version."""
    text = boot(flash_image)
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    boots = [event for event in events if event["event"] == "boot"]
    assert boots, text
    assert set(boots[-1]["parts"]) == {boots[-1]["version"]}, text
    return boots[-1]["version"]
