# SPDX-License-Identifier: MIT
"""The WebSocket client against streams in memory: handshake, frames, servers that misbehave."""

import asyncio

from firmware.ocpp import websocket
from firmware.ocpp.handshake import Closed, accept_of, check_response, parse_url
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


def test_accept_header_of_the_standard():
    assert accept_of(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_urls():
    assert parse_url("ws://h") == (False, "h", 80, "/")
    assert parse_url("ws://h:9000/a/b%20c") == (False, "h", 9000, "/a/b%20c")
    assert parse_url("wss://example.org/ocpp") == (True, "example.org", 443, "/ocpp")
    for url in ("", "h", "http://h", "ws://", "ws://:80/", "ws://h:0/", "ws://h:x/", "ws://h:70000",
                "ws://user@h/", "ws://h h/"):  # fmt: skip
        try:
            parse_url(url)
        except ValueError as error:
            assert "csms_url" in str(error)
        else:
            raise AssertionError(url)


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


def test_pong_is_ignored():
    assert received(frame(0x8A, b"x") + frame(0x81, b"a"))[0] == ["a"]


def test_close_is_answered():
    texts, why, written = received(frame(0x88, b"\x03\xe9bye"))
    assert texts == [] and "1001" in why and written == [(0x88, b"\x03\xe9")]
    assert received(frame(0x88))[2] == [(0x88, b"\x03\xe8")]
    assert received(frame(0x88, b"\x00\x01"))[2] == [(0x88, b"\x03\xea")]


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


class Server(Stream):
    """Answers the handshake like a server, then sends `rest`."""

    def __init__(self, headers, rest=b"", status=b"HTTP/1.1 101 Switching Protocols", piece=7):
        super().__init__(piece=piece)
        self.headers = headers
        self.rest = rest
        self.status = status

    def write(self, data):
        """Answer the request."""
        super().write(data)
        if data.startswith(b"GET"):
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
            headers = self.headers.replace(b"ACCEPT", accept_of(key))
            self.data = self.status + b"\r\n" + headers + b"\r\n" + self.rest


GOOD = (
    b"Upgrade: WebSocket\r\nConnection: Upgrade\r\nsec-websocket-accept: ACCEPT\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n"
)


def connected(server):
    """(text received after the handshake, reason of failure)."""

    async def open_connection(host, port):
        assert (host, port) == ("box", 9000)
        return server, server

    async def run():
        before = traffic.conn
        try:
            socket = await websocket.connect("ws://box:9000/GP%201", "ocpp1.6")
        except Closed as error:
            assert server.closed and traffic.conn == before and not traffic.connected
            return None, str(error)
        assert traffic.conn == before + 1 and traffic.connected and traffic.busy == 0
        assert server.written.startswith(b"GET /GP%201 HTTP/1.1\r\nHost: box:9000\r\n")
        text = await socket.receive()
        await socket.close()
        return text, None

    real = asyncio.open_connection
    asyncio.open_connection = open_connection
    try:
        return asyncio.run(run())
    finally:
        asyncio.open_connection = real


def test_handshake():
    for piece in (1, 7, 10000):
        assert connected(Server(GOOD, frame(0x81, b"hello"), piece=piece)) == ("hello", None)


def test_handshakes_that_must_fail():
    for headers, word in (
        (GOOD.replace(b"ACCEPT", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "accept"),
        (GOOD.replace(b"sec-websocket-accept", b"x"), "accept"),
        (GOOD.replace(b"WebSocket\r\n", b"h2c\r\n", 1), "accept"),
        (GOOD.replace(b"ocpp1.6", b"ocpp2.0.1"), "ocpp1.6"),
        (GOOD.replace(b"Sec-WebSocket-Protocol", b"X"), "ocpp1.6"),
        (GOOD + b"Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"),
        (GOOD + b"X-Filler: " + b"x" * 5000 + b"\r\n", "longer"),
    ):
        assert word in connected(Server(headers, piece=256))[1]
    assert "404" in connected(Server(b"", status=b"HTTP/1.1 404 Not Found"))[1]
    assert "301" in connected(Server(b"", status=b"HTTP/1.1 301 Moved"))[1]
    assert "garbage" in connected(Server(b"", status=b"garbage"))[1]
    silent = Server(b"")
    silent.write = lambda data: None
    assert "hung up" in connected(silent)[1]
    check_response([b"HTTP/1.1 101 X"] + GOOD.strip().split(b"\r\n"), b"ACCEPT", b"ocpp1.6")


def test_wss_without_certificate_is_refused():
    async def run():
        await websocket.connect("wss://box/GP", "ocpp1.6")

    try:
        asyncio.run(run())
    except ValueError as error:
        assert "certificate" in str(error)
    else:
        raise AssertionError("an unverified connection")
