# SPDX-License-Identifier: MIT
"""Answers that come in pieces, so that the charger has its turn between them."""

import asyncio

from firmware.ocpp.rpc import INTERNAL, PROPERTY, CallError
from tests_host.firmware.test_rpc import Bench


def test_an_answer_in_pieces():
    bench = Bench()

    def slow(payload):
        for _ in range(3):
            yield
        if payload.get("bad"):
            raise CallError(PROPERTY, "bad")
        if payload.get("crash"):
            raise KeyError("x")
        return {"status": "Accepted"}

    bench.handle = lambda action, payload: slow(payload)
    bench.rpc._handle = bench.handle
    assert bench.answer('[2,"p1","Slow",{}]') == [3, "p1", {"status": "Accepted"}]
    assert bench.answer('[2,"p2","Slow",{"bad":1}]') == [4, "p2", PROPERTY, "bad", {}]
    assert bench.answer('[2,"p3","Slow",{"crash":1}]') == [4, "p3", INTERNAL, "KeyError", {}]

    async def run():
        turns = []
        for text in ('[2,"p4","Slow",{}]', '[2,"p5","Slow",{"bad":1}]', None):
            bench.socket.push(text)

        async def other():
            while bench.rpc.ended is None:
                turns.append(len(bench.socket.sent))
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await bench.rpc.run()
        await task
        return turns

    turns = asyncio.run(run())
    assert [frame[1] for frame in bench.socket.sent] == ["p4", "p5"]
    assert turns.count(0) >= 3 and turns.count(1) >= 3  # others had their turn between the pieces
