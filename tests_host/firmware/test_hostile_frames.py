# SPDX-License-Identifier: MIT
"""A hostile server below the messages: handshake, frames, silence. One test per trick.

The connection ends with a reason, or goes on; nothing else comes of it.
"""

import asyncio

from firmware.ocpp import websocket
from firmware.ocpp.station import back_off_ms
from firmware.ocpp.websocket import MAX_MESSAGE
from tests_host.firmware.hostile_rig import HEADERS, fresh, received, shaken
from tools.ocpp.mutate import frame

# The handshake.


def test_no_or_another_subprotocol():
    assert shaken(HEADERS) is None
    line = b"Sec-WebSocket-Protocol: ocpp1.6\r\n"
    assert "ocpp1.6" in shaken(HEADERS.replace(line, b""))
    for other in (b"ocpp2.0.1", b"ocpp1.6, ocpp2.0.1", b"", b"OCPP1.6x"):
        assert shaken(HEADERS.replace(b"ocpp1.6", other))


def test_bad_accept_header():
    assert shaken(HEADERS.replace(b"ACCEPT", b"AAAAAAAAAAAAAAAAAAAAAAAAAAA="))
    assert shaken(HEADERS.replace(b"Sec-WebSocket-Accept: ACCEPT\r\n", b""))


def test_redirect_is_not_followed():
    moved = b"HTTP/1.1 301 Moved\r\nLocation: ws://evil/\r\n\r\n"
    assert "301" in shaken(moved)
    assert "200" in shaken(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_slow_headers():
    assert shaken(HEADERS, piece=1) is None  # slow is allowed ...
    assert shaken(HEADERS.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 4000), piece=1)  # not for ever
    assert shaken(HEADERS[:100], piece=1)


def test_huge_headers():
    assert "longer" in shaken(HEADERS[:-2] + b"X: " + b"y" * 200000 + b"\r\n\r\n")


# Frames.


def test_oversize_frame():
    texts, why, _ = received(frame(b"x" * MAX_MESSAGE) + frame(b"y" * (MAX_MESSAGE + 1)))
    assert len(texts) == 1 and "longer" in why


def test_length_of_2_to_the_62():
    texts, why, _ = received(frame(b"", 0x81, 1 << 62))
    assert texts == [] and "too long" in why


def test_masked_frame():
    assert "masked" in received(bytes((0x81, 0x85)) + b"maskhello")[1]


def test_reserved_bits_and_unknown_opcodes():
    for first in (0xC1, 0xA1, 0x91, 0x83, 0x8B):
        texts, why, _ = received(frame(b"x", first) + frame(b"y"))
        assert texts == [] and why


def test_fragments_with_a_ping_between():
    data = frame(b"[2,", 0x01) + frame(b"hi", 0x89) + frame(b'"1"]', 0x80)
    texts, _, written = received(data)
    assert texts == ['[2,"1"]'] and written >= 8  # and the pong went out
    assert "fragments" in received(frame(b"a", 0x01) + frame(b"b"))[1]
    endless = frame(b"x" * 1000, 0x01) + frame(b"x" * 1000, 0x00) * 20
    assert "longer" in received(endless)[1]


def test_invalid_utf_8():
    for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82", b"\xf4\x90\x80\x80"):
        texts, why, _ = received(frame(b'"' + bad + b'"'))
        assert texts == [] and "UTF-8" in why


def test_ping_flood():
    texts, _, written = received(frame(b"p" * 125, 0x89) * 3000 + frame(b"end"))
    assert texts == ["end"] and written == 3000 * 131


def test_half_close():
    texts, why, _ = received(frame(b"a") + b"\x81\x7e\x00")
    assert texts == ["a"] and why
    assert received(b"")[1]


def test_a_silent_server_is_noticed():
    target = fresh()
    station = target.app.station
    aborted = []

    class Socket:
        """Never hears anything."""

        heard = False

        async def abort(self):
            aborted.append(True)

        async def ping(self):
            """Goes nowhere."""

    async def run():
        station.rpc = target.rpc
        station.socket = Socket()
        station.clockwork.connected()
        seconds = 0
        while not aborted and seconds < 1000:
            seconds += 1
            target.app.ms += 1000
            await station.clockwork._watch()
            await asyncio.sleep(0)
        return seconds

    interval_s = station.config.number("WebSocketPingInterval")
    assert interval_s < asyncio.run(run()) <= interval_s + 31


def test_chargers_that_lose_their_server_together_do_not_return_together():
    waits = [back_off_ms("GP-%04d" % i, 5) for i in range(200)]
    assert max(waits) - min(waits) > 10000 and len(set(waits)) > 100
    assert max(back_off_ms("GP", n) for n in range(100)) < 100000  # and it ends never


def test_the_handshake_has_an_end():
    """Whoever accepts the connection and says nothing is hung up on."""
    seen = []
    original = asyncio.wait_for

    def watched(awaitable, timeout):
        seen.append(timeout)
        awaitable.close()
        raise websocket.Closed("seen")

    async def address(_host, _port):
        return "192.0.2.1"

    asyncio.wait_for = watched
    try:
        target = fresh()
        target.app.station.address = address
        try:
            asyncio.run(target.app.station._connection())
        except websocket.Closed:
            pass
    finally:
        asyncio.wait_for = original
    assert seen and seen[0] <= 60
