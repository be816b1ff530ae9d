# SPDX-License-Identifier: MIT
"""A WebSocket client for asyncio (RFC 6455): text messages, bounded in every direction.

What a server may do to a charger is limited here: header bytes, frame length and message length
are capped before anything is read into memory, the accept header and the subprotocol must be the
right ones (a server that disagrees on OCPP answers 101 without the header, 1.6-J 3.1.2), frames
that break a rule close the connection. All of it surfaces as one exception, `Closed`. How a
connection is made is in handshake.py, which is loaded for that only.
"""

import asyncio
import os

from micropython import const

from firmware.ocpp.frames import close_code, made, why
from firmware.ocpp.utf8 import decoded

MAX_MESSAGE = const(16384)  # bytes; a 24-period profile needs 1.5 KB
_PIECE = const(512)  # bytes of a long frame read in one go

_CONTINUATION = const(0)
_TEXT = const(1)
_BINARY = const(2)
_CLOSE = const(8)
_PING = const(9)
_PONG = const(10)

_NORMAL = const(1000)
_PROTOCOL_ERROR = const(1002)
_NOT_TEXT = const(1003)
_BAD_UTF8 = const(1007)
_TOO_BIG = const(1009)


class Traffic:
    """Counters of the newest connection, for whoever needs to know that nothing is in flight."""

    def __init__(self):
        self.conn = 0  # connections established since boot
        self.sent = 0  # text messages handed to the network on this connection
        self.received = 0  # text messages received on this connection
        self.busy = 0  # > 0 while connecting or writing
        self.connected = False


traffic = Traffic()
frame_tap = None  # None or callable(direction "out" | "in", text)


def _tap(direction, text):
    if frame_tap:
        frame_tap(direction, text)


class Closed(Exception):
    """The connection is over or never came up; the text says why.

    kind: "" or what it means for security, "password" or "certificate".
    """

    def __init__(self, why, kind=""):
        super().__init__(why)
        self.kind = kind


class WebSocket:
    """One connection. One task calls `receive`; any task may call `send`."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.left = b""  # bytes that came with the response headers
        self._lock = asyncio.Lock()  # two tasks draining one stream would hang one of them
        self._pinged = False  # a ping of ours is unanswered
        self.open = True
        self.heard = True  # a frame has come since this was last set to False

    async def send(self, text):
        """Send one text message; returns when the network has taken it. Raises Closed."""
        if not self.open:
            raise Closed("not connected")
        _tap("out", text)
        await self._write(_TEXT, text.encode(), 1)

    async def ping(self):
        """Ask the server for a sign of life; `heard` tells when it comes."""
        if not self._pinged:
            self._pinged = True
            traffic.busy += 1  # until the pong: in simulated time it is on its way
        await self._write(_PING, b"", 0)

    def _unpinged(self):
        if self._pinged:
            self._pinged = False
            traffic.busy -= 1

    async def receive(self):
        """Next text message as a string; answers pings on the way. Raises Closed at the end."""
        message = None  # bytes of a fragmented message, None between messages
        while True:
            try:
                final, opcode, data = await self._read_frame(len(message) if message else 0)
            except (OSError, EOFError) as error:
                await self.abort()
                raise Closed("connection lost (%s)" % why(error))
            self.heard = True
            if opcode >= _CLOSE:
                await self._control(opcode, data)
            elif opcode == _BINARY:
                await self._fail(_NOT_TEXT, "binary message")
            elif (opcode == _TEXT) != (message is None) or opcode > _BINARY:
                await self._fail(_PROTOCOL_ERROR, "fragments out of order, or unknown opcode")
            else:
                if message is None:
                    message = data
                else:
                    message += data
                if final:
                    data = None  # a long message is here twice while it is decoded, never more
                    try:
                        message = decoded(message)
                    except (UnicodeError, ValueError):
                        await self._fail(_BAD_UTF8, "message is not UTF-8")
                    traffic.received += 1
                    _tap("in", message)
                    return message

    async def _control(self, opcode, data):
        """A control frame; raises Closed when it ends the connection."""
        if opcode == _PING:
            await self._write(_PONG, data, 0)
        elif opcode == _PONG:
            self._unpinged()
        elif opcode == _CLOSE:
            code = close_code(data)
            await self.close(code)
            raise Closed("closed by the server with code %d" % code)
        else:
            await self._fail(_PROTOCOL_ERROR, "unknown opcode %d" % opcode)

    async def _read_frame(self, already):
        """(final, opcode, payload); `already` bytes of the message were read before."""
        head = await self._exactly(2)
        first = head[0]
        opcode = first & 15
        length = head[1]
        if first & 0x70 or length & 0x80:
            await self._fail(_PROTOCOL_ERROR, "masked frame or reserved bits")
        if opcode >= 8 and (length > 125 or not first & 0x80):
            await self._fail(_PROTOCOL_ERROR, "long or fragmented control frame")
        if length >= 126:
            length = await self._long(length)
        if length + already > MAX_MESSAGE:
            await self._fail(_TOO_BIG, "message longer than %d bytes" % MAX_MESSAGE)
        if length <= _PIECE:
            return first & 0x80, opcode, await self._exactly(length) if length else b""
        data = bytearray(length)  # once: growing it would need twice the memory
        at = 0
        while at < length:
            piece = await self._exactly(min(_PIECE, length - at))
            data[at : at + len(piece)] = piece
            at += len(piece)
        return first & 0x80, opcode, data

    async def _long(self, kind):
        """The length that follows a 7-bit length of 126 or 127."""
        if kind == 126:
            head = await self._exactly(2)
            length = head[0] << 8 | head[1]
            shortest = 126
        else:
            head = await self._exactly(8)
            if head[:5] != b"\0\0\0\0\0":  # 16 MB and more: do not even compute it
                await self._fail(_TOO_BIG, "message too long")
            length = head[5] << 16 | head[6] << 8 | head[7]
            shortest = 65536
        if length < shortest:
            await self._fail(_PROTOCOL_ERROR, "length not in its shortest form")
        return length

    async def _exactly(self, n):
        left = self.left
        if not left:
            return await self._reader.readexactly(n)
        self.left = left[n:]
        if len(left) >= n:
            return left[:n]
        return left + await self._reader.readexactly(n - len(left))

    async def _write(self, opcode, payload, count):
        """Write one masked frame and wait until the network has taken it."""
        frame = made(opcode, payload, os.urandom(4))
        traffic.busy += 1
        try:
            async with self._lock:
                if not self.open:
                    raise Closed("not connected")
                self._writer.write(frame)
                await self._writer.drain()
                traffic.sent += count
        except (OSError, EOFError) as error:
            await self.abort()
            raise Closed("connection lost (%s)" % why(error))
        finally:
            traffic.busy -= 1

    async def _fail(self, code, reason):
        await self.close(code)
        raise Closed(reason)

    async def close(self, code=_NORMAL):
        """Say goodbye and hang up. Does nothing on a closed connection."""
        if self.open:
            try:
                await self._write(_CLOSE, bytes((code >> 8, code & 255)), 0)
            except Closed:
                pass
            await self.abort()

    async def abort(self):
        """Hang up without a word."""
        if self.open:
            self.open = False
            self._unpinged()
            traffic.connected = False
            self._writer.close()
            try:
                await self._writer.wait_closed()
            except (OSError, EOFError):
                pass
