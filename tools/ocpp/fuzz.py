# SPDX-License-Identifier: MIT
"""A fuzzer for the frame parser, the JSON layer and the handlers, on MicroPython or CPython.

    micropython tools/ocpp/fuzz.py ROOT COUNT SEED [LEAK]   (in an empty folder: it is the flash)

Prints one JSON object: inputs, findings (an exception that came out, a handler that failed, a
limit that was changed by something not accepted, an answer that is no JSON), heap in use at the
beginning and at the end, and what the inputs led to. Every third input goes to the frame parser.
With LEAK one input in so many leaves a few bytes behind, to see that this is found.
"""

import sys

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    if sys.implementation.name != "micropython":
        sys.path.insert(1, sys.argv[1] + "/tests_host/fakes")

import asyncio
import gc
import json
import random

from control import limits
from firmware import lazy
from firmware.ocpp import calls
from firmware.ocpp.handshake import Closed
from firmware.ocpp.rpc import Ids, Rpc
from firmware.ocpp.station import Station
from firmware.ocpp.websocket import WebSocket
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp
from tools.ocpp.corpus import REQUESTS
from tools.ocpp.mutate import mutated, mutated_frames

NOW = 1745835300
LOCAL_MA = 16000
WARM_UP = 5000  # inputs until every buffer and every store has reached its size
SLACK_BYTES = 2048  # 16 bytes in every 300 inputs of a shard are more
LOOKS = 40  # at the heap
_TABLE = "firmware.ocpp.config_table"


class Counter:
    """A log that counts names."""

    def __init__(self):
        self.seen = {}

    def event(self, name, **fields):
        """Count, and keep what a handler could not digest."""
        if name == "ocpp_handler_failed":
            name += " " + fields["action"] + " " + fields["why"]
        self.seen[name] = self.seen.get(name, 0) + 1


class Stream:
    """Both ends of a connection whose server sends `data` and hangs up."""

    def __init__(self, data):
        self.data = data
        self.written = 0

    async def read(self, n):
        """At most n bytes."""
        taken = self.data[:n]
        self.data = self.data[n:]
        return taken

    async def readexactly(self, n):
        """Exactly n bytes or EOFError."""
        if len(self.data) < n:
            raise EOFError
        return await self.read(n)

    def write(self, data):
        """Count."""
        self.written += len(data)

    async def drain(self):
        """Nothing to wait for."""

    def close(self):
        """Nothing to close."""

    async def wait_closed(self):
        """Nothing to wait for."""


async def _refused(*_, **__):
    raise OSError(111, "the fuzzer has no network")


