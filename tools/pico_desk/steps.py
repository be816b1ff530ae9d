# SPDX-License-Identifier: MIT
"""Runs on the board, after the charger was stopped: how long its control step takes in the whole
application while a car charges.

The application is built and run as main.py does, with a stopwatch around the board's reading, the
step and the applying of its command. Prints one line of JSON: {part: [number of steps, median,
99 %, worst]}, in us and with the stopwatch's own time taken off. Garbage is collected between the
steps (firmware/app.py), so that is in none of them.
"""

import asyncio
import gc
import json
import sys
import time
from array import array

# ruff: noqa: E402
for _name in ("main", "boot"):
    sys.modules.pop(_name, None)
_running = sys.modules.get("firmware.app")
if _running:
    _running.current = None
_running = None
asyncio.new_event_loop()  # the tasks of the stopped charger are in the old one
gc.collect()

import main
from firmware import boards, coils

SETTLE_S = 6  # after the contactor has closed
WATCH_S = 12


class Stopwatch:
    """Stands for `owner`, and times its method `name` of one or two arguments.

    It allocates nothing: after a collection that would take longer than what is timed.
    """

    def __init__(self, owner, name, arguments, steps):
        self._owner = owner
        self._method = getattr(owner, name)
        self._us = array("H", bytes(2 * steps))
        self.count = 0
        self.on = False
        setattr(self, name, self._one if arguments == 1 else self._two)

    def __getattr__(self, name):
        return getattr(self._owner, name)

    def _one(self, first):
        began_us = time.ticks_us()
        result = self._method(first)
        self._note(time.ticks_diff(time.ticks_us(), began_us))
        return result

    def _two(self, first, second):
        began_us = time.ticks_us()
        result = self._method(first, second)
        self._note(time.ticks_diff(time.ticks_us(), began_us))
        return result

    def _note(self, took_us):
        if self.on and self.count < len(self._us):
            self._us[self.count] = took_us
            self.count += 1

    def told(self, own_us=0):
        """[number, median, 99 %, worst]"""
        found = sorted(max(0, self._us[i] - own_us) for i in range(self.count))
        return [len(found), found[len(found) // 2], found[len(found) * 99 // 100], found[-1]]


class Nothing:
    """Something whose method takes no time, for the stopwatch's own."""

    def step(self, _now_ms, _readings):
        """Do nothing."""


async def _watch(app, watches):
    own = Stopwatch(Nothing(), "step", 2, 100)
    own.on = True
    while not app.charger.command.contactor:
        await asyncio.sleep_ms(100)
    await asyncio.sleep(SETTLE_S)
    for watch in watches.values():
        watch.on = True
    await asyncio.sleep(WATCH_S)
    for watch in watches.values():
        watch.on = False
    for _ in range(100):
        own.step(0, None)
    own_us = own.told()[1]
    found = {name: watch.told(own_us) for name, watch in watches.items()}
    print(json.dumps(found))
    raise SystemExit


def run():
    """Build, run, tell."""
    app = main.build(boards.configured())
    board, charger = app.board, app.charger
    steps = WATCH_S * 110
    watches = {
        "step": Stopwatch(charger, "step", 2, steps),
        "read": Stopwatch(board, "read", 1, steps),
    }
    watches["apply"] = Stopwatch(watches["read"], "apply", 2, steps)
    app.charger, app.board = watches["step"], watches["apply"]

    async def both():
        watching = asyncio.create_task(_watch(app, watches))
        await app.run()
        watching.cancel()

    try:
        asyncio.run(both())
    except SystemExit:
        pass
    finally:
        coils.let_go(boards.configured().COILS)
        board.close()


run()
