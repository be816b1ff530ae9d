# SPDX-License-Identifier: MIT
"""NTP against a real server on a UDP port of this machine, and the set-up page over TCP."""

import asyncio
import socket
import struct

import pytest

from firmware.clock import Clock
from firmware.ntp import Ntp, fault, unix_seconds

NOW_S = 1900000000  # a day in 2030
OFFSET_1900 = 2208988800


class Server:
    """An NTP server that answers when told, with the time it is told."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2)
        self.port = self.socket.getsockname()[1]

    def answer(self, unix_s, first=0x24, stratum=2, spoil=False, code=b"LOCL"):
        request, peer = self.socket.recvfrom(100)
        assert len(request) == 48
        assert request[0] == 0x23
        nonce = request[40:48] if not spoil else b"8 bytes!"
        seconds = (unix_s + OFFSET_1900) & 0xFFFFFFFF
        head = bytes([first, stratum, 6, 0xE9]) + b"\0" * 8 + code
        times = b"\0" * 8 + nonce + struct.pack(">IIII", seconds, 0, seconds, 0)
        self.socket.sendto(head + times, peer)


class Desk:
    def __init__(self):
        self.server = Server()
        self.ms = (1 << 30) - 5000
        self.busy = False
        self.events = []
        self.clock = Clock(self.ticks)
        self.ntp = Ntp(
            self.clock, "127.0.0.1", self.ticks, lambda: self.busy, self.event, self.server.port
        )

    def ticks(self):
        return self.ms & ((1 << 30) - 1)

    def event(self, name, **fields):
        self.events.append((name, fields))

    def ask(self, unix_s, **answer):
        """One question and its answer."""
        self.ntp.step()
        self.server.answer(unix_s, **answer)
        self.ntp._socket.setblocking(True)
        self.ntp._socket.settimeout(2)
        self.ntp.step()

    def wait(self, seconds):
        for _ in range(seconds * 5):
            self.ms += 200
            self.clock.poll()
            if self.ntp.slew_s:
                self.ntp.step()


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.ntp._close()
    desk.server.socket.close()


def test_an_unset_clock_is_set_and_goes_on_through_an_outage(desk):
    desk.ask(NOW_S)
    assert desk.clock.now() == NOW_S
    assert desk.events == [("time_set", {"source": "ntp", "step_s": None})]
    for _ in range(100):
        desk.ms += 3600000 // 5
        desk.clock.poll()
    assert desk.clock.now() == NOW_S + 72000
    assert desk.ntp.answers == 1


def test_without_a_session_the_clock_is_corrected(desk):
    desk.ask(NOW_S)
    desk.ms += 3600000
    desk.ask(NOW_S + 3600 + 500)
    assert desk.clock.now() == NOW_S + 4100
    assert desk.events[-1] == ("time_set", {"source": "ntp", "step_s": 500})


def test_a_session_sees_a_slew_of_one_second_at_a_time(desk):
    desk.ask(NOW_S)
    desk.busy = True
    desk.ms += 3600000
    desk.ask(NOW_S + 3600 - 10)
    assert desk.clock.now() == NOW_S + 3600  # no jump
    before = desk.clock.now()
    for _ in range(320):
        desk.wait(1)
        step = desk.clock.now() - before
        assert 0 <= step <= 2
        before = desk.clock.now()
    assert desk.ntp.slew_s == 0
    assert before == NOW_S + 3600 + 320 - 10


def test_a_session_refuses_a_jump_and_takes_it_when_it_is_over(desk):
    desk.ask(NOW_S)
    desk.busy = True
    desk.ms += 3600000
    desk.ask(NOW_S + 3600 + 7200)
    assert desk.clock.now() == NOW_S + 3600
    assert desk.events[-1] == ("time_refused", {"source": "ntp", "off_s": 7200})
    desk.busy = False
    desk.ms += 900000
    desk.ask(NOW_S + 3600 + 7200 + 900)
    assert desk.clock.now() == NOW_S + 3600 + 7200 + 900


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"first": 0x23}, "not a server's answer"),
        ({"first": 0xE4}, "the server has no time itself"),
        ({"stratum": 0, "code": b"RATE"}, "the server refuses: RATE"),
    ],
)
def test_an_answer_that_cannot_be_believed_is_not(desk, answer, reason):
    desk.ask(NOW_S, **answer)
    assert desk.clock.now() is None
    assert desk.ntp.reason == reason


def test_an_answer_to_another_question_is_ignored(desk):
    desk.ask(NOW_S, spoil=True)
    assert desk.clock.now() is None
    desk.ms += 1500
    desk.ntp.step()  # (a silent server looks the same)
    desk.ntp._socket and desk.ntp._socket.setblocking(False)
    desk.ms += 1500
    desk.ntp.step()
    assert desk.ntp.reason in ("no answer", "TimeoutError('timed out')")


def test_a_silent_server_is_asked_again_ever_more_slowly(desk):
    questions = []
    desk.server.socket.setblocking(False)
    for _ in range(4 * 3600 * 2):
        desk.ms += 500
        desk.ntp.step()
        try:
            desk.server.socket.recv(100)
            questions.append(desk.ms)
        except BlockingIOError:
            pass
    assert 15 <= len(questions) <= 40
    assert questions[-1] - questions[-2] <= 905000
    assert desk.events == [("time_unknown", {"source": "ntp", "reason": "no answer"})]


def test_a_name_is_looked_up_beside_the_steps_and_again_when_its_address_is_silent(desk):
    asked = []

    async def find(host, port):
        asked.append((host, port))
        await asyncio.sleep(0)
        if len(asked) == 1:
            raise OSError("pool.example: no answer from the name server 192.0.2.1")
        return "127.0.0.1"

    async def story():
        port = desk.server.port
        ntp = desk.ntp = Ntp(
            desk.clock, "pool.example", desk.ticks, lambda: True, desk.event, port, find=find
        )
        for question in (1, 2):
            ntp.step()
            ntp.step()
            assert len(asked) == question - 1, "a step waits for nobody"
            for _ in range(4):
                await asyncio.sleep(0)
            assert asked == question * [("pool.example", port)]
            desk.ms += 5000
        assert desk.events[0][1]["reason"].startswith("pool.example: no answer")
        ntp.step()
        desk.server.socket.recv(100)
        desk.ms += 2000
        ntp.step()
        assert ntp.reason == "no answer" and ntp.address is None
        desk.ms += 10000
        ntp.step()
        for _ in range(4):
            await asyncio.sleep(0)
        assert len(asked) == 3
        desk.ask(NOW_S)
        assert desk.clock.now() == NOW_S and ntp.address == "127.0.0.1"

    asyncio.run(story())


def test_the_count_goes_on_after_2036():
    packet = bytearray(48)
    packet[40:44] = (16).to_bytes(4, "big")
    assert unix_seconds(packet) == 2**32 + 16 - OFFSET_1900
    assert fault(bytes(48)) == "not a server's answer"


def test_the_setup_page_over_a_real_socket(tmp_path, monkeypatch):
    from firmware.setup_point import SetupPoint

    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.json").write_text('{"wifi_password": "swordfish", "device_id": "<b>"}')
    point = SetupPoint.__new__(SetupPoint)
    point._event = lambda name, **fields: None

    async def ask(port, text):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        answer = await reader.read()
        writer.close()
        return answer.decode()

    async def story():
        server = await asyncio.start_server(point._client, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        page = await ask(port, b"GET / HTTP/1.0\r\n\r\n")
        body = b'{"phases": 1}'
        head = b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
        saved = await ask(port, head + body)
        huge = await ask(port, b"POST / HTTP/1.0\r\nContent-Length: 99999\r\n\r\n")
        server.close()
        return page, saved, huge

    page, saved, huge = asyncio.run(story())
    assert page.startswith("HTTP/1.0 200 OK")
    assert "swordfish" not in page
    assert "&lt;b>" in page
    assert saved.startswith("HTTP/1.0 200 OK")
    assert '"phases": 1' in (tmp_path / "settings.json").read_text()
    assert huge.startswith("HTTP/1.0 400")
