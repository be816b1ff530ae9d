# SPDX-License-Identifier: MIT
"""Runs on MicroPython: the station in simulated time, its heap measured where most of it is alive.

Usage: micropython ocpp_memory_station.py ROOT URL TRANSACTIONS
ROOT holds compiled modules (.mpy), so that what is loaded lies as it does on a chip. Prints one
JSON line: bytes of heap in use "loaded" (all modules imported, nothing made), "idle" (station made
and connected), "peak" (most that was alive at any time, and "peak_at" where), "transactions":
{number so far: bytes in use between two transactions}.
"""

import gc
import json
import sys
import time

sys.path.insert(0, sys.argv[1])

import asyncio

gc.threshold(2048)  # as main.py does: loading leaves holes otherwise

# All of the firmware that a station loads, before anything is measured.
from firmware.ocpp import calls, rpc, session, station, websocket  # noqa: E402, F401
from firmware.transactions import Transactions  # noqa: E402
from tests_host.firmware.fake_app import FakeApp  # noqa: E402

for _row in calls.rows():
    for _name in calls.modules(_row):
        __import__(_name)
for _name in calls.CONFIGURATION:
    __import__(_name)

_PATIENCE = 20000  # rounds of a millisecond


class Heap:
    """Bytes in use, and the most that was ever seen."""

    def __init__(self):
        self.peak = 0
        self.at = ""

    def now(self):
        """Bytes of live objects."""
        gc.collect()
        return gc.mem_alloc()

    def look(self, where):
        """Compare with the peak."""
        used = self.now()
        if used > self.peak:
            self.peak = used
            self.at = where


heap = Heap()


class Quiet:
    """A log that keeps nothing."""

    def event(self, name, **fields):
        """Forget it."""


def watch(module, name, where):
    """Look at the heap before and after a function, while its arguments are alive."""
    inner = getattr(module, name)

    def watched(*arguments):
        heap.look("before " + where)
        result = inner(*arguments)
        heap.look("after " + where)
        return result

    setattr(module, name, watched)


class Run:
    """The station and its simulated time."""

    def __init__(self, url):
        self.failed = []  # why the service ended
        self.app = app = FakeApp(csms_url=url, meter_interval_s=20)
        app.log = Quiet()
        app.station = Watched(app)
        app.transactions = Transactions(app)

    async def serve(self):
        """The service, begun again when it fails, as firmware/app.py does it."""
        while True:
            try:
                await self.app.station.run()
            except Exception as error:
                self.failed.append(repr(error)[:60])
            await asyncio.sleep_ms(10)

    async def until(self, condition):
        """Let simulated time pass until `condition` holds."""
        app = self.app
        for _ in range(_PATIENCE):
            if condition():
                return
            app.ms += 250
            app.charger.step(app.now_ms())
            app.transactions.poll(app.now_ms())
            await asyncio.sleep_ms(1)
        raise RuntimeError("nothing happened; the service had ended: %s" % self.failed[:5])

    async def transaction(self, number):
        """One from plug to confirmed stop."""
        app = self.app
        app.transactions.tap("CARD%d" % (number % 50))
        app.charger.plugged = True
        await self.until(lambda: app.transactions.open and app.transactions.open.number)
        app.board.readings.energy_wh += 100
        end = app.clock.uptime_s() + 25
        await self.until(lambda: app.clock.uptime_s() >= end)
        app.charger.plugged = False
        await self.until(lambda: not app.transactions.open and not app.transactions.records)


async def main(loaded):
    """Connect, take the large frames, then charge."""
    run = Run(sys.argv[2])
    run.app.settings.authorisation = "card"
    service = asyncio.create_task(run.serve())
    await run.until(lambda: run.app.station.session._status[1] >= 0)
    result = {"loaded": loaded, "idle": heap.now()}
    await run.until(lambda: run.app.station.last == "Reset")
    result["after_frames"] = heap.now()
    run.app.station.restart.wanted = None
    counts = {}
    wanted = int(sys.argv[3])
    for number in range(wanted):
        await run.transaction(number)
        if number % max(1, wanted // 10) == 0 or number == wanted - 1:
            counts[number + 1] = heap.now()
    result["failed"] = run.failed
    result["peak"] = heap.peak
    result["peak_at"] = heap.at
    result["transactions"] = counts
    print(json.dumps(result))
    service.cancel()


class Watched(station.Station):
    """A station that looks at the heap while a request and its answer are alive."""

    last = None

    def handle(self, action, payload):
        """As the base class."""
        heap.look("in " + action)
        result = yield from super().handle(action, payload)
        heap.look("answering " + action)
        self.last = action
        return result


if __name__ == "__main__":
    session._POLL_MS = 2
    watch(websocket, "decoded", "decoding UTF-8")
    started = time.ticks_ms()
    asyncio.run(main(heap.now()))
