# SPDX-License-Identifier: MIT
"""OCPP-J framing: what comes in malformed, late or twice, and what may go out."""

import asyncio
import json

from firmware.ocpp.handshake import Closed
from firmware.ocpp.rpc import FORMATION, INTERNAL, LOST, PROPERTY, TIMEOUT, CallError, Ids, Rpc


class Socket:
    """Takes what is sent; `receive` hands out texts until they are used up."""

    def __init__(self, texts=()):
        self.sent = []
        self.texts = list(texts)
        self.more = asyncio.Event()

    async def send(self, text):
        """Keep what is sent."""
        self.sent.append(json.loads(text))

    async def receive(self):
        """Next text; None ends the connection."""
        while not self.texts:
            await self.more.wait()
            self.more.clear()
        text = self.texts.pop(0)
        if text is None:
            raise Closed("end")
        return text

    def push(self, text):
        """Add a text to receive."""
        self.texts.append(text)
        self.more.set()


class Bench:
    """An Rpc with a handler that knows four actions, a clock set by hand and a notebook."""

    def __init__(self, socket=None):
        self.now_s = 100
        self.notes = []
        self.socket = socket or Socket()
        self.rpc = Rpc(
            self.socket, Ids("GP-0001"), self.handle, self.note, lambda: self.now_s, timeout_s=30
        )

    def handle(self, action, payload):
        """The table of actions."""
        if action == "Echo":
            return payload
        if action == "Bad":
            raise CallError(PROPERTY, "key: no\u00e9")
        if action == "Crash":
            return {}["missing"]
        if action == "Silent":
            return None
        raise CallError("NotImplemented")

    def note(self, event, **fields):
        """Keep the name."""
        self.notes.append(event)

    def answer(self, text):
        """Reply to a text, decoded. Ids may come again here."""
        self.rpc._seen = []
        reply = self.rpc.answer_to(text)
        return None if reply is None else json.loads(reply)


def test_answers_to_calls():
    bench = Bench()
    assert bench.answer('[2,"7","Echo",{"a":1}]') == [3, "7", {"a": 1}]
    assert bench.answer('[2,"7","Echo",null]') == [3, "7", {}]
    assert bench.answer('[2,"7","Silent",{}]') is None
    assert bench.answer('[2,"7","Nope",{}]') == [4, "7", "NotImplemented", "", {}]
    assert bench.answer('[2,"7","Bad",{}]') == [4, "7", PROPERTY, "key: no?", {}]
    assert bench.answer('[2,"7","Crash",{}]') == [4, "7", INTERNAL, "KeyError", {}]
    assert bench.notes == ["ocpp_handler_failed"]


def test_broken_calls_with_a_readable_id():
    bench = Bench()
    for text in (
        '[2,"7","Echo"]',
        '[2,"7","Echo",[]]',
        '[2,"7","Echo","x"]',
        '[2,"7","Echo",{},{}]',
        '[2,"7",5,{}]',
        '[2,"7",{},{}]',
        '[2,"7",null,{}]',
        '[2,"7",null,["NotSupported","x"]]',
    ):
        assert bench.answer(text)[:3] == [4, "7", FORMATION], text


def test_what_cannot_be_answered_is_ignored():
    bench = Bench()
    for text in (
        "",
        "x",
        "{",
        "[",
        "null",
        "5",
        '"text"',
        "{}",
        "[]",
        "[2]",
        '[2,"7"]',
        '[2,7,"Echo",{}]',
        '[2,"","Echo",{}]',
        '[2,null,"Echo",{}]',
        '[2,"' + "x" * 37 + '","Echo",{}]',
        '[2,"\\ud83d\\ude00","Echo",{}]',
        '[2,"a\\nb","Echo",{}]',
        '[9,"7","Echo",{}]',
        '["2","7","Echo",{}]',
        '[3,"7",{}]',
        '[4,"7","X","",{}]',
        "[" * 400,
    ):
        assert bench.answer(text) is None, text


def test_ids_are_never_used_twice_and_short():
    ids = Ids("a very long name of a charger that does not end")
    first = ids.next()
    assert first != ids.next() and len(first) <= 36


