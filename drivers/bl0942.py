# SPDX-License-Identifier: MIT
"""BL0942 metering chip over UART: voltage, current, power and energy of one phase.

Belling "BL0942 datasheet" V1.1, UART at 4800 baud 8N1, address 0 to 3. The request 0x58 + address,
0xAA is answered by 23 bytes: 0x55, five values of 24 bits (current, voltage, fast current, power,
pulse counter; low byte first), frequency, status, and the complement of the sum of the other bytes
and of the first byte of the request. The divisors depend on shunt and divider; the defaults are
those of the usual plug (1 mohm, 5 x 390 kohm : 510 ohm), from public drivers: calibrate.

    meter = Bl0942(UART(1, baudrate=4800, tx=Pin(4), rx=Pin(5)))
    meter.poll(now_ms)
    meter.l1_mv, meter.l1_ma, meter.power_w, meter.energy_wh, meter.age_ms(now_ms)
"""

from micropython import const

from drivers.meter_modbus import Values

_LENGTH = const(23)
_TIMEOUT_MS = const(200)  # an answer takes 48 ms
_PULSES_MOST = const(100000)  # more in one poll is a chip that has been reset


class Bl0942(Values):
    """Counts per volt, per ampere and per watt; pulses per kWh. `errors` counts bad answers."""

    def __init__(self, uart, address=0, per_v=15873, per_a=251213, per_w=596, per_kwh=3305):
        super().__init__()
        self._uart = uart
        self._request = bytes((0x58 | address, 0xAA))
        self._data = bytearray(_LENGTH)
        self._part = memoryview(self._data)
        self._have = 0
        self._asked_ms = -1
        self._per_v = per_v
        self._per_a = per_a
        self._per_w = per_w
        self._per_kwh = per_kwh
        self._pulses = -1
        self._rest = 0
        self.errors = 0

    def poll(self, now_ms):
        """Move the conversation on; a bad or missing answer only lets the age grow."""
        waiting = self._uart.any()
        if waiting and self._asked_ms >= 0:
            room = self._part[self._have :]
            self._have += self._uart.readinto(room, min(waiting, len(room))) or 0
        if self._have == _LENGTH:
            if self._valid():
                self._take(now_ms)
            else:
                self.errors += 1
        elif self._asked_ms >= 0 and (now_ms - self._asked_ms) & 0x3FFFFFFF < _TIMEOUT_MS:
            return
        elif self._asked_ms >= 0:
            self.errors += 1
        self._ask(now_ms)

    def _ask(self, now_ms):
        while self._uart.any():
            self._uart.readinto(self._data)
        self._have = 0
        self._asked_ms = now_ms
        self._uart.write(self._request)

    def _valid(self):
        total = self._request[0]
        for i in range(_LENGTH - 1):
            total += self._data[i]
        return self._data[0] == 0x55 and ~total & 0xFF == self._data[_LENGTH - 1]

    def _value(self, at):
        data = self._data
        return data[at] | data[at + 1] << 8 | data[at + 2] << 16

    def _take(self, now_ms):
        self._answered_ms = now_ms
        self.answers += 1
        self.l1_ma = _scaled(self._value(1), self._per_a)
        self.l1_mv = _scaled(self._value(4), self._per_v)
        power = self._value(10)
        if power & 0x800000:
            power -= 0x1000000
        self.power_w = power // self._per_w if power >= 0 else -(-power // self._per_w)
        pulses = self._value(13)
        passed = (pulses - self._pulses) & 0xFFFFFF
        if self._pulses >= 0 and passed < _PULSES_MOST:
            self._rest += passed * 1000
            self.energy_wh += self._rest // self._per_kwh
            self._rest %= self._per_kwh
        self._pulses = pulses
        self.known = True


def _scaled(value, per_unit):
    """value * 1000 / per_unit without leaving 31 bits."""
    whole = value // per_unit
    rest = value - whole * per_unit
    return whole * 1000 + rest * 125 // (per_unit >> 3)
