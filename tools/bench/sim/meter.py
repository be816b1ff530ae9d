# SPDX-License-Identifier: MIT
"""A three-phase energy meter as Modbus RTU slave, registers like the Eastron SDM630.

Input registers (function 4), each value an IEEE float32, big-endian, in two registers:
0/2/4 V, 6/8/10 A, 12/14/16 W of L1-3, 52 total W, 70 Hz, 72 total import kWh.
The values are refreshed every 200 ms; an answer begins 10 ms after the request has arrived.
"""

import struct
from array import array

FUNCTION = 4
ANSWER_US = 10000
MWMS_PER_WH = 3600000000
START_WH = 100000  # a meter that has seen some life; float32 still resolves 0.01 Wh here


def _crc_of_byte(crc):
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_CRC = array("H", [_crc_of_byte(byte) for byte in range(256)])


def crc16(data):
    """Modbus CRC of `data` (polynomial 0xA001, start 0xFFFF); sent low byte first."""
    table = _CRC
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def with_crc(data):
    """`data` with its CRC appended."""
    crc = crc16(data)
    return data + bytes((crc & 0xFF, crc >> 8))


class Meter:
    """Holds what it last measured; `measure` is called every 200 ms."""

    def __init__(self, clock, address=1):
        self.clock = clock
        self.address = address
        self.silent = False
        self.powered = True
        self.v_mv = [0, 0, 0]
        self.i_ma = [0, 0, 0]
        self.p_mw = [0, 0, 0]
        self.mhz = 50000
        self.energy_mwms = START_WH * MWMS_PER_WH
        self._wh_mwms = self.energy_mwms  # register as of the last refresh
        self._answers = {}  # to the requests since then

    def energy_wh(self):
        """The import register in whole Wh."""
        return self._wh_mwms // MWMS_PER_WH

    def measure(self, v_mv, i_ma, mhz):
        """Refresh the registers."""
        for k in (0, 1, 2):
            self.v_mv[k] = v_mv[k]
            self.i_ma[k] = i_ma[k]
            self.p_mw[k] = v_mv[k] * i_ma[k] // 1000
        self.mhz = mhz
        self._wh_mwms = self.energy_mwms
        self._answers.clear()

    def _value(self, register):
        if register <= 16:
            kind, phase = divmod(register // 2, 3)
            if kind == 0:
                return self.v_mv[phase] / 1000
            if kind == 1:
                return self.i_ma[phase] / 1000
            return self.p_mw[phase] / 1000
        if register == 52:
            return (self.p_mw[0] + self.p_mw[1] + self.p_mw[2]) / 1000
        if register == 70:
            return self.mhz / 1000
        if register == 72:
            return self._wh_mwms // (MWMS_PER_WH // 1000) / 1000000
        return 0.0

    def answer(self, request):
        """The reply to a request frame, b"" when the meter would stay silent."""
        if len(request) != 8 or with_crc(request[:6]) != request or request[0] != self.address:
            return b""
        if request[1] != FUNCTION:
            return with_crc(bytes((self.address, request[1] | 0x80, 1)))
        start = request[2] << 8 | request[3]
        count = request[4] << 8 | request[5]
        if start % 2 or count % 2 or not 2 <= count <= 80 or start + count > 382:
            return with_crc(bytes((self.address, FUNCTION | 0x80, 2)))
        body = bytes((self.address, FUNCTION, count * 2))
        for register in range(start, start + count, 2):
            body += struct.pack(">f", self._value(register))
        return with_crc(body)

    def receive(self, line, data):
        """A request came over the line."""
        if self.silent or not self.powered:
            return
        reply = self._answers.get(data)
        if reply is None:
            reply = self._answers[data] = self.answer(data)
        if reply:
            arrived = self.clock.now_us + len(data) * line.byte_us
            line.send(reply, arrived + ANSWER_US)
