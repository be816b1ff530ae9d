# SPDX-License-Identifier: MIT
"""How a connection begins: URL, request, what the server must answer, and the wait before it."""

import asyncio

from firmware.ocpp.access import basic, percent_encoded
from firmware.ocpp.handshake import (
    Closed,
    accept_of,
    check_response,
    connect,
    parse_url,
    request,
)
from firmware.ocpp.retry import back_off_ms
from firmware.ocpp.websocket import traffic
from tests_host.firmware.test_websocket import Stream, frame


def test_accept_header_of_the_standard():
    assert accept_of(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_urls():
    assert parse_url("ws://h") == (False, "h", 80, "/")
    assert parse_url("ws://h:9000/a/b%20c") == (False, "h", 9000, "/a/b%20c")
    assert parse_url("ws://[::1]:9000/a") == (False, "::1", 9000, "/a")
    assert parse_url("wss://example.org/ocpp") == (True, "example.org", 443, "/ocpp")
    for url in ("", "h", "http://h", "ws://", "ws://:80/", "ws://h:0/", "ws://h:x/", "ws://h:70000",
                "ws://user@h/", "ws://h h/"):  # fmt: skip
        try:
            parse_url(url)
        except ValueError as error:
            assert "csms_url" in str(error)
        else:
            raise AssertionError(url)


def test_password_goes_into_the_request():
    key = b"dGhlIHNhbXBsZSBub25jZQ=="
    # The example of OCPP 1.6-J, 6.2.1: AL1000 with 0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF.
    header = basic("AL1000", bytes(range(8)) + b"\xff" * 12)
    assert header == "Basic QUwxMDAwOgABAgMEBQYH////////////////"
    sent = request("h:1", "/x", key, "ocpp1.6", header)
    assert b"\r\nAuthorization: " + header.encode() + b"\r\n" in sent
    assert sent.endswith(b"\r\n\r\n") and sent.count(b"\r\n\r\n") == 1
    assert b"Authorization" not in request("h:1", "/x", key, "ocpp1.6")


def test_back_off_grows_differs_and_repeats():
    for identity in ("GP-0001", "GP-0002"):
        waits = [back_off_ms(identity, n) for n in range(12)]
        assert waits == [back_off_ms(identity, n) for n in range(12)]
        for n, wait_ms in enumerate(waits):
            base_ms = min(64, 1 << n) * 1000
            assert base_ms <= wait_ms <= base_ms * 3 // 2
    assert len({back_off_ms("GP-%04d" % n, 5) for n in range(50)}) > 40
    assert back_off_ms("x", 10**6) < 97000


def test_identity_in_the_url():
    assert percent_encoded("GP-0001_a.b~") == "GP-0001_a.b~"
    assert percent_encoded("a b/c?\u00fc%") == "a%20b%2Fc%3F%C3%BC%25"


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
            socket = await connect("ws://box:9000/GP%201", "ocpp1.6")
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
        (GOOD.replace(b"Connection: Upgrade", b"Connection: close"), "accept"),
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
        await connect("wss://box/GP", "ocpp1.6")

    try:
        asyncio.run(run())
    except ValueError as error:
        assert "certificate" in str(error)
    else:
        raise AssertionError("an unverified connection")
