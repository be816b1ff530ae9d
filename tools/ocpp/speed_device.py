# SPDX-License-Identifier: MIT
"""Runs on MicroPython: round trips per second and heap in use, around the real station.

Usage: micropython speed_device.py ROOT URL SECONDS     (certificates as DER in the current folder)
Prints one JSON object. Heap is what lives after a collection, looked at whenever a frame goes in
or out and before each handler, so with the text or the decoded message in memory; `loaded` is the
program with all its modules, without a station.
"""

import sys

sys.path.insert(0, sys.argv[1])

import asyncio
import gc
import json
import time

from firmware.ocpp import calls, websocket
from firmware.ocpp.station import Station
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp


class Quiet:
    """A log that keeps the last reason for silence."""

    why = ""

    def event(self, name, **fields):
        """Remember why there is no connection."""
        if name == "ocpp_unreachable":
            self.why = fields["why"]


class Watch:
    """Highest heap in use, and bytes of the largest frame that came in."""

    def __init__(self):
        self.highest = 0
        self.largest = 0
        self.on = True

    def tap(self, direction, text):
        """Called by the transport with every frame."""
        if self.on:
            if direction == "in":
                self.largest = max(self.largest, len(text))
            gc.collect()
            self.highest = max(self.highest, gc.mem_alloc())


async def main():
    """Connect, let the central system do its worst, then count round trips."""
    app = FakeApp(time.ticks_ms, authorisation="free", csms_url=sys.argv[2])
    station = Station(app)  # loads the station, and all of its parts; it is thrown away itself
    app.station, app.transactions = station, Transactions(app)
    for row in calls.rows():
        station.need(row[0])
    for name in calls.CONFIGURATION:  # stays, so that two moments can be compared
        __import__(name)
    app.station = app.transactions = station = row = None
    gc.collect()
    loaded = gc.mem_alloc()
    app.log = Quiet()
    app.station = station = Station(app)
    app.transactions = Transactions(app)
    gc.collect()
    built = gc.mem_alloc()
    watch = Watch()
    websocket.frame_tap = watch.tap
    handle = station.handle

    def watched(action, payload):
        watch.tap("handler", "")
        return handle(action, payload)

    station.handle = watched
    service = asyncio.create_task(station.run())
    began = time.ticks_ms()
    # The central system sends its large frames now and ends with a trigger.
    while not (station.online() and watch.largest > 10000):
        app.charger.plugged = station.online()  # no name is looked up while a car charges
        app.charger.step(time.ticks_ms())
        app.transactions.poll(time.ticks_ms())
        await asyncio.sleep_ms(20)
        if service.done() or time.ticks_diff(time.ticks_ms(), began) > 30000:
            print(json.dumps({"error": app.log.why or "no large frame came"}))
            return
    for _ in range(50):
        await asyncio.sleep_ms(20)
    watch.on = False
    gc.collect()
    settled = gc.mem_alloc()
    count = 0
    began = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), began) < 1000 * int(sys.argv[3]):
        error, _ = await station.rpc.call("Heartbeat", {})
        if error:
            print(json.dumps({"error": error}))
            return
        count += 1
    elapsed_ms = time.ticks_diff(time.ticks_ms(), began)
    gc.collect()
    print(
        json.dumps({
            "loaded": loaded, "built": built, "highest": watch.highest, "settled": settled,
            "after": gc.mem_alloc(), "largest_frame": watch.largest,
            "round_trips_per_s": count * 1000 // elapsed_ms, "round_trips": count,
        })
    )  # fmt: skip


asyncio.run(main())
