# SPDX-License-Identifier: MIT
"""The Modbus drivers against pymodbus, which is not ours: RTU over a pseudo-terminal, and TCP."""

import array
import asyncio
import fcntl
import os
import pty
import struct
import termios
import threading
import time
import tty

import pytest
from pymodbus.datastore import (
    ModbusDeviceContext,
    ModbusSequentialDataBlock,
    ModbusServerContext,
)
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

from drivers import modbus_rtu
from drivers.meter_modbus import ModbusMeter
from drivers.meter_tables import FLOAT, S32_LOW_FIRST, TABLES
from drivers.modbus_rtu import ModbusRtu
from firmware.site_meter import SiteMeter

VALUES = {
    "l1_mv": 230500,
    "l2_mv": 229100,
    "l3_mv": 231900,
    "l1_ma": 16000,
    "l2_ma": 15500,
    "l3_ma": 300,
    "power_w": 7345,
    "energy_wh": 12345600,
}


def registers(kind):
    """Register contents, from the data sheets' side: volts, amperes, kilowatt hours."""
    found = [0] * 400
    for _, first, _, values in TABLES[kind]:
        for name, register, form, _, _ in values:
            at = first + register
            if form == FLOAT:
                data = struct.pack(">f", VALUES[name] / (1 if name == "power_w" else 1000))
                found[at], found[at + 1] = struct.unpack(">HH", data)
            else:
                assert form == S32_LOW_FIRST
                tenths = {"mv": 100, "ma": 1, "_w": 0.1, "wh": 100}[name[-2:]]
                data = struct.pack(">i", round(VALUES[name] / tenths))
                found[at + 1], found[at] = struct.unpack(">HH", data)
    return found


def context(kind, unit=1):
    block = ModbusSequentialDataBlock(1, registers(kind))
    device = ModbusDeviceContext(ir=block, hr=block)
    return ModbusServerContext(devices={unit: device}, single=False)


class Server:
    """A pymodbus server in a loop of its own."""

    def __init__(self, make):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.call(self._start(make))

    async def _start(self, make):
        server = make()
        await server.serve_forever(background=True)
        return server

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def stop(self):
        self.call(self.server.shutdown())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


class Uart:
    """machine.UART on the near end of a pseudo-terminal."""

    def __init__(self, file):
        self.file = file

    def any(self):
        count = array.array("i", [0])
        fcntl.ioctl(self.file, termios.FIONREAD, count)
        return count[0]

    def readinto(self, buffer, count=None):
        data = os.read(self.file, min(len(buffer), count or len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        return os.write(self.file, data)


@pytest.fixture
def line():
    near, far = pty.openpty()
    tty.setraw(near)
    tty.setraw(far)
    yield Uart(near), os.ttyname(far)
    os.close(near)
    os.close(far)


def serial_server(kind, port, unit=1):
    return Server(lambda: ModbusSerialServer(context(kind, unit), port=port, baudrate=19200))


def poll_until(meter, done, seconds=8):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        meter.poll(int(time.monotonic() * 1000) & 0x3FFFFFFF)
        time.sleep(0.002)
    assert done(), vars(meter)


@pytest.mark.parametrize("kind", TABLES)
def test_every_family_over_a_serial_line(kind, line):
    uart, port = line
    server = serial_server(kind, port)
    try:
        meter = ModbusMeter(ModbusRtu(uart), kind)
        poll_until(meter, lambda: meter.answers >= 5 and meter.known)
        names = {value[0] for block in TABLES[kind] for value in block[3]}
        for name in names:
            assert abs(getattr(meter, name) - VALUES[name]) <= 1, name
        assert meter._bus.errors == 0
    finally:
        server.stop()


def test_a_meter_that_is_not_there_and_one_that_comes_back(line):
    uart, port = line
    server = serial_server("sdm630", port, unit=2)
    bus = ModbusRtu(uart)
    meter = ModbusMeter(bus, "sdm630", address=1)
    try:
        poll_until(meter, lambda: bus.errors >= 2)
        assert meter.answers == 0 and meter.age_ms(0) == 1 << 28
    finally:
        server.stop()
    server = serial_server("sdm630", port, unit=1)
    try:
        poll_until(meter, lambda: meter.answers >= 2)
    finally:
        server.stop()


def test_a_register_that_does_not_exist_is_a_bad_answer(line):
    uart, port = line
    server = serial_server("sdm630", port)
    try:
        bus = ModbusRtu(uart)
        bus.ask(1, 2000, 2)
        end = time.monotonic() + 5
        while bus.poll(int(time.monotonic() * 1000)) == modbus_rtu.PENDING:
            assert time.monotonic() < end
            time.sleep(0.002)
        assert bus.state == modbus_rtu.BAD
    finally:
        server.stop()


def now_ms():
    return int(time.monotonic() * 1000) & 0x3FFFFFFF


def tcp_server(port=0, unit=1):
    return Server(lambda: ModbusTcpServer(context("sdm630", unit), address=("127.0.0.1", port)))


def port_of(server):
    return server.server.transport.sockets[0].getsockname()[1]


async def until(condition, seconds=8):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_site_meter_over_tcp_and_after_the_gateway_was_gone():
    async def story():
        server = tcp_server()
        port = port_of(server)
        site = SiteMeter("127.0.0.1", "sdm630", now_ms, port=port)
        task = asyncio.create_task(site.run(pause_s=0.05, period_s=0.02))
        await until(lambda: site.answers >= 6)
        assert site.error is None and site.age_ms(now_ms()) < 500
        for name, value in VALUES.items():
            assert abs(getattr(site, name) - value) <= 1, name
        await asyncio.to_thread(server.stop)
        await until(lambda: site.error)
        answers = site.answers
        server = await asyncio.to_thread(tcp_server, port)
        await until(lambda: site.answers > answers and site.error is None)
        task.cancel()
        await asyncio.to_thread(server.stop)

    asyncio.run(story())


def test_site_meter_says_what_is_wrong():
    async def story():
        async def nonsense(reader, writer):
            request = await reader.readexactly(12)
            writer.write(request[:4] + b"\0\3" + request[6:7] + b"\x84\x02")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        site = SiteMeter("127.0.0.1", "sdm630", now_ms, port=port)
        task = asyncio.create_task(site.run(pause_s=0.05))
        await until(lambda: site.error == "exception 2")
        server.close()
        await server.wait_closed()
        await until(lambda: "refused" in (site.error or "").lower())
        task.cancel()

    asyncio.run(story())
