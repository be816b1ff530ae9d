# SPDX-License-Identifier: MIT
"""How a WebSocket begins (RFC 6455, 4): the URL, the request, and what the answer must say."""

import asyncio
import binascii
import hashlib
import os

from micropython import const

from firmware.ocpp.frames import why
from firmware.ocpp.websocket import Closed, WebSocket, traffic

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_MAX_HEADERS = const(2048)


async def find(url, address):
    """Where the host of a URL is. Raises Closed or ValueError (bad URL).

    `address`: coroutine(host, port) that says so (firmware/names.py).
    """
    _, host, port, _ = parse_url(url)
    traffic.busy += 1
    try:
        return await address(host, port)
    except OSError as error:
        raise Closed("cannot connect (%s)" % why(error))
    finally:
        traffic.busy -= 1


async def connect(url, protocol, ssl=None, authorization=None, place=None):
    """Open a connection and return a WebSocket. Raises Closed or ValueError (bad URL).

    `ssl` is the context handed to open_connection for wss (it checks the certificate against the
    host name of the URL); without one wss is refused, so that a missing certificate never becomes
    an unverified connection. `authorization`: value of that header, or None. `place`: what `find`
    has said, or None.
    """
    tls, host, port, path = parse_url(url)
    if tls and ssl is None:
        raise ValueError("csms_url %r: wss needs a certificate, none is set up" % url)
    traffic.busy += 1
    try:
        place = place or host
        if tls:
            reader, writer = await asyncio.open_connection(
                place, port, ssl=ssl, server_hostname=host
            )
        else:
            reader, writer = await asyncio.open_connection(place, port)
        socket = WebSocket(reader, writer)
        try:
            named = "[%s]:%d" if ":" in host else "%s:%d"
            socket.left = await upgrade(
                reader, writer, named % (host, port), path, protocol, authorization
            )
        except BaseException:
            await socket.abort()
            raise
        traffic.conn += 1
        traffic.sent = 0
        traffic.received = 0
        traffic.connected = True
        return socket
    except (OSError, EOFError) as error:
        raise Closed("cannot connect (%s)" % why(error), kind_of(error))
    except ValueError as error:
        raise Closed("no secure connection (%s)" % why(error), "certificate")  # of mbedTLS
    finally:
        traffic.busy -= 1


async def upgrade(reader, writer, host, path, protocol, authorization=None):
    """Ask for a WebSocket; what has come after the headers. Raises Closed."""
    key = binascii.b2a_base64(os.urandom(16)).strip()
    writer.write(request(host, path, key, protocol, authorization))
    await writer.drain()
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > _MAX_HEADERS:
            raise Closed("response headers longer than %d bytes" % _MAX_HEADERS)
        chunk = await reader.read(256)
        if not chunk:
            raise Closed("server hung up during the handshake")
        head += chunk
    at = head.find(b"\r\n\r\n")
    check_response(head[:at].split(b"\r\n"), accept_of(key), protocol.encode())
    return head[at + 4 :]


def kind_of(error):
    """Kind of Closed for an error of the connection: mbedTLS says things like "X509 ..."."""
    text = str(error).lower()
    for word in ("x509", "cert", "verif"):
        if word in text:
            return "certificate"
    return ""


def parse_url(url):
    """(tls, host, port, path) of ws://host[:port][/path]. Raises ValueError, naming the URL."""
    scheme, found, rest = url.partition("://")
    if not found or scheme not in ("ws", "wss"):
        raise ValueError("csms_url %r: expected ws://host[:port]/path" % url)
    authority, _, path = rest.partition("/")
    if authority.startswith("["):  # an IPv6 address
        host, _, port = authority[1:].partition("]")
        has_port = port.startswith(":")
        port = port[1:]
    else:
        host, has_port, port = authority.partition(":")
    if not host or "@" in host or " " in url:
        raise ValueError("csms_url %r: expected a host name after ://" % url)
    tls = scheme == "wss"
    if not has_port:
        return tls, host, 443 if tls else 80, "/" + path
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("csms_url %r: expected a port from 1 to 65535" % url)
    return tls, host, int(port), "/" + path


def request(host, path, key, protocol, authorization=None):
    """The bytes of the upgrade request; `key` is 16 random bytes in base64."""
    extra = "Authorization: %s\r\n" % authorization if authorization else ""
    return (
        "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: %s\r\n%s\r\n" % (path, host, key.decode(), protocol, extra)
    ).encode()


def accept_of(key):
    """The Sec-WebSocket-Accept value that belongs to a Sec-WebSocket-Key (both bytes)."""
    return binascii.b2a_base64(hashlib.sha1(key + _GUID).digest()).strip()  # noqa: S324


def check_response(lines, accept, protocol):
    """Raise Closed unless the response headers are the ones RFC 6455 4.1 asks for."""
    status = lines[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/1.1") or status[1] != b"101":
        word = status[1] if len(status) > 1 else b""
        kind = "password" if word in (b"401", b"403") else ""
        raise Closed("server answered %s" % str(lines[0][:60]), kind)
    accepted = spoken = upgraded = connection = False
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        value = value.strip()
        if name == b"sec-websocket-accept":
            accepted = value == accept
        elif name == b"sec-websocket-protocol":
            spoken = value == protocol
        elif name == b"upgrade":
            upgraded = value.lower() == b"websocket"
        elif name == b"connection":
            connection = b"upgrade" in [word.strip() for word in value.lower().split(b",")]
        elif name == b"sec-websocket-extensions":
            raise Closed("server insists on an extension")
    if not upgraded or not connection or not accepted:
        raise Closed("server answered 101 without the right accept header")
    if not spoken:
        raise Closed("server does not speak %s" % protocol.decode())
