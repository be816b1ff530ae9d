# SPDX-License-Identifier: MIT
"""Host names: looked up whenever a connection is made, also while a car charges.

The chip's `getaddrinfo` stops everything until the resolver has answered or given up, which takes
seconds when the network is gone. The guard waits 250 ms for the control loop and then opens the
contactor. So the network's DNS server is asked by firmware/dns.py, which never waits. Where no
such server is known (a host's tests, a network that names none), and for names that end in .local,
which no such server knows, `getaddrinfo` is asked, but only while the contactor is open.

When there is no answer the last address is used again: the host may still be where it was.

    host = await address(app, "csms.example.com", 443)    # "192.0.2.17"
"""

import asyncio
import socket

from firmware import lazy

_DNS = "firmware.dns"
_MOST = 8  # names come from a central system, too
_known = {}  # name: address of its last look-up


async def address(app, host, port, make_room=None):
    """The numeric address to connect to. Raises OSError when there is none (yet).

    `make_room`: called when there is no room to load what asks.
    """
    if ":" in host or not host.strip("0123456789."):
        return host
    network = getattr(app, "network", None)
    server = network.name_server() if network else ""
    known = _known.get(host)
    try:
        if server and not host.endswith(".local"):
            found = await _ask(host, server, make_room)
        elif app.charger.command.contactor:
            raise OSError("%s: no name server to ask while a car charges" % host)
        else:
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0][-1]
            if not isinstance(found, tuple):
                return host  # MicroPython for unix hands out packed addresses
            found = found[0]
    except OSError:
        if known is None:
            raise
        return known
    if known is None and len(_known) >= _MOST:
        _known.clear()
    _known[host] = found
    return found


async def _load(make_room):
    try:
        return lazy.load(_DNS)
    except (MemoryError, ImportError):  # the importer takes the one for the other
        if make_room is None:
            raise
    make_room()
    await asyncio.sleep(0.02)  # control steps have their turn
    return lazy.load(_DNS)


async def _ask(host, server, make_room):
    try:
        dns = await _load(make_room)
    except (MemoryError, ImportError):
        raise OSError("%s: no room to look it up" % host)
    try:
        return await dns.look_up(host, server)
    finally:
        lazy.drop(_DNS)
