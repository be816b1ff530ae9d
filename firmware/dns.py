# SPDX-License-Identifier: MIT
"""Asks the network's DNS server where a host is (RFC 1035, one A record), without ever waiting.

The chip's own `getaddrinfo` stops everything until it knows. Here one question goes out by UDP and
the answer is looked for every 50 ms, while control has its turns. Loaded by firmware/names.py for
one question and dropped afterwards; how long an answer may be kept (its TTL) is of no interest.

    await look_up("csms.example.com", "192.168.1.1")    # "192.0.2.17", or OSError

The socket hears the server alone, and of what comes from there only the answer to this question
counts. Whatever else is in a packet is passed over: no pointer in it is followed.
"""

import asyncio
import os
import socket

from micropython import const

TRIES = const(3)
WAIT_MS = const(2000)  # after each question
_POLL_MS = const(50)
_MOST = const(512)  # RFC 1035, 2.3.4
_HEAD = b"\1\0\0\1\0\0\0\0\0\0"  # recursion desired, one question
_A = b"\0\1\0\1"  # an address, internet
_NO_SUCH_NAME = const(3)


async def look_up(host, server, port=53):
    """The first address of a host as text. Raises OSError that names the host and the server."""
    wanted = question(host)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        # A numeric address is only read here, not looked up.
        udp.connect(socket.getaddrinfo(server, port)[0][-1])
        data = await _ask(udp, wanted)
    finally:
        udp.close()
    if data is None:
        raise OSError("%s: no answer from the name server %s" % (host, server))
    code = data[3] & 15
    found = first_address(data, len(wanted), data[6] << 8 | data[7])
    if code or not found:
        why = "no such host" if code == _NO_SUCH_NAME else "no address"
        raise OSError("%s: %s, says the name server %s (%d)" % (host, why, server, code))
    return found


async def _ask(udp, wanted):
    """The answer to a question; None after the last try."""
    for _ in range(TRIES):
        try:
            udp.send(wanted)
        except OSError:
            pass  # no way out now; there may be one at the next try
        for _ in range(WAIT_MS // _POLL_MS):
            await asyncio.sleep_ms(_POLL_MS)
            try:
                data = udp.recv(_MOST)
            except OSError:
                continue  # nothing there yet
            if is_answer(data, wanted):
                return data
    return None


def question(host):
    """The packet that asks for the address of a host. OSError for what cannot be a name."""
    name = b""
    for label in host.rstrip(".").encode().split(b"."):
        if not 0 < len(label) < 64:
            raise OSError("%s: not a host name" % host)
        name += bytes((len(label),)) + label
    if len(name) > 254:
        raise OSError("%s: not a host name" % host)
    return os.urandom(2) + _HEAD + name + b"\0" + _A


def is_answer(data, wanted):
    """True for an answer (of whatever kind) to a question: number, kind and question are there."""
    size = len(wanted)
    return (
        len(data) >= size
        and data[:2] == wanted[:2]
        and data[2] & 0xF8 == 0x80  # an answer, to a plain query
        and data[4:6] == b"\0\1"
        and data[12:size].lower() == wanted[12:].lower()
    )


def first_address(data, at, count):
    """The first address among `count` records from `at` on; None when there is none in full.

    With a chain of CNAMEs it is the one at its end: the server was asked to follow the chain. A
    packet that was cut off, by the server (TC) or on its way, counts as far as it goes.
    """
    end = len(data)
    while count > 0:
        while at < end and 0 < data[at] < 64:
            at += data[at] + 1
        at += 2 if at < end and data[at] >= 0xC0 else 1
        if at + 10 > end:
            break
        size = data[at + 8] << 8 | data[at + 9]
        if data[at : at + 4] == _A and size == 4 and at + 14 <= end:
            return "%d.%d.%d.%d" % tuple(data[at + 10 : at + 14])
        at += 10 + size
        count -= 1
    return None
