# SPDX-License-Identifier: MIT
"""Card readers that send the card number as a line of text on a serial port.

Many 125 kHz and 13.56 MHz modules do: printable characters, then CR and LF.

    reader = CardReader(UART(1, baudrate=9600, tx=Pin(20), rx=Pin(21)))
    id_tag = reader.poll()      # None, or "04A1B2C3"
"""

_MOST = 20  # an OCPP idTag has no more characters


class CardReader:
    """Lines that are too long or not printable are dropped and counted."""

    def __init__(self, uart):
        self._uart = uart
        self._byte = bytearray(1)
        self._line = bytearray(_MOST)
        self._length = 0
        self.dropped = 0

    def poll(self):
        """Read what has arrived; returns one card number, or None."""
        while self._uart.any():
            self._uart.readinto(self._byte, 1)
            char = self._byte[0]
            if char in (10, 13):
                length, self._length = self._length, 0
                if 0 < length <= _MOST:
                    return bytes(self._line[:length]).decode()
                if length:
                    self.dropped += 1
            elif 32 < char < 127 and self._length < _MOST:
                self._line[self._length] = char
                self._length += 1
            else:
                self._length = _MOST + 1  # spoilt until the end of the line
        return None
