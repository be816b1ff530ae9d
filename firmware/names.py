# SPDX-License-Identifier: MIT
"""Host names, looked up while the contactor is open and remembered while it is closed.

The chip's `getaddrinfo` stops everything until the resolver has answered or given up, which takes
seconds when the network is gone. The guard waits 250 ms for the control loop and then opens the
contactor. So nothing is looked up while a car charges: the last address is used again, and a name
that was never looked up has to wait.

    host = address(app, "csms.example.com", 443)    # "192.0.2.17"
"""

import socket

_known = {}  # name: address of its last look-up


def address(app, host, port):
    """The numeric address to connect to. Raises OSError when there is none (yet)."""
    if ":" in host or all(c in "0123456789." for c in host):
        return host
    known = _known.get(host)
    if app.charger.command.contactor:
        if known is None:
            raise OSError("%s: no name is looked up while a car charges" % host)
        return known
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0][-1]
    except OSError:
        if known is None:
            raise
        return known  # the resolver is away; the host may still be where it was
    if not isinstance(found, tuple):
        return host  # MicroPython for unix hands out packed addresses
    _known[host] = found[0]
    return found[0]