class Target:
    """A station with a running transaction, fed with texts and bytes."""

    def __init__(self):
        asyncio.open_connection = _refused
        app = FakeApp(csms_url="ws://box/ocpp")
        app.log = Counter()
        app.clock.set(NOW)
        self.app = app
        app.station = station = Station(app)
        app.transactions = Transactions(app)
        station.on_reset = lambda: None
        station.config.load()
        station.need("smart")
        station.session.boot_status = "Accepted"
        self.rpc = Rpc(None, Ids("F"), station.handle, station._note, app.clock.uptime_s)
        self.findings = []
        self.answers = {}
        app.charger.plugged = True
        app.run(1000)

    def finding(self, text, data):
        """Something that must not be."""
        if len(self.findings) < 20:
            self.findings.append("%s: %r" % (text, data[:300]))

    def text(self, text):
        """One message for the JSON layer and the handlers."""
        app = self.app
        before = app.charger.limits.of(limits.OCPP)
        try:
            reply = self.rpc.answer_to(text)
        except Exception as error:
            self.finding("exception %r" % error, text)
            return
        kind = "ignored"
        accepted = False
        if reply is not None:
            try:
                answer = json.loads(str(reply.encode(), "utf-8"))
                kind = answer[2] if answer[0] == 4 else answer[2].get("status", "answer")
                accepted = answer[0] == 3 and kind == "Accepted"
            except Exception as error:
                self.finding("answer %r" % error, reply)
        self.answers[kind] = self.answers.get(kind, 0) + 1
        after = app.charger.limits.of(limits.OCPP)
        if after != before and not accepted:
            self.finding("limit %d became %d" % (before, after), text)
        if app.charger.limits.resolve(app.now_ms()) > LOCAL_MA:
            self.finding("limit above the local one", text)

    async def frames(self, data):
        """Bytes of a server for the frame parser; the messages go on to the JSON layer."""
        socket = WebSocket(Stream(data), Stream(b""))
        try:
            while True:
                self.text(await socket.receive())
        except Closed:
            self.answers["closed"] = self.answers.get("closed", 0) + 1
        except Exception as error:
            self.finding("exception %r" % error, data)

    def settle(self):
        """Forget what may be kept, so that the heap of two moments can be compared."""
        for number, (action, payload) in enumerate((
            ("ClearChargingProfile", {}),
            ("ClearCache", {}),
            ("SendLocalList", {"listVersion": 9, "updateType": "Full"}),
            ("DataTransfer", {"vendorId": "GridPilot", "messageId": "ClearDERControl",
                              "data": '{"isDefault":true}'}),
            ("DataTransfer", {"vendorId": "GridPilot", "messageId": "ClearDERControl",
                              "data": '{"isDefault":false}'}),
            ("DataTransfer", {"vendorId": "GridPilot", "messageId": "ClearChargingProfile"}),
            ("DataTransfer", {"vendorId": "GridPilot", "messageId": "ClearFFR"}),
        )):  # fmt: skip
            self.rpc.answer_to(json.dumps([2, "settle%d" % number, action, payload]))
        self.rpc._seen.clear()
        self.app.charger.asked_phases.clear()
        if self.app.transactions.open:
            self.app.transactions.open.samples = None

    async def still(self):
        """Bring the station to one and the same state; bytes in use."""
        station = self.app.station
        self.settle()
        self.load_all()
        for part in (station.update, station.uploads):
            if part._task is not None:
                part._task.cancel()
                part._task = None
        station.update._job = station.uploads._log_id = None
        station.reservation.end("settle")
        station.session.triggers.clear()
        station.security._last.clear()
        station.config.values.update(lazy.load(_TABLE).defaults(station.config))
        self.app.transactions.stop("Local")
        self.app.transactions.operative = True
        for _ in range(5):
            await self.second()
        self.app.transactions.spent = False  # the next second begins another transaction
        self.load_all()
        return heap()

    def load_all(self):
        """Parts are loaded or dropped: both are right, one of them is compared."""
        for row in calls.rows():
            self.app.station.need(row[0])
        lazy.load(_TABLE)

    async def second(self):
        """Let a second pass: the clockwork, the charger, tasks that handlers have started."""
        app = self.app
        app.ms += 1000
        app.charger.step(app.now_ms())
        app.transactions.poll(app.now_ms())
        try:
            app.station.clockwork.tick()
        except Exception as error:
            self.finding("clockwork %r" % error, "")
        records = app.transactions.records  # somebody takes them, as in real life
        while records and records[0].reason is not None:
            app.transactions.delivered(records[0])
        if records and records[0].number is None:
            app.transactions.started(records[0], 77, True)
        while app.station.outbox.first():
            app.station.outbox.done(app.station.outbox.first())
        await asyncio.sleep(0)


def heap():
    """Bytes in use, 0 where that cannot be told."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


async def run(count, seed, leak=0):
    """Feed so many inputs; returns what came of it."""
    random.seed(seed)
    target = Target()
    texts = [json.dumps(request) for request in REQUESTS]
    sizes = []
    left = []
    every = max(1, count // LOOKS)
    for i in range(count):
        if i % 3 == 2:
            await target.frames(mutated_frames(random, texts, i))
        else:
            target.text(mutated(random, texts, i))
        if i % 100 == 0:
            await target.second()
        if leak and i % leak == 0:
            left.append(bytearray(8))
        if i % every == 0 and i >= min(WARM_UP, count // 3):
            sizes.append(await target.still())
    # The least of each: now and then something lives on because its address lies on the stack.
    early, late = min(sizes[: len(sizes) // 3]), min(sizes[-(len(sizes) // 3) :])
    if late > early + SLACK_BYTES:
        target.finding("heap grew from %d to %d bytes" % (early, late), "")
    for name in target.app.log.seen:
        if name.startswith(("ocpp_handler_failed", "service_failed")):
            target.finding(name, "")
    return {
        "inputs": count,
        "seed": seed,
        "runtime": sys.implementation.name,
        "findings": target.findings,
        "heap_early": early,
        "heap_late": late,
        "heap_highest": max(sizes),
        "answers": target.answers,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(*[int(word) for word in sys.argv[2:]]))))
