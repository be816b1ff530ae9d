# SPDX-License-Identifier: MIT
"""UART of the fake `machine`: the firmware's end of the serial lines on the board."""

from tools.bench.sim import chip


class UART:
    """A serial port; the lines hang on the chip.board."""

    def __init__(
        self,
        id,
        baudrate=9600,
        tx=None,
        rx=None,
        bits=8,
        parity=None,
        stop=1,
        timeout=0,
        timeout_char=0,
        rxbuf=256,
        txbuf=256,
    ):
        self._line = chip.board.lines[id]
        if 10000000 // baudrate != self._line.byte_us:
            self._line = (
                chip.board.deaf
            )  # wrong speed: nothing sensible arrives in either direction

    def init(self, baudrate=9600, **others):
        """Accepted; the line keeps its speed."""

    def any(self):
        """Bytes waiting."""
        return len(self._line.rx)

    def read(self, n=None):
        """Up to n waiting bytes, None when there are none."""
        rx = self._line.rx
        if not rx:
            return None
        if n is None or n > len(rx):
            n = len(rx)
        data = bytes(rx[:n])
        self._line.rx = rx[n:]
        return data

    def readinto(self, buf, n=None):
        """Fill `buf` with what is waiting; number of bytes, None when there are none."""
        rx = self._line.rx
        if not rx:
            return None
        if n is None or n > len(buf):
            n = len(buf)
        if n > len(rx):
            n = len(rx)
        for k in range(n):
            buf[k] = rx[k]
        self._line.rx = rx[n:]
        return n

    def readline(self):
        """A line, or what is waiting."""
        rx = self._line.rx
        end = rx.find(b"\n")
        return self.read(end + 1 if end >= 0 else None)

    def write(self, buf):
        """Send; returns the number of bytes."""
        self._line.write(buf)
        return len(buf)

    def flush(self):
        """Sent as soon as written."""

    def txdone(self):
        """Sent as soon as written."""
        return True

    def deinit(self):
        """The line stays where it is."""
