# SPDX-License-Identifier: MIT
"""An MFRC522 with its registers, a field, and at most one card of ISO 14443 A in it."""


def crc_a(data):
    """Bit by bit, so that it is not the driver's own way."""
    crc = 0x6363
    for byte in data:
        for i in range(8):
            odd = (crc ^ byte >> i) & 1
            crc = crc >> 1 ^ (0x8408 if odd else 0)
    return bytes((crc & 0xFF, crc >> 8))


class Card:
    """idle -> (wake) ready -> (select) active -> (wake, unheard) idle."""

    def __init__(self, number):
        self.number = bytes(number)
        self.state = "idle"

    def parts(self):
        if len(self.number) == 4:
            return [self.number]
        return [b"\x88" + self.number[:3], self.number[3:]]

    def hear(self, data, bits):
        if bits == 7:
            was, self.state = self.state, "ready" if self.state == "idle" else "idle"
            return b"\x44\x00" if was == "idle" and data == b"\x52" else b""
        parts = self.parts()
        level = {0x93: 0, 0x95: 1}.get(data[0], 9)
        if self.state != "ready" or level >= len(parts):
            return b""
        part = parts[level]
        check = bytes((part[0] ^ part[1] ^ part[2] ^ part[3],))
        if data[1] == 0x20:
            if level + 1 == len(parts):
                self.state = "active"
            return part + check
        if data[1] == 0x70 and data[2:7] == part + check and crc_a(data[:7]) == data[7:9]:
            return b"\x04" + crc_a(b"\x04")
        return b""


class Chip:
    """Speaks SPI: select low, address byte, data byte."""

    def __init__(self, version=0x92):
        self.registers = {0x37: version}
        self.fifo = b""
        self.card = None
        self.noise = False
        self.selected = False
        self.resets = 0

    def write(self, data):
        assert len(data) == 2 and not data[0] & 0x81
        self._set(data[0] >> 1, data[1])

    def write_readinto(self, out, into):
        assert out[0] & 0x80
        into[1] = self._get(out[0] >> 1 & 0x3F)

    def _set(self, register, value):
        if register == 0x04:  # the top bit says whether the marked bits are set or cleared
            assert not value & 0x80
            self.registers[4] = self.registers.get(4, 0) & ~value
        elif register == 0x0A:
            if value & 0x80:
                self.fifo = b""
        elif register == 0x09:
            self.fifo += bytes((value,))
        else:
            self.registers[register] = value
        if register == 0x01 and value == 0x0F:
            self.resets += 1
        if register == 0x0D and value & 0x80 and self.registers.get(1) == 0x0C:
            self._transceive(value & 7)

    def _transceive(self, bits):
        answer = self.card.hear(self.fifo, bits) if self.card and self._field() else b""
        self.fifo = answer
        self.registers[6] = 0x02 if self.noise and answer else 0
        self.registers[4] = self.registers.get(4, 0) | (0x20 if answer else 0x01)

    def _field(self):
        return self.registers.get(0x14, 0) & 3 == 3 and self.registers.get(0x15) == 0x40

    def _get(self, register):
        if register == 0x0A:
            return len(self.fifo)
        if register == 0x09:
            first, self.fifo = self.fifo[0], self.fifo[1:]
            return first
        return self.registers.get(register, 0)
