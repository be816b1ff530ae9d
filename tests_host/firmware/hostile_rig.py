# SPDX-License-Identifier: MIT
"""A station in an empty flash, and servers that do what is written here to it."""

import asyncio
import json
import os

from firmware.ocpp.handshake import accept_of, upgrade
from firmware.ocpp.websocket import Closed, WebSocket
from tools.ocpp.fuzz import Stream, Target

HEADERS = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


def fresh():
    """A station in an empty flash."""
    for name in os.listdir():
        if "." in name:
            os.remove(name)
    return Target()


def ask(target, text):
    """Answer to a text, decoded; a dict becomes a CALL."""
    reply = target.rpc.answer_to(text)
    return None if reply is None else json.loads(reply)


def call(target, action, payload):
    """Answer to a CALL with an id of its own: payload of the result or error code."""
    name = target.rpc._ids.next()
    answer = ask(target, json.dumps([2, name, action, payload]))
    assert answer[1] == name
    return answer[2]


class Server(Stream):
    """Answers the handshake with `head`; ACCEPT in it becomes the right value."""

    def __init__(self, head, piece=256):
        super().__init__(b"")
        self.head = head
        self.piece = piece

    def write(self, data):
        """See the key of the request."""
        at = data.find(b"Sec-WebSocket-Key: ")
        if at >= 0:
            self.data = self.head.replace(b"ACCEPT", accept_of(data[at + 19 : at + 43]))

    async def read(self, n):
        """In pieces."""
        return await super().read(min(n, self.piece))


def shaken(head, piece=256):
    """Why a handshake failed, None when it worked."""

    async def run():
        server = Server(head, piece)
        try:
            await upgrade(server, server, "h", "/", "ocpp1.6")
        except Closed as error:
            return str(error)
        return None

    return asyncio.run(run())


def received(data):
    """(texts, reason of the end, bytes written) of what a server sends."""

    async def run():
        out = Stream(b"")
        socket = WebSocket(Stream(data), out)
        texts = []
        try:
            while True:
                texts.append(await socket.receive())
        except Closed as error:
            return texts, str(error), out.written

    return asyncio.run(run())
