# SPDX-License-Identifier: MIT
"""The WebSocket client against streams in memory: handshake, frames, servers that misbehave."""

import asyncio

from firmware.ocpp import websocket
from firmware.ocpp.handshake import (
    Closed,
)
from firmware.ocpp.websocket import MAX_MESSAGE, WebSocket, traffic


class Stream:
    """Reads from given bytes, in pieces of at most `piece`; keeps what is written."""

    def __init__(self, data=b"", piece=1 << 20):
        self.data = data
        self.piece = piece
        self.written = b""
        self.closed = False

    async def read(self, n):
        """At most n bytes."""
        n = min(n, self.piece)
        data = self.data[:n]
        self.data = self.data[n:]
        return data

    async def readexactly(self, n):
        """Exactly n bytes."""
        if len(self.data) < n:
            raise EOFError
        data = self.data[:n]
        self.data = self.data[n:]
        return data

    def write(self, data):
        """Keep the bytes."""
        self.written += bytes(data)

    async def drain(self):
        """Nothing to wait for."""

    def close(self):
        """Take note."""
        self.closed = True

    async def wait_closed(self):
        """Nothing to wait for."""


def frame(first, payload=b"", length=None):
    """A server frame; `length` overrides the 7-bit length field and what follows it."""
    if length is not None:
        return bytes((first,)) + length + payload
    n = len(payload)
    if n < 126:
        return bytes((first, n)) + payload
    return bytes((first, 126, n >> 8, n & 255)) + payload


def unmask(data):
    """[(first byte, payload)] of what a client has written."""
    frames = []
    while data:
        assert data[1] & 0x80, "a client masks"
        n = data[1] & 127
        at = 2
        if n == 126:
            n = data[2] << 8 | data[3]
            at = 4
        mask = data[at : at + 4]
        at += 4
        frames.append((data[0], bytes(data[at + i] ^ mask[i & 3] for i in range(n))))
        data = data[at + n :]
    return frames


def received(data):
    """(texts received, why it ended, frames written) of a server that sends `data`."""

    async def run():
        stream = Stream(data)
        socket = WebSocket(stream, stream)
        texts = []
        try:
            while True:
                texts.append(await socket.receive())
        except Closed as error:
            assert stream.closed and not socket.open
            return texts, str(error), unmask(stream.written)

    return asyncio.run(run())


def test_texts_of_every_length_class():
    for n in (0, 1, 125, 126, 127, 4000, MAX_MESSAGE):
        text = "x" * n
        texts, why, written = received(frame(0x81, text.encode()))
        assert texts == [text] and written == []
        assert why.startswith("connection lost")
    assert received(frame(0x81, "gr\u00fc\u00df".encode()))[0] == ["gr\u00fc\u00df"]


def test_fragments_with_a_ping_between():
    data = frame(0x01, b"ab") + frame(0x89, b"hi") + frame(0x00, b"cd") + frame(0x80, b"ef")
    texts, _, written = received(data + frame(0x81, b"next"))
    assert texts == ["abcdef", "next"]
    assert written == [(0x8A, b"hi")]


def test_ping_of_ours_holds_simulated_time_until_the_pong():
    async def run():
        stream = Stream(frame(0x8A) + frame(0x81, b"a"))
        socket = WebSocket(stream, stream)
        before = traffic.busy
        socket.heard = False
        await socket.ping()
        await socket.ping()
        assert traffic.busy == before + 1 and unmask(stream.written) == [(0x89, b"")] * 2
        assert await socket.receive() == "a"
        assert socket.heard and traffic.busy == before
        await socket.ping()
        await socket.abort()
        assert traffic.busy == before

    asyncio.run(run())


def test_two_tasks_write_whole_frames():
    class Slow(Stream):
        async def drain(self):
            await asyncio.sleep(0)

    async def run():
        stream = Slow()
        socket = WebSocket(stream, stream)
        texts = ["x" * 500, "y" * 500, "z" * 10]
        tasks = [asyncio.create_task(socket.send(text)) for text in texts]
        for task in tasks:
            await task
        assert sorted(data for _, data in unmask(stream.written)) == [t.encode() for t in texts]

    asyncio.run(run())


