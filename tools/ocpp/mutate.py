# SPDX-License-Identifier: MIT
"""Turns good messages into bad ones: values, structure, bytes, frames. On MicroPython too."""

VALUES = (
    "1e999", "-1e999", "NaN", "-1", "0", "1", "99999999999999999999", "4611686018427387904", "0.1",
    "1e-400", "2147483648", "-2147483649", "true", "false", "null", '""', "{}", "[]", "[[]]",
    '{"a":{}}', '"\\ud83d\\ude00"', '"\\u0000"', '"\\ud800"', '"Accepted"', '"x"', '"2025-13-41"',
    '"2025-04-28T10:15:00+99:99"', '"9999-12-31T23:59:59Z"', '"1970-01-01T00:00:00Z"', '"%s%n"',
    '"../../settings.json"', '"file:///etc/passwd"', '"http://user:word@h/"', '"; reboot"',
)  # fmt: skip
PIECES = (
    "{", "}", "[", "]", ",", ":", '"', "\\", "\\u12", "\t", "\x00", "[[[[[[[[", '{"a":', "1e5",
    '"connectorId"', '"limit"', '"startPeriod"', '"idTag"', "\u20ac", "\U0001f600",
)  # fmt: skip


def _foreign(rng):
    """A text of characters that hardly any other message has."""
    codes = [0x100 + rng.randrange(0xD000) for _ in range(1 + rng.randrange(40))]
    return '"' + "".join(["\\u%04x" % code for code in codes]) + '"'


def _value(rng):
    kind = rng.randrange(12)
    if kind == 4:
        return _foreign(rng)
    if kind == 0:
        return '"' + "A" * rng.randrange(600) + '"'
    if kind == 1:
        return "[" * rng.randrange(90)
    if kind == 2:
        return "[" + ",".join(["1"] * rng.randrange(200)) + "]"
    if kind == 3:
        return str(rng.randrange(1 << 30) - (1 << 29))
    return VALUES[rng.randrange(len(VALUES))]


def _swap_value(rng, text):
    """Put another value behind one of the colons."""
    colons = [i for i in range(len(text)) if text[i] == ":"]
    if not colons:
        return text
    at = colons[rng.randrange(len(colons))] + 1
    end = at
    while end < len(text) and text[end] not in ",}]":
        end += 1
    return text[:at] + _value(rng) + text[end:]


def _cut(rng, text):
    a = rng.randrange(len(text) + 1)
    b = min(len(text), a + rng.randrange(12))
    return text[:a] + text[b:]


def _insert(rng, text):
    a = rng.randrange(len(text) + 1)
    return text[:a] + PIECES[rng.randrange(len(PIECES))] * (1 + rng.randrange(3)) + text[a:]


def _twice(rng, text):
    a = rng.randrange(len(text) + 1)
    b = min(len(text), a + rng.randrange(60))
    return text[:b] + text[a:b] + text[b:]


def mutated(rng, texts, number):
    """One message; `texts` are the JSON texts of (action, payload). One in eight stays good."""
    pair = texts[rng.randrange(len(texts))]
    text = '[2,"%d",%s' % (number, pair[1:])
    for _ in range(rng.randrange(8) % 5):
        kind = rng.randrange(6)
        if kind < 3:
            text = _swap_value(rng, text)
        elif kind == 3:
            text = _cut(rng, text)
        elif kind == 4:
            text = _insert(rng, text)
        else:
            text = _twice(rng, text)
    if rng.randrange(40) == 0:
        text = "[%s,%s,%s]" % (_value(rng), _value(rng), _value(rng))
    return text[:16384]


def frame(payload, first=0x81, length=None):
    """A frame as a server sends it."""
    n = len(payload) if length is None else length
    if n < 126:
        return bytes((first, n)) + payload
    if n < 65536:
        return bytes((first, 126, n >> 8, n & 255)) + payload
    return bytes((first, 127)) + n.to_bytes(8, "big") + payload


def mutated_frames(rng, texts, number):
    """A few frames of a server, most of them wrong somewhere."""
    data = b""
    for i in range(1 + rng.randrange(3)):
        payload = mutated(rng, texts, number * 10 + i).encode()
        kind = rng.randrange(8)
        if kind == 0:
            data += frame(payload, rng.randrange(256))
        elif kind == 1:
            data += frame(payload, 0x81, rng.randrange(1 << 20))
        elif kind == 2:
            at = rng.randrange(len(payload) + 1)
            data += frame(payload[:at], 0x01) + frame(b"p", 0x89) + frame(payload[at:], 0x80)
        elif kind == 3:
            data += frame(payload[: rng.randrange(130)], 0x88 + rng.randrange(3))
        elif kind == 4:
            at = rng.randrange(len(payload) + 1)
            data += frame(payload[:at] + bytes((rng.randrange(256),)) + payload[at:])
        elif kind == 5:
            data += bytes((0x81, 127)) + bytes(rng.randrange(256) for _ in range(8)) + payload
        else:
            data += frame(payload)
    if rng.randrange(3) == 0:
        at = rng.randrange(len(data))
        data = data[:at] + bytes((rng.randrange(256),)) + data[at + 1 :]
    return data
