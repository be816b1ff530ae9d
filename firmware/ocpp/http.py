# SPDX-License-Identifier: MIT
"""Files to and from the network by HTTP: a download into the flash, an upload out of it.

The location comes from the central system: only http:// is followed, no redirect, no name and
password in the address, no path that names a file of ours. What is downloaded is checked by its
signature, not by the way it came.
"""

import asyncio
import hashlib

from micropython import const

from firmware.ocpp import websocket
from firmware.printable import printable

SCHEMES = ("http",)
_PIECE = const(1024)
_MAX_HEADERS = const(2048)
_WAIT_S = const(30)


class Failed(Exception):
    """The transfer did not work; the text says why."""


def parse(location):
    """(host, port, path) of an address. Raises Failed, and repeats nothing of the address."""
    if not printable(location):
        raise Failed("expected plain characters")
    scheme, found, rest = location.partition("://")
    if not found or scheme.lower() not in SCHEMES:
        raise Failed("expected one of these schemes: " + ", ".join(SCHEMES))
    authority, _, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    if not host or "@" in authority or " " in location:
        raise Failed("expected http://host/path")
    if colon and (not port.isdigit() or not 0 < int(port) < 65536):
        raise Failed("expected a port from 1 to 65535")
    return host, int(port) if colon else 80, "/" + path


async def _timed(awaitable):
    websocket.traffic.busy += 1  # simulated time waits for real networks
    try:
        return await asyncio.wait_for(awaitable, _WAIT_S)
    except asyncio.TimeoutError:
        raise Failed("no answer within %d s" % _WAIT_S)
    except (OSError, EOFError) as error:
        raise Failed("connection lost (%s)" % error)
    finally:
        websocket.traffic.busy -= 1


async def _answer(reader):
    """(status, headers, first bytes of the body)"""
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > _MAX_HEADERS:
            raise Failed("headers too long")
        piece = await _timed(reader.read(256))
        if not piece:
            raise Failed("no answer")
        head += piece
    at = head.find(b"\r\n\r\n")
    lines = head[:at].split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise Failed("no answer of HTTP")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip()
    return int(words[1]), headers, head[at + 4 :]


async def _open(host, port, address):
    return await asyncio.open_connection(await address(host, port), port)


async def _send(writer, data):
    writer.write(data)  # MicroPython tries at once: a refused connection shows here
    await writer.drain()


async def download(location, address, path, most, may_write):
    """Fetch at most `most` bytes into a file; returns the SHA-256 digest. Raises Failed.

    `address`: coroutine(host, port) that says where a host is (firmware/names.py).
    `may_write()` is asked once the server has a file: False when the flash had too many of late.
    """
    host, port, target = parse(location)
    reader, writer = await _timed(_open(host, port, address))
    try:
        request = "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" % (target, host)
        await _timed(_send(writer, request.encode()))
        status, headers, piece = await _answer(reader)
        if status != 200:
            raise Failed("server answered %d" % status)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or len(length) > 8 or int(length) > most:
            raise Failed("expected a length of at most %d bytes" % most)
        if not may_write():
            raise Failed("too many files of late")
        return await _into(reader, path, piece, int(length))
    finally:
        await _hang_up(writer)


async def _into(reader, path, piece, left):
    """Write the body to a file as it comes, and hash it."""
    digest = hashlib.sha256()
    try:
        with open(path, "wb") as file:
            while left:
                piece = piece[:left]
                digest.update(piece)
                file.write(piece)
                left -= len(piece)
                if left:
                    piece = await _timed(reader.read(min(_PIECE, left)))
                    if not piece:
                        raise Failed("cut off")
    except OSError as error:
        raise Failed("flash: %s" % error)
    return digest.digest()


async def upload(location, address, name, pieces):
    """Send bytes as a file `name` below a location (PUT). Raises Failed.

    `pieces` is a list of bytes.
    """
    host, port, target = parse(location)
    reader, writer = await _timed(_open(host, port, address))
    try:
        request = (
            "PUT %s/%s HTTP/1.0\r\nHost: %s\r\nContent-Type: text/plain\r\n"
            "Content-Length: %d\r\nConnection: close\r\n\r\n"
        ) % (target.rstrip("/"), name, host, sum(len(piece) for piece in pieces))
        await _timed(_send(writer, request.encode()))
        for piece in pieces:
            await _timed(_send(writer, piece))
        status, _, _ = await _answer(reader)
        if not 200 <= status < 300:
            raise Failed("server answered %d" % status)
    finally:
        await _hang_up(writer)


async def _hang_up(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except (OSError, EOFError):
        pass  # hung up already
