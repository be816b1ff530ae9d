# SPDX-License-Identifier: MIT
"""Names against a name server that others have written (dnslib), over real UDP.

Once the resolver alone on CPython, and once a whole station on MicroPython whose car charges
before it has ever looked up its central system.
"""

import asyncio
import socket

import pytest
from dnslib import CNAME, QTYPE, RCODE, RR, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from firmware import dns
from tests_host.cpython.ocpp_station import Station, do, raw
from tools.bench.csms import EmbeddedCsms

HOST = "csms.example.com"


class Zone(BaseResolver):
    """Knows one host, behind a chain of names; an address of None: silent."""

    def __init__(self, address):
        self.address = address
        self.asked = []

    def resolve(self, request, _handler):
        self.asked.append(str(request.q.qname))
        if self.address is None:
            raise OSError("silent")
        reply = request.reply()
        if request.q.qname != HOST or request.q.qtype != QTYPE.A:
            reply.header.rcode = RCODE.NXDOMAIN
            return reply
        reply.add_answer(RR(HOST, QTYPE.CNAME, rdata=CNAME("cluster.example.net")))
        reply.add_answer(RR("cluster.example.net", QTYPE.A, rdata=A(self.address)))
        return reply


class Quiet(DNSServer):
    """On a free port of the loopback interface, in a thread of its own."""

    def __init__(self, zone):
        super().__init__(
            zone, port=0, address="127.0.0.1", logger=DNSLogger("-request,-reply,-error")
        )
        self.server.handle_error = lambda *_: None  # how a silent zone stays silent
        self.port = self.server.server_address[1]


@pytest.fixture
def zone():
    zone = Zone("127.0.0.1")
    server = Quiet(zone)
    server.start_thread()
    zone.port = server.port
    yield zone
    server.stop()
    server.server.server_close()


def look_up(host, port, monkeypatch):
    """What the resolver finds; its pauses are short."""

    async def sleep_ms(ms):
        await asyncio.sleep(ms / 5000)

    monkeypatch.setattr(asyncio, "sleep_ms", sleep_ms, raising=False)
    monkeypatch.setattr(dns, "asyncio", asyncio)  # other tests leave others
    monkeypatch.setattr(dns, "socket", socket)
    return asyncio.run(dns.look_up(host, "127.0.0.1", port))


def test_a_real_name_server_is_understood(zone, monkeypatch):
    zone.address = "198.51.100.7"
    assert look_up(HOST, zone.port, monkeypatch) == "198.51.100.7"
    assert look_up(HOST.upper() + ".", zone.port, monkeypatch) == "198.51.100.7"
    with pytest.raises(OSError, match=r"other\.example.*no such host"):
        look_up("other.example", zone.port, monkeypatch)
    assert len(zone.asked) == 3


def test_a_station_finds_its_central_system_while_the_car_charges(tmp_path, zone):
    async def run():
        zone.address = None
        csms = EmbeddedCsms(paced=False)
        url = (await csms.start()).replace("127.0.0.1", HOST)
        settings = {"authorisation": "free", "dns_port": zone.port}
        async with Station(tmp_path, url, **settings) as station:
            await station.until(lambda: {"event": "name_server", "contactor": 1} in station.lines)
            zone.address = "127.0.0.1"
            await station.until(lambda: station.statuses()[-1:] == ["Charging"])
            assert zone.asked[0] == HOST + "."
            # So it does with the names that a central system hands out.
            before = len(zone.asked)
            await do(csms, station, raw("GetDiagnostics", location=f"http://{HOST}:1/"))
            await station.until(lambda: station.events("upload_failed"))
            assert "connection lost (" in station.events("upload_failed")[0]["why"]
            assert zone.asked[before:] == [HOST + "."]
            # The central system moves while the car goes on charging.
            await csms.stop()
            await station.until(lambda: station.events("ocpp_lost"))
            moved = EmbeddedCsms(paced=False)
            zone.address = "127.0.0.9"  # where nobody is
            await station.until(lambda: station.events("ocpp_unreachable"))
            await moved.start(int(url.split(":")[2].split("/")[0]))
            zone.address = "127.0.0.1"
            await station.until(lambda: len(station.events("ocpp_connected")) == 2)
            asked = station.events("name_server")
            assert [event["contactor"] for event in asked[-2:]] == [1, 1]
            station.say("end")
            await station.process.wait()
            await moved.stop()
        assert csms.findings == moved.findings == []

    asyncio.run(run())