def test_pong_is_ignored():
    assert received(frame(0x8A, b"x") + frame(0x81, b"a"))[0] == ["a"]


def test_close_is_answered():
    texts, why, written = received(frame(0x88, b"\x03\xe9bye"))
    assert texts == [] and "1001" in why and written == [(0x88, b"\x03\xe9")]
    assert received(frame(0x88))[2] == [(0x88, b"\x03\xe8")]
    wrong = (b"\x00\x01", b"\x03", b"\x03\xed", b"\x03\xee", b"\x07\xcf", b"\x03\xe8\xff")
    for data in wrong:  # codes nobody may send, half a code, a reason that is not UTF-8
        assert received(frame(0x88, data))[2] == [(0x88, b"\x03\xea")], data
    for data in (b"\x03\xe8bye", b"\x0b\xb8", b"\x13\x87"):
        assert received(frame(0x88, data))[2] == [(0x88, data[:2])]


def test_servers_that_misbehave_are_hung_up_on():
    for data, code in (
        (frame(0x82, b"x"), 1003),  # binary
        (frame(0xC1, b"x"), 1002),  # reserved bit
        (frame(0x83, b"x"), 1002),  # unknown opcode
        (frame(0x8B, b"x"), 1002),  # unknown control opcode
        (frame(0x81, b"", b"\x81\0\0\0\0x"), 1002),  # masked
        (frame(0x80, b"x"), 1002),  # continuation of nothing
        (frame(0x01, b"x") + frame(0x81, b"y"), 1002),  # a new message inside another
        (frame(0x09, b"x"), 1002),  # fragmented ping
        (frame(0x89, b"x" * 126), 1002),  # long ping
        (frame(0x81, b"\xff\xfe"), 1007),  # not UTF-8
        (frame(0x81, b"\xed\xa0\xbd"), 1007),  # a surrogate
        (frame(0x81, b"\xc0\xaf"), 1007),  # a slash in two bytes
        (frame(0x81, b"\xf4\x90\x80\x80"), 1007),  # beyond Unicode
        (frame(0x81, b"x", b"\x7e\0\x01"), 1002),  # a short length in the long form
        (frame(0x81, b"x" * 200, b"\x7f\0\0\0\0\0\0\0\xc8"), 1002),  # in the longest form
        (frame(0x81, b"", b"\x7e\xff\xff"), 1009),  # 64 KB
        (frame(0x81, b"", b"\x7f\0\0\0\0\0\x10\0\0"), 1009),  # 1 MB
        (frame(0x81, b"", b"\x7f\x40\0\0\0\0\0\0\0"), 1009),  # 2**62
        (frame(0x01, b"x" * 9000) + frame(0x80, b"x" * 9000), 1009),  # together too long
    ):
        texts, why, written = received(data)
        assert texts == []
        assert written == [(0x88, bytes((code >> 8, code & 255)))], (data[:4], why, written)


def test_cut_off_anywhere_is_one_clean_end():
    data = frame(0x81, b"x" * 300)
    for n in range(len(data)):
        texts, why, written = received(data[:n])
        assert texts == [] and written == [] and why.startswith("connection lost")


def test_sending_masks_counts_and_taps():
    seen = []

    async def run():
        stream = Stream()
        socket = WebSocket(stream, stream)
        before = traffic.sent
        texts = ["", "a", "x" * 125, "y" * 126, "z" * 1000, "\u00e4" * 129]
        for text in texts:
            await socket.send(text)
        assert [(0x81, t.encode()) for t in texts] == unmask(stream.written)
        assert traffic.sent - before == len(texts) and traffic.busy == 0
        assert seen == [("out", text) for text in texts]
        await socket.close()
        await socket.close()
        assert unmask(stream.written)[-1] == (0x88, b"\x03\xe8")
        try:
            await socket.send("late")
        except Closed:
            return
        raise AssertionError("sent on a closed connection")

    websocket.frame_tap = lambda direction, text: seen.append((direction, text))
    try:
        asyncio.run(run())
    finally:
        websocket.frame_tap = None
