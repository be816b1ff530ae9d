# SPDX-License-Identifier: MIT
"""RFID cards of 13.56 MHz (ISO 14443 A) by an MFRC522 on SPI: the card's number.

NXP "MFRC522 data sheet" rev. 3.9, register numbers of table 20. The number of 4 or 7 bytes is told
as hexadecimal text, once for each time that a card is laid down. A number is no proof of a card:
it can be copied. OSError(19) when no MFRC522 answers on the bus.

    spi = SPI(0, baudrate=1000000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
    reader = Mfrc522(spi, 17)
    id_tag = reader.poll()      # each 100 ms: None, or "04A1B2C3"; takes 2 ms at most
"""

from machine import Pin
from micropython import const

_COMMAND, _IRQ, _ERROR, _FIFO, _LEVEL, _CONTROL, _BITS = 0x01, 0x04, 0x06, 0x09, 0x0A, 0x0C, 0x0D
_MODE, _TX_CONTROL, _TX_ASK, _T_MODE, _T_PRE, _T_HIGH, _T_LOW = (
    0x11,
    0x14,
    0x15,
    0x2A,
    0x2B,
    0x2C,
    0x2D,
)
_VERSION = 0x37
_IDLE, _TRANSCEIVE, _RESET = 0x00, 0x0C, 0x0F
_WAKE = b"\x52"  # WUPA: also answered by a card that was read before
_RECEIVED, _FAILED = 0x20, 0x01
_GONE = const(4)  # polls without an answer; a card that was selected answers each second one


class Mfrc522:
    """One reader. `errors` counts answers that were spoilt on the way."""

    def __init__(self, spi, select_pin):
        self._spi = spi
        self._select = Pin(select_pin, Pin.OUT, value=1)
        self._two = bytearray(2)
        self._got = bytearray(2)
        self._answer = bytearray(10)
        self._asked = False
        self._silent = _GONE
        self._last = None
        self.errors = 0
        self._write(_COMMAND, _RESET)
        if self._read(_VERSION) not in (0x88, 0x90, 0x91, 0x92):
            raise OSError(19)  # no such device
        # The timer ends a wait after 25 us * 200 = 5 ms; 100 % ASK; CRC preset 6363; field on.
        for register, value in (
            (_T_MODE, 0x80),
            (_T_PRE, 0xA9),
            (_T_HIGH, 0x00),
            (_T_LOW, 0xC8),
            (_TX_ASK, 0x40),
            (_MODE, 0x3D),
        ):
            self._write(register, value)
        self._write(_TX_CONTROL, self._read(_TX_CONTROL) | 3)

    def poll(self):
        """Look at the answer to the last call and call again; returns a new card's number."""
        found = None
        if self._asked:
            if self._received() == 2:
                number = self._number()
                if number:
                    self._silent = 0
                    if number != self._last:
                        found = self._last = number
            elif self._silent < _GONE:
                self._silent += 1
                if self._silent >= _GONE:
                    self._last = None
        self._send(_WAKE, 7)
        self._asked = True
        return found

    def _number(self):
        """Anticollision, one or two levels; text or None."""
        first = self._level(b"\x93\x20")
        if first is None:
            return None
        if first[0] != 0x88:  # no cascade tag: four bytes are all
            return _text(first)
        select = b"\x93\x70" + first + bytes((_check(first),))
        if self._ask(select + _crc(select)) != 3:
            return None
        second = self._level(b"\x95\x20")
        return None if second is None else _text(first[1:] + second)

    def _level(self, command):
        if self._ask(command) != 5 or _check(self._answer) != self._answer[4]:
            self.errors += 1
            return None
        return bytes(self._answer[:4])

    def _ask(self, data):
        """Send whole bytes and wait for the answer, about a millisecond; returns its length."""
        self._send(data, 0)
        for _ in range(40):
            if self._read(_IRQ) & (_RECEIVED | _FAILED):
                break
        return self._received()

    def _send(self, data, bits):
        self._write(_COMMAND, _IDLE)
        self._write(_IRQ, 0x7F)
        self._write(_LEVEL, 0x80)
        for byte in data:
            self._write(_FIFO, byte)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_BITS, 0x80 | bits)

    def _received(self):
        """Take the answer into the buffer; returns its length, 0 for none."""
        if not self._read(_IRQ) & _RECEIVED:
            return 0
        if self._read(_ERROR) & 0x1B:  # overflow, collision, parity, protocol
            self.errors += 1
            return 0
        length = min(self._read(_LEVEL), len(self._answer))
        for i in range(length):
            self._answer[i] = self._read(_FIFO)
        return length

    def _write(self, register, value):
        self._two[0] = register << 1
        self._two[1] = value
        self._select.value(0)
        self._spi.write(self._two)
        self._select.value(1)

    def _read(self, register):
        self._two[0] = register << 1 | 0x80
        self._two[1] = 0
        self._select.value(0)
        self._spi.write_readinto(self._two, self._got)
        self._select.value(1)
        return self._got[1]


def _text(number):
    return "".join(["%02X" % byte for byte in number])


def _check(data):
    return data[0] ^ data[1] ^ data[2] ^ data[3]


def _crc(data):
    """CRC_A of ISO 14443-3, low byte first."""
    crc = 0x6363
    for byte in data:
        mixed = byte ^ crc & 0xFF
        mixed = (mixed ^ mixed << 4) & 0xFF
        crc = crc >> 8 ^ mixed << 8 ^ mixed << 3 ^ mixed >> 4
    return bytes((crc & 0xFF, crc >> 8 & 0xFF))
