# SPDX-License-Identifier: MIT
"""WebSocket frames as bytes (RFC 6455, 5), and what errors of a connection are called."""

from micropython import const

from firmware.ocpp.utf8 import decoded

_CHUNK = const(128)  # bytes masked in one go
_NORMAL = const(1000)
_PROTOCOL_ERROR = const(1002)


def made(opcode, payload, mask):
    """A final client frame. Masked in chunks with integers: byte by byte is slow on a chip."""
    n = len(payload)
    extended = 0 if n < 126 else 2 if n < 65536 else 8
    frame = bytearray(6 + extended + n)
    frame[0] = 0x80 | opcode
    at = 2
    if extended == 0:
        frame[1] = 0x80 | n
    else:
        frame[1] = 0x80 | (126 if extended == 2 else 127)
        frame[at : at + extended] = n.to_bytes(extended, "big")
        at += extended
    frame[at : at + 4] = mask
    at += 4
    pattern = mask * (_CHUNK // 4)
    for begin in range(0, n, _CHUNK):
        size = min(_CHUNK, n - begin)
        word = int.from_bytes(payload[begin : begin + size], "big")
        word ^= int.from_bytes(pattern[:size], "big")
        frame[at + begin : at + begin + size] = word.to_bytes(size, "big")
    return frame


def close_code(data):
    """Code to answer a close frame with: the server's own, if it may be sent (RFC 6455, 7.4)."""
    if not data:
        return _NORMAL
    if len(data) == 1:
        return _PROTOCOL_ERROR
    try:
        decoded(data[2:])
    except (UnicodeError, ValueError):
        return _PROTOCOL_ERROR
    code = data[0] << 8 | data[1]
    if (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code < 5000:
        return code
    return _PROTOCOL_ERROR


def why(error):
    """Reason of an OSError or EOFError in a few words."""
    return "%s %s" % (type(error).__name__, error) if error.args else type(error).__name__
