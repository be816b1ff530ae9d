# SPDX-License-Identifier: MIT
"""Modbus RTU and the SDM meter: CRC, floats to integers, silence, broken frames."""

import struct

from drivers import modbus_rtu
from drivers.meter_modbus import ModbusMeter, milli
from drivers.modbus_rtu import ModbusRtu, crc16


class Wire:
    """A UART with a meter at the other end; `spoil` may change the answer."""

    def __init__(self):
        self.values = {}
        self.spoil = None
        self.waiting = b""
        self.asked = []

    def any(self):
        return len(self.waiting)

    def readinto(self, buf, n=None):
        n = min(len(buf), len(self.waiting), n or len(buf))
        buf[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n

    def write(self, data):
        assert crc16(data, 6) == data[6] | data[7] << 8
        register, count = data[2] << 8 | data[3], data[5]
        self.asked.append(register)
        answer = bytes((data[0], 4, 2 * count))
        for at in range(register, register + count, 2):
            answer += struct.pack(">f", self.values.get(at, 0))
        crc = crc16(answer, len(answer))
        answer += bytes((crc & 255, crc >> 8))
        self.waiting += self.spoil(answer) if self.spoil else answer


def polled(wire, polls=8, meter=None, now_ms=1000):
    meter = meter or ModbusMeter(ModbusRtu(wire))
    for i in range(polls):
        meter.poll(now_ms + 20 * i)
    return meter


def test_crc_of_the_specification():
    assert crc16(b"\x02\x07", 2) == 0x1241  # "MODBUS over Serial Line", 6.2.2


def test_floats_become_milli_integers():
    for value in (0.0, 0.001, 0.5, 1.0, 6.25, 15.999, 230.1, 399.99, 16777.216, 22080.0, 999999.0):
        data = struct.pack(">f", value)
        exact = struct.unpack(">f", data)[0] * 1000
        for sign in (1, -1):
            got = milli(struct.pack(">f", sign * value), 0) * sign
            assert abs(got - exact) <= 1 + exact / 16000000, (value, got)
    for head in (b"\x7f\x80", b"\x7f\xc0", b"\xff\x80", b"\x49\x80"):  # inf, NaN, -inf, 2^20
        assert milli(head + b"\x00\x00", 0) == 0


def test_energy_keeps_its_watt_hours_beyond_float_thousands():
    assert milli(struct.pack(">f", 16000.125), 0) == 16000125
    assert milli(struct.pack(">f", 8191.5), 0) == 8191500


def test_all_values_arrive():
    wire = Wire()
    wire.values = {
        0: 230.5,
        2: 231.0,
        4: 229.0,
        6: 16.0,
        8: 15.5,
        10: 0.25,
        52: 7345.5,
        72: 100.25,
    }
    meter = polled(wire, 12)
    assert (meter.l1_mv, meter.l2_mv, meter.l3_mv) == (230500, 231000, 229000)
    assert (meter.l1_ma, meter.l2_ma, meter.l3_ma) == (16000, 15500, 250)
    assert meter.power_w == 7345 and meter.energy_wh == 100250 and meter.known
    assert meter.age_ms(1240) < 200


def test_silence_ages_the_readings_and_the_asking_goes_on():
    wire = Wire()
    meter = polled(wire)
    wire.spoil = lambda answer: b""
    asked = len(wire.asked)
    polled(wire, 100, meter, 2000)
    assert meter.age_ms(4000) > 1900
    assert len(wire.asked) >= asked + 7
    wire.spoil = None
    polled(wire, 30, meter, 4000)
    assert meter.age_ms(4600) < 300


def test_a_broken_answer_changes_nothing():
    wire = Wire()
    wire.values = {6: 10.0, 72: 5.0}
    meter = polled(wire, 12)
    for spoil in (
        lambda answer: answer[:-1] + bytes((answer[-1] ^ 1,)),
        lambda answer: bytes((9,)) + answer[1:],
        lambda answer: answer[:5] + b"\xff" + answer[6:],
        lambda answer: bytes((1, 0x84, 2, 0xC2, 0xC1)),
        lambda answer: answer[: len(answer) // 2],
    ):
        wire.spoil = spoil
        polled(wire, 1, meter, 3000)  # takes what had been answered well before
        wire.values = {6: 99.0, 72: 9999.0}
        before = meter.answers
        polled(wire, 60, meter, 3000)
        assert meter.answers == before
        assert (meter.l1_ma, meter.energy_wh) == (10000, 5000)


def test_the_energy_register_never_runs_back():
    wire = Wire()
    wire.values = {72: 5.0}
    meter = polled(wire, 12)
    wire.values = {72: 4.0}
    polled(wire, 12, meter, 2000)
    assert meter.energy_wh == 5000


def test_states_of_the_bus():
    wire = Wire()
    bus = ModbusRtu(wire)
    assert bus.poll(0) == modbus_rtu.IDLE
    bus.ask(1, 0, 2)
    assert bus.poll(0) == modbus_rtu.GOOD
    wire.spoil = lambda answer: b""
    bus.ask(1, 0, 2)
    assert bus.poll((1 << 30) - 100) == modbus_rtu.PENDING
    assert bus.poll(99) == modbus_rtu.PENDING
    assert bus.poll(100) == modbus_rtu.BAD and bus.errors == 1
