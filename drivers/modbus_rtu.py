# SPDX-License-Identifier: MIT
"""Modbus RTU master for reading registers, one request under way, never waiting.

    bus = ModbusRtu(UART(0, baudrate=19200, tx=Pin(0), rx=Pin(1)))
    bus.ask(1, 0, 18)
    ... bus.poll(now_ms) until it is not PENDING, then bus.data[3:] holds the registers

Frame and CRC after "MODBUS over Serial Line V1.02", sections 2.3 to 2.5.
"""

IDLE = 0
PENDING = 1
GOOD = 2
BAD = 3

# An answer of 41 bytes takes 24 ms at 19200 baud; meters think for up to 100 ms more.
TIMEOUT_MS = 200

# CRC of each half byte (polynomial 0xA001): a quarter of the time of bit by bit.
_TABLE = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


def crc16(data, length):
    """Modbus CRC of data[0:length]; low byte goes first on the wire."""
    table = _TABLE
    crc = 0xFFFF
    for i in range(length):
        crc ^= data[i]
        crc = (crc >> 4) ^ table[crc & 15]
        crc = (crc >> 4) ^ table[crc & 15]
    return crc


class ModbusRtu:
    """Owner of one bus. `data` holds the last answer; `errors` counts what went wrong."""

    def __init__(self, uart):
        self._uart = uart
        self._request = bytearray(8)
        self.data = bytearray(96)
        self._part = memoryview(self.data)
        self._have = 0
        self._expect = 0
        self._asked_ms = -1
        self.state = IDLE
        self.errors = 0

    def ask(self, address, register, count, function=4):
        """Send "read input registers" (4) or "read holding registers" (3); at most 45."""
        while self._uart.any():  # the tail of a late answer
            self._uart.readinto(self.data)
        request = self._request
        request[0] = address
        request[1] = function
        request[2] = register >> 8
        request[3] = register & 0xFF
        request[4] = 0
        request[5] = count
        crc = crc16(request, 6)
        request[6] = crc & 0xFF
        request[7] = crc >> 8
        self._have = 0
        self._expect = 5 + 2 * count
        self._asked_ms = -1
        self.state = PENDING
        self._uart.write(request)

    def poll(self, now_ms):
        """Take what has arrived; returns PENDING, GOOD (answer complete) or BAD."""
        if self.state != PENDING:
            return self.state
        if self._asked_ms < 0:
            self._asked_ms = now_ms
        waiting = self._uart.any()
        if waiting:
            room = self._part[self._have : self._expect]
            self._have += self._uart.readinto(room, min(waiting, len(room))) or 0
        if self._have == self._expect:
            self.state = GOOD if self._valid() else BAD
        elif (now_ms - self._asked_ms) & 0x3FFFFFFF >= TIMEOUT_MS:
            self.state = BAD  # silence, or an exception answer, which is shorter
        if self.state == BAD:
            self.errors += 1
        return self.state

    def _valid(self):
        data = self.data
        end = self._expect - 2
        if data[0] != self._request[0] or data[1] != self._request[1] or data[2] != end - 3:
            return False
        return crc16(data, end) == data[end] | data[end + 1] << 8