async def until(condition):
    """Let the other tasks run until a condition holds; without end it would never hold."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("nothing happened")


async def exchange(*replies):
    """Call once; every reply is a function of the id of the call."""
    bench = Bench()
    runner = asyncio.create_task(bench.rpc.run())
    call = asyncio.create_task(bench.rpc.call("Heartbeat", {}))
    await until(lambda: bench.socket.sent)
    message_id = bench.socket.sent[0][1]
    for reply in replies:
        bench.socket.push(reply(message_id))
    result = await call
    bench.socket.push(None)
    await runner
    return result, bench


def test_results_and_errors():
    async def run():
        for reply, expected in (
            (lambda i: '[3,"%s",{"currentTime":"x"}]' % i, (None, {"currentTime": "x"})),
            (lambda i: '[3,"%s",null]' % i, (None, {})),
            (lambda i: '[3,"%s",[]]' % i, (FORMATION, None)),
            (lambda i: '[4,"%s","InternalError","",{}]' % i, ("InternalError", None)),
            (lambda i: '[4,"%s",""]' % i, ("GenericError", None)),
            (lambda i: '[4,"%s",5,"",{}]' % i, ("GenericError", None)),
        ):
            result, bench = await exchange(reply)
            assert result == expected
            assert bench.socket.sent[0] == [2, "GP-0001-1", "Heartbeat", {}]
            assert bench.rpc.ended == "end"

    asyncio.run(run())


def test_only_the_first_answer_counts():
    async def run():
        result, bench = await exchange(
            lambda i: '[3,"other",{}]',
            lambda i: '[3,"%s",{"n":1}]' % i,
            lambda i: '[3,"%s",{"n":2}]' % i,
        )
        assert result == (None, {"n": 1})
        assert bench.notes.count("ocpp_unsolicited") == 2

    asyncio.run(run())


def test_call_answered_while_ours_is_open():
    async def run():
        result, bench = await exchange(lambda i: '[2,"c1","Echo",{}]', lambda i: '[3,"%s",{}]' % i)
        assert result == (None, {})
        assert bench.socket.sent[1] == [3, "c1", {}]

    asyncio.run(run())


def test_timeout_and_then_stuck():
    async def run():
        bench = Bench()
        call = asyncio.create_task(bench.rpc.call("Heartbeat", {}))
        await asyncio.sleep(0)
        bench.now_s += 29
        assert not bench.rpc.poll()
        bench.now_s += 1
        assert not bench.rpc.poll()
        assert bench.rpc.poll() is False  # a second look changes nothing
        assert await call == (TIMEOUT, None)
        bench.now_s += 100
        assert not bench.rpc.poll()  # nothing is open any more

    asyncio.run(run())


def test_write_that_hangs_is_reported():
    class Hanging(Socket):
        async def send(self, text):
            await self.more.wait()

    async def run():
        bench = Bench(Hanging())
        call = asyncio.create_task(bench.rpc.call("Heartbeat", {}))
        await asyncio.sleep(0)
        bench.now_s += 34
        assert not bench.rpc.poll()
        bench.now_s += 1
        assert bench.rpc.poll()  # the connection has to be cut
        bench.socket.more.set()
        assert (await call)[0] == TIMEOUT

    asyncio.run(run())


def test_lost_connection_ends_the_call():
    async def run():
        result, bench = await exchange(lambda i: None, lambda i: None)
        assert result == (LOST, None)
        assert await bench.rpc.call("Heartbeat", {}) == (LOST, None)

    asyncio.run(run())


def test_calls_queue_up():
    async def run():
        bench = Bench()
        runner = asyncio.create_task(bench.rpc.run())
        calls = [asyncio.create_task(bench.rpc.call("Heartbeat", {"n": n})) for n in range(3)]
        for n in range(3):
            await until(lambda n=n: len(bench.socket.sent) > n)
            for _ in range(10):
                await asyncio.sleep(0)
            assert len(bench.socket.sent) == n + 1  # one at a time
            bench.socket.push('[3,"%s",{"n":%d}]' % (bench.socket.sent[n][1], n))
        for n in range(3):
            assert await calls[n] == (None, {"n": n})
        bench.socket.push(None)
        await runner

    asyncio.run(run())
