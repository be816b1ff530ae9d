# SPDX-License-Identifier: MIT
"""The network between firmware and central system: real sockets that can be cut.

`open_connection` replaces asyncio's; without network it fails like a missing route.
"""

from asyncio import core
from asyncio.stream import open_connection as _real_open

EHOSTUNREACH = 113
ECONNRESET = 104


class Gone:
    """Stands in for a socket whose connection has been cut: everything but close fails."""

    def _fail(self, *_):
        raise OSError(ECONNRESET)

    read = readinto = readline = write = recv = send = _fail

    def close(self):
        """Closing what is gone is fine."""


class Network:
    """Link state and the streams in use."""

    def __init__(self):
        self.up = True
        self.streams = []

    async def open_connection(self, host, port, *args, **kwargs):
        """As asyncio.open_connection; OSError(EHOSTUNREACH) while the network is down."""
        if not self.up:
            raise OSError(EHOSTUNREACH)
        reader, writer = await _real_open(host, port, *args, **kwargs)
        self.streams.append(reader)
        return reader, writer

    def set(self, up):
        """Network up or down; going down cuts every connection."""
        if self.up and not up:
            self.cut()
        self.up = up

    def cut(self):
        """Reset all connections: tasks that wait for one wake up with OSError(ECONNRESET)."""
        queue = core._io_queue
        for stream in self.streams:
            socket = stream.s
            if isinstance(socket, Gone):
                continue
            waiting = queue.map.get(id(socket))
            if waiting is not None:
                queue._dequeue(socket)
                for task in waiting:  # readers, writers and, last, the socket itself
                    if isinstance(task, core.Task):
                        core._task_queue.push(task)
                        task.data = OSError(ECONNRESET)
            _close(socket)
            stream.s = Gone()
        self.streams = []

    def drop(self):
        """The board has lost power or restarts: its sockets go without a word."""
        for stream in self.streams:
            _close(stream.s)
        self.streams = []


def _close(socket):
    try:
        socket.close()
    except OSError:
        pass  # the firmware was faster
