# SPDX-License-Identifier: MIT
"""Runs on MicroPython: what the heap holds while the OCPP station runs, not only when it is built.

Usage: micropython size_running.py ROOT SOURCE STATE
SOURCE is a folder with compiled files; STATE is where to stop and measure:
connecting  a connection is being made
idle        connected and accepted, no car
charging    a transaction runs that the central system knows, some meter values have been sent
after       it has ended and been delivered
limited     a charging profile of the central system is in force, no car
The application is built on the simulated board as in size_loaded.py, whose output this prints;
a central system in memory answers. The control step does not run: the car is set by hand.
"""

import binascii
import gc
import hashlib
import json
import sys

ROOT, SOURCE, STATE = sys.argv[1:4]
sys.path[0] = ROOT

import micropython  # noqa: E402

import tools.bench.sim.time as virtual_time  # noqa: E402
from tools.bench.sim import chip, desk, machine, tasks  # noqa: E402

sys.modules["time"] = virtual_time
sys.modules["machine"] = machine
sys.modules["_asyncio"] = tasks
from asyncio import core  # noqa: E402

tasks.core = core
import asyncio  # noqa: E402


class Lamp:
    """A `neopixel` module as far as building the panel asks for it."""

    def __init__(self, *_):
        pass

    NeoPixel = None


class Hashes:
    """A `hashlib` for interpreters without SHA-1: client and server agree here."""

    sha1 = sha256 = hashlib.sha256


if not hasattr(hashlib, "sha1"):
    sys.modules["hashlib"] = hashlib = Hashes
Lamp.NeoPixel = Lamp
sys.modules["neopixel"] = Lamp()
sys.path[0] = SOURCE
sys.path.insert(1, ROOT)

SETTINGS = '{"csms_url":"ws://192.0.2.1/ocpp","authorisation":"free"}'
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ACCEPTED = '{"status":"Accepted","currentTime":"2025-11-25T12:00:00Z","interval":300}'
PROFILE = (
    b'[2,"p","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,'
    b'"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
    b'"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,'
    b'"limit":10}]}}}]'
)
STARTED = '{"transactionId":7,"idTagInfo":{"status":"Accepted"}}'


class Server:
    """The central system, and the stream to it."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        """Answer the handshake, or the call in a frame."""
        data = bytes(data)
        if data.startswith(b"GET"):
            at = data.find(b"Sec-WebSocket-Key: ") + 19
            key = hashlib.sha1(data[at : at + 24] + GUID).digest()
            self.data = (
                b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + binascii.b2a_base64(key).strip() + b"\r\n"
                b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
            )
            return
        at = 2 if data[1] & 127 < 126 else 4
        text = bytes(data[at + 4 + i] ^ data[at + i % 4] for i in range(len(data) - at - 4))
        if data[0] != 0x81:
            self.data += bytes((0x8A, 0))  # a pong
            return
        call = json.loads(text)
        if call[0] == 3:
            seen.append(call[2]["status"])
            return
        seen.append(call[2])
        answer = ACCEPTED if call[2] == "BootNotification" else "{}"
        if call[2] == "StartTransaction":
            answer = STARTED
        answer = b'[3,"%s",%s]' % (call[1].encode(), answer.encode())
        self.data += bytes((0x81, len(answer))) + answer

    async def read(self, n):
        """At most n bytes, once there are some."""
        while not self.data:
            await asyncio.sleep_ms(10)
        taken = self.data[:n]
        self.data = self.data[n:]
        return taken

    async def readexactly(self, n):
        """Exactly n."""
        taken = b""
        while len(taken) < n:
            taken += await self.read(n - len(taken))
        return taken

    async def drain(self):
        """Nothing to wait for."""

    def close(self):
        """Nothing to close."""

    async def wait_closed(self):
        """Nothing to wait for."""


server = Server()
seen = []


async def open_connection(*_, **__):
    """In the place of the one of asyncio."""
    if STATE == "connecting":
        tell()
        sys.exit()
    return server, server


async def passed(seconds):
    """Let time pass."""
    for _ in range(seconds * 50):
        chip.clock.now_us += 20000
        if chip.clock.now_us // 1000 % 100 == 0:
            app.board.readings.meter_age_ms = 0
            app.board.readings.energy_wh = 5000
            app.transactions.poll(app.now_ms())
        await asyncio.sleep_ms(0)


def tell():
    """Print as size_loaded.py does."""
    actions = sorted(set(seen))
    seen.clear()
    server.data = b""
    gc.collect()
    gc.collect()
    heap = gc.mem_alloc() - before
    micropython.qstr_info()
    names = [
        name for name in sys.modules if name.split(".")[0] in ("control", "drivers", "firmware")
    ]
    print(json.dumps({"modules": names, "heap": heap, "actions": actions}))


async def run():
    """The station until the state that is wanted."""
    station = asyncio.create_task(app.station.run())
    await passed(90)
    if STATE == "limited":
        server.data += b"\x81\x7e" + len(PROFILE).to_bytes(2, "big") + PROFILE
        await passed(60)
    elif STATE != "idle":
        app.charger.plugged = True
        await passed(150)
    if STATE == "after":
        app.charger.plugged = False
        await passed(60)
    tell()
    station.cancel()


asyncio.open_connection = open_connection
desk.build()
with open("settings.json", "w") as file:
    file.write(SETTINGS)
micropython.qstr_info()
gc.collect()
gc.collect()
before = gc.mem_alloc()

import boot  # noqa: E402, F401
import main  # noqa: E402
from firmware import boards  # noqa: E402

app = main.build(boards.configured())
boards = None
asyncio.run(run())
