# SPDX-License-Identifier: MIT
"""A serial line between the fake chip and a simulated device, with byte times."""

from tools.bench.sim.events import Event

BITS_PER_BYTE = 10  # start, 8 data, stop


class Line:
    """One UART as the chip sees it. `device.receive(line, data)` gets what the chip sends."""

    def __init__(self, clock, baud):
        self.clock = clock
        self.byte_us = BITS_PER_BYTE * 1000000 // baud
        self.device = None
        self.rx = bytearray()
        self.dead = True  # the chip is off or in reset
        self._waiting = []
        self._due = Event(self._deliver)

    def write(self, data):
        """The chip sends `data`; the device has it when the last byte has gone over the wire."""
        if not self.dead and self.device is not None:
            self.device.receive(self, bytes(data))

    def send(self, data, at_us):
        """The device sends `data` beginning at `at_us`. It arrives in two pieces, as on the
        wire: a driver that expects whole frames at once is found out.
        """
        half = len(data) // 2
        for piece, end in ((data[:half], half), (data[half:], len(data))):
            if piece:
                self._waiting.append((at_us + end * self.byte_us, piece))
        self.clock.at(self._due, self._waiting[0][0])

    def _deliver(self):
        piece = self._waiting.pop(0)[1]
        if not self.dead:
            self.rx.extend(piece)
        if self._waiting:
            self.clock.at(self._due, self._waiting[0][0])

    def power(self, on):
        """The chip starts or stops; nothing survives in its buffer."""
        self.dead = not on
        self.rx = bytearray()
