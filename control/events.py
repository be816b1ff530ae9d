# SPDX-License-Identifier: MIT
"""What happened, as numbers in a ring: control writes without allocating, the log reads later."""

from array import array

from micropython import const

STATE = const(0)  # a: pilot letter, b: pilot mode
CONTACTOR = const(1)  # a: 1 closed, 0 opened
FAULT = const(2)  # a: fault number, b: 1 came, 0 went
UNDER_LOAD = const(3)  # the car ignored x1 for 6 s; a: current in L1, mA
GUARD = const(4)  # a: the guard's reason
OFFER = const(5)  # a: offered mA, b: reason
PHASES = const(6)  # a: step of the sequencer, b: phases wanted + 4 * why
WAKE = const(7)  # a: step of the ladder, b: pulse
AUTHORISED = const(8)  # a: 1 or 0
LOST = const(9)  # a: how many events the full ring has dropped
PAUSE = const(10)  # a: step of the pause
RCD_TEST = const(11)  # a: 1 passed, 0 failed
NAMES = (
    "state",
    "contactor",
    "fault",
    "opened_under_load",
    "guard",
    "offer",
    "phases",
    "wake",
    "authorised",
    "events_lost",
    "pause",
    "rcd_test",
)

_SIZE = const(32)  # drained each 100 ms; a TLS handshake delays that by up to 3 s


class EventRing:
    """Fixed ring of (ticks_ms, code, a, b). One writer, one reader, in the same thread."""

    def __init__(self):
        self._data = array("i", [0] * (4 * _SIZE))
        self._write = 0
        self._read = 0
        self.dropped = 0

    def put(self, now_ms, code, a, b=0):
        """Note an event; when the ring is full the oldest is dropped and counted."""
        write = self._write
        base = (write & 31) << 2
        data = self._data
        data[base] = now_ms
        data[base + 1] = code
        data[base + 2] = a
        data[base + 3] = b
        self._write = (write + 1) & 0x3FFFFFFF
        if (self._write - self._read) & 0x3FFFFFFF > _SIZE:
            self._read = (self._read + 1) & 0x3FFFFFFF
            self.dropped += 1

    def get(self, into):
        """Copy the oldest event into the list `into`; False when there is none."""
        if self._read == self._write:
            return False
        base = (self._read & 31) << 2
        for i in range(4):
            into[i] = self._data[base + i]
        self._read = (self._read + 1) & 0x3FFFFFFF
        return True
