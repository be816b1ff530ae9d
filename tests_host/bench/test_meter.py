# SPDX-License-Identifier: MIT
"""The meter's Modbus frames: CRC, register values, byte times, silence."""

import struct

from tools.bench.sim.events import Clock
from tools.bench.sim.meter import MWMS_PER_WH, Meter, crc16, with_crc
from tools.bench.sim.uart import Line


def request(register, count, address=1, function=4):
    return with_crc(bytes((address, function, 0, register, 0, count)))


def floats(reply):
    return [struct.unpack(">f", reply[k : k + 4])[0] for k in range(3, 3 + reply[2], 4)]


def loaded():
    meter = Meter(Clock())
    meter.energy_mwms += 12345 * MWMS_PER_WH // 10
    meter.measure([230000, 231000, 229000], [16000, 15000, 0], 49987)
    return meter


def test_crc_of_the_example_in_the_modbus_specification():
    # "MODBUS over Serial Line" 6.2.2: 02 07 gives 41 12 on the wire.
    assert crc16(b"\x02\x07") == 0x1241
    assert with_crc(b"\x02\x07") == b"\x02\x07\x41\x12"


def test_reply_holds_the_registers_as_big_endian_floats():
    reply = loaded().answer(request(0, 18))
    assert reply[:3] == b"\x01\x04\x24"
    assert len(reply) == 3 + 36 + 2
    assert with_crc(reply[:-2]) == reply
    values = floats(reply)
    assert values[:6] == [230.0, 231.0, 229.0, 16.0, 15.0, 0.0]
    assert values[6:] == [3680.0, 3465.0, 0.0]


def test_totals_frequency_and_energy():
    meter = loaded()
    assert floats(meter.answer(request(52, 2))) == [7145.0]
    assert abs(floats(meter.answer(request(70, 2)))[0] - 49.987) < 0.0001
    assert abs(floats(meter.answer(request(72, 2)))[0] - 101.2345) < 0.0001
    assert meter.energy_wh() == 101234


def test_registers_stand_still_between_refreshes():
    meter = loaded()
    meter.energy_mwms += 50 * MWMS_PER_WH
    assert meter.energy_wh() == 101234
    meter.measure([0, 0, 0], [0, 0, 0], 50000)
    assert meter.energy_wh() == 101284


def test_wrong_requests():
    meter = loaded()
    good = request(0, 2)
    assert meter.answer(good[:-1] + bytes((good[-1] ^ 1,))) == b""  # CRC
    assert meter.answer(request(0, 2, address=2)) == b""
    assert meter.answer(request(0, 2, function=3)) == with_crc(b"\x01\x83\x01")
    assert meter.answer(request(1, 2)) == with_crc(b"\x01\x84\x02")
    assert meter.answer(good[:5]) == b""


def ask(meter, line, silent=False, powered=True):
    meter.silent = silent
    meter.powered = powered
    line.power(True)
    line.device = meter
    line.write(request(0, 2))


def test_the_answer_takes_its_byte_times():
    clock = Clock()
    meter = Meter(clock)
    line = Line(clock, 19200)
    ask(meter, line)
    # 8 bytes out, 10 ms thinking, 9 bytes back, 520 us each.
    due_us = 8 * 520 + 10000 + 9 * 520
    clock.advance(due_us - 1)
    assert 0 < len(line.rx) < 9
    clock.advance(due_us)
    assert with_crc(bytes(line.rx[:-2])) == bytes(line.rx)


def test_a_silent_or_dead_meter_says_nothing():
    for how in ({"silent": True}, {"powered": False}):
        clock = Clock()
        meter = Meter(clock)
        line = Line(clock, 19200)
        ask(meter, line, **how)
        clock.advance(1000000)
        assert len(line.rx) == 0
