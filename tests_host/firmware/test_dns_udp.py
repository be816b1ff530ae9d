# SPDX-License-Identifier: MIT
"""The resolver over real UDP on the loopback interface: who is heard, and who is not.

Time passes when the resolver sleeps; that is when the name server and a stranger act.
"""

import asyncio
import socket

from firmware import dns
from tests_host.firmware.fake_dns import AT, a_record, answer

LIE = "203.0.113.66"


def bound():
    """(socket on a free port, port)"""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setblocking(False)
    for port in range(20053, 21053):
        try:
            udp.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            return udp, port
        except OSError:
            pass  # taken
    raise AssertionError("no free port")


class Desk:
    """Stands for asyncio in the resolver. `server` answers, `stranger` is there first."""

    def __init__(self, honest=True):
        self.server, self.port = bound()
        self.stranger = bound()[0]
        self.honest = honest
        self.ms = 0
        self.questions = 0

    async def sleep_ms(self, ms):
        self.ms += ms
        try:
            asked, peer = self.server.recvfrom(512)
        except OSError:
            return
        self.questions += 1
        self.stranger.sendto(answer(asked, a_record(LIE)), peer)
        if self.honest:
            self.server.sendto(answer(asked, a_record(LIE), number=b"no"), peer)
            self.server.sendto(answer(asked, a_record()), peer)

    def look_up(self):
        dns.asyncio, dns.socket = self, socket
        try:
            return asyncio.run(dns.look_up("csms.example.com", "127.0.0.1", self.port))
        finally:
            self.server.close()
            self.stranger.close()


def test_the_name_server_is_heard_and_a_stranger_is_not():
    desk = Desk()
    assert desk.look_up() == AT
    assert desk.questions == 1 and desk.ms <= 200


def test_a_stranger_alone_is_silence():
    desk = Desk(honest=False)
    try:
        found = desk.look_up()
        raise AssertionError(found)
    except OSError as error:
        assert "no answer from the name server 127.0.0.1" in str(error)
    assert desk.questions == 3 and desk.ms == 6000


def test_a_port_where_nobody_is():
    desk = Desk()
    desk.port = 9  # the kernel says so, and that is silence, too
    try:
        found = desk.look_up()
        raise AssertionError(found)
    except OSError as error:
        assert "no answer" in str(error)
    assert desk.questions == 0 and desk.ms == 6000
