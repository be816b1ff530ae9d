# SPDX-License-Identifier: MIT
"""How a WebSocket begins (RFC 6455, 4): the URL, the request, and what the answer must say."""

import binascii
import hashlib

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Closed(Exception):
    """The connection is over or never came up; the text says why.

    kind: "" or what it means for security, "password" or "certificate".
    """

    def __init__(self, why, kind=""):
        super().__init__(why)
        self.kind = kind


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


def percent_encoded(text):
    """`text` for use as one part of a URL path (RFC 3986)."""
    encoded = ""
    for byte in text.encode():
        char = chr(byte)
        if (byte < 128 and (char.isalpha() or char.isdigit())) or char in "-._~":
            encoded += char
        else:
            encoded += "%%%02X" % byte
    return encoded


def basic(user, password):
    """Value of an Authorization header (RFC 7617); the password is bytes of any kind."""
    return "Basic " + binascii.b2a_base64(user.encode() + b":" + password).strip().decode()


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
