# SPDX-License-Identifier: MIT
"""Energy meters over Modbus, by table: currents, voltages, power and energy as integers.

No value is ever a float, so that a register of 20 MWh keeps its watt hours on a board whose
floats have 24 bits. An unknown meter raises KeyError with its name.

    meter = ModbusMeter(bus, "sdm630", address=1)
    meter.poll(now_ms)      # a few times in each 100 ms; never waits
    meter.l1_ma, meter.energy_wh, meter.age_ms(now_ms)
"""

from drivers import modbus_rtu
from drivers.meter_tables import FLOAT, S16, S32, S32_LOW_FIRST

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


def word(data, at):
    """One register, 0 to 65535."""
    return data[at] << 8 | data[at + 1]


def number(data, at, kind):
    """The value at data[at:] of one of the kinds of meter_tables."""
    if kind == FLOAT:
        return milli(data, at)
    high = word(data, at)
    if kind in (S32, S32_LOW_FIRST):
        low = word(data, at + 2)
        if kind == S32_LOW_FIRST:
            high, low = low, high
        return (high - (high >> 15 << 16)) << 16 | low
    return high - (high >> 15 << 16) if kind == S16 else high


class Values:
    """What every meter offers. Values keep their last state; `age_ms` says how old they are."""

    def __init__(self):
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

    def take_block(self, values, data, at):
        """Copy the values of one block whose first register is at data[at]."""
        for name, register, kind, multiplier, divisor in values:
            value = number(data, at + 2 * register, kind) * multiplier
            # Towards zero: -0.5 W is no watt.
            value = value // divisor if value >= 0 else -(-value // divisor)
            if name != "energy_wh":
                setattr(self, name, value)
            elif value >= self.energy_wh:
                # It only counts up; a lower answer is a fault of the line, not of the meter.
                self.energy_wh = value
                self.known = True
        self.answers += 1


class ModbusMeter(Values):
    """One meter on a bus (drivers.modbus_rtu.ModbusRtu) of its own."""

    def __init__(self, bus, kind="sdm630", address=1):
        # Not above: the tables of other meters are nothing to keep.
        from drivers.meter_tables import TABLES

        super().__init__()
        self._bus = bus
        self._address = address
        self._table = TABLES[kind]
        self._turn = 0

    def poll(self, now_ms):
        """Move the conversation on. Errors only let the age grow."""
        state = self._bus.poll(now_ms)
        if state == modbus_rtu.PENDING:
            return
        if state == modbus_rtu.GOOD:
            block = self._block()
            self.take_block(block[3], self._bus.data, 3)
            if block is self._table[0]:
                self._answered_ms = now_ms
            self._turn += 1
            if self._turn >= 2 * (len(self._table) - 1):
                self._turn = 0
        block = self._block()
        self._bus.ask(self._address, block[1], block[2], block[0])

    def _block(self):
        # Currents in every second turn, each of the other blocks in between.
        return self._table[0 if not self._turn & 1 else 1 + (self._turn >> 1)]
