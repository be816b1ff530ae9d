# SPDX-License-Identifier: MIT
"""Eastron SDM630 and relatives: currents, voltages, power and energy over Modbus RTU.

Input registers after the SDM630 Modbus protocol document: 0, 2, 4 phase voltages (V), 6, 8, 10
phase currents (A), 52 total power (W), 72 total import (kWh), each an IEEE 754 single. The
numbers are turned into integers without a float, so that a register of 20 MWh keeps its watt
hours on a board whose floats have 24 bits.

    meter = SdmMeter(bus, address=1)
    meter.poll(now_ms)      # a few times in each 100 ms; never waits
    meter.l1_ma, meter.energy_wh, meter.age_ms(now_ms)
"""

from drivers import modbus_rtu

# Asked in turn: volts and amperes each time, power and energy each fourth time.
_BLOCK_LINE = (0, 12)
_BLOCK_POWER = (52, 2)
_BLOCK_ENERGY = (72, 2)
_TURN = (_BLOCK_LINE, _BLOCK_POWER, _BLOCK_LINE, _BLOCK_ENERGY)

_NEVER_MS = 1 << 28


def milli(data, at):
    """IEEE 754 single at data[at:at+4], times 1000, as an integer rounded towards zero.

    Right for magnitudes below 1,000,000 (the result stays below 2**30); NaN and infinity
    and anything larger give 0.
    """
    exponent = (data[at] & 0x7F) << 1 | data[at + 1] >> 7
    if exponent == 0 or exponent > 146:
        return 0
    mantissa = (data[at + 1] & 0x7F | 0x80) << 16 | data[at + 2] << 8 | data[at + 3]
    # value * 1000 = mantissa * 125 / 4 * 2^(exponent - 145); mantissa * 125 itself would not
    # stay below 2^30.
    shift = 145 - exponent
    scaled = (mantissa >> 2) * 125 + ((mantissa & 3) * 125 >> 2)
    if shift > 0:
        scaled = scaled >> shift if shift < 31 else 0
    else:
        scaled <<= -shift
    return -scaled if data[at] & 0x80 else scaled


class SdmMeter:
    """Readings keep their last value; `age_ms` says how old the currents are."""

    def __init__(self, bus, address=1):
        self._bus = bus
        self._address = address
        self._turn = 0
        self._answered_ms = -1
        self.l1_ma = self.l2_ma = self.l3_ma = 0
        self.l1_mv = self.l2_mv = self.l3_mv = 0
        self.power_w = 0
        self.energy_wh = 0
        self.known = False  # the energy register has been read at least once
        self.answers = 0

    def age_ms(self, now_ms):
        """Milliseconds since currents and voltages were last answered; 2**28 for never."""
        if self._answered_ms < 0:
            return _NEVER_MS
        return (now_ms - self._answered_ms) & 0x3FFFFFFF

    def poll(self, now_ms):
        """Move the conversation on. Errors only let the age grow."""
        state = self._bus.poll(now_ms)
        if state == modbus_rtu.PENDING:
            return
        if state == modbus_rtu.GOOD:
            self._take(_TURN[self._turn], now_ms)
            self._turn = (self._turn + 1) & 3
        block = _TURN[self._turn]
        self._bus.ask(self._address, block[0], block[1])

    def _take(self, block, now_ms):
        data = self._bus.data
        self.answers += 1
        if block is _BLOCK_LINE:
            self.l1_mv = milli(data, 3)
            self.l2_mv = milli(data, 7)
            self.l3_mv = milli(data, 11)
            self.l1_ma = milli(data, 15)
            self.l2_ma = milli(data, 19)
            self.l3_ma = milli(data, 23)
            self._answered_ms = now_ms
        elif block is _BLOCK_POWER:
            self.power_w = milli(data, 3) // 1000
        else:
            self._take_energy(milli(data, 3))

    def _take_energy(self, energy_wh):
        # The register only counts up; a lower answer is a fault of the line, not of the meter.
        if energy_wh >= self.energy_wh:
            self.energy_wh = energy_wh
            self.known = True
