# SPDX-License-Identifier: MIT
"""Time of day by NTP (RFC 5905, client mode), asked without waiting for the answer.

    ntp = Ntp(clock, "pool.ntp.org", ticks_ms, running, log.event)
    ntp.step()                      # a few times a second while the network is up

What an answer does to the clock: unset, or no session: set. Session running and the difference
is at most a minute: slewed, one second in thirty. More: refused until the session has ended, so
that a running schedule never jumps. During an outage the clock goes on from the chip's crystal.

A name is looked up beside the steps (firmware/names.py), again when its address is silent.
"""

import asyncio
import os
import socket

from micropython import const

_MASK = const(0x3FFFFFFF)
_1900_S = 2208988800  # unix seconds of 1900-01-01, where NTP begins to count
_ANSWER_MS = const(1500)  # an answer later than this says too little about now
_FIRST_MS = const(4000)
_LONGEST_MS = const(900000)
_EVERY_MS = const(3600000)
_SLEW_MS = const(30000)
SLEW_MOST_S = 60
_TOLERATED_S = 2  # as firmware.clock


class Ntp:
    """`running()` is True while a session or schedule must not see a jump.

    `due_ms`: when it will ask next. `address`: of the host, once it was looked up.
    `find`: coroutine(host, port) that does so; without it `host` is numeric.
    """

    def __init__(
        self, clock, host, ticks_ms, running, event, port=123, address=None, find=None
    ):  # fmt: skip
        self._clock = clock
        self._host = host
        self._port = port
        self._ticks_ms = ticks_ms
        self._running = running
        self._event = event
        self.address = address if find else host
        self._find = find
        self._task = None  # looks the host up
        self._socket = None
        self._nonce = None
        self._asked_ms = 0
        self.due_ms = ticks_ms()
        self._pause_ms = _FIRST_MS
        self._slewed_ms = 0
        self.slew_s = 0  # seconds still to be slewed
        self.answers = 0
        self.reason = ""

    def idle(self):
        """True when there was an answer and nothing is left to do before `due_ms`."""
        return bool(self.answers) and not (self.slew_s or self.reason or self._socket)

    def step(self):
        """Send when it is time, take in what has come, slew."""
        now_ms = self._ticks_ms()
        if self.slew_s and (now_ms - self._slewed_ms) & _MASK >= _SLEW_MS:
            self._slewed_ms = now_ms
            self._slew()
        if self._socket is not None:
            self._listen(now_ms)
        elif (now_ms - self.due_ms) & _MASK < 0x20000000:
            self._ask(now_ms)

    def _ask(self, now_ms):
        if self.address is None:
            if self._task is None:
                self._task = asyncio.create_task(self._look_up())
            return
        try:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            # Numeric, so nothing is looked up. Only this server is heard.
            self._socket.connect(socket.getaddrinfo(self.address, self._port)[0][-1])
            self._nonce = os.urandom(8)
            packet = bytearray(48)
            packet[0] = 0x23  # version 4, client
            packet[40:48] = self._nonce
            self._asked_ms = now_ms
            self._socket.send(packet)
        except OSError as error:
            self._failed(now_ms, "%r" % error)

    async def _look_up(self):
        try:
            self.address = await self._find(self._host, self._port)
        except (OSError, MemoryError) as error:
            self._failed(self._ticks_ms(), str(error))
        finally:
            self._task = None

    def _listen(self, now_ms):
        try:
            data = self._socket.recv(128)
        except OSError as error:
            if error.args and error.args[0] not in (11, 35, 10035):  # nothing there yet
                self._failed(now_ms, "%r" % error)
                return
            data = None
        if data is not None and len(data) >= 48 and bytes(data[24:32]) == self._nonce:
            self._nonce = None
            wrong = fault(data)
            if wrong:
                self._failed(now_ms, wrong)
            else:
                self._close()
                self._learn(unix_seconds(data), now_ms)
        elif (now_ms - self._asked_ms) & _MASK >= _ANSWER_MS:
            self._failed(now_ms, "no answer")

    def _learn(self, unix_s, now_ms):
        self.answers += 1
        self.reason = ""
        self._pause_ms = _FIRST_MS
        self.due_ms = (now_ms + _EVERY_MS) & _MASK
        known_s = self._clock.now()
        off_s = 0 if known_s is None else unix_s - known_s
        self.slew_s = 0
        if known_s is None or not self._running():
            step_s = self._clock.set(unix_s)
            if step_s:
                self._event("time_set", source="ntp", step_s=None if known_s is None else step_s)
        elif -_TOLERATED_S < off_s < _TOLERATED_S:
            return
        elif -SLEW_MOST_S <= off_s <= SLEW_MOST_S:
            self.slew_s = off_s
            self._slewed_ms = now_ms
            self._event("time_slew", source="ntp", off_s=off_s)
        else:
            self.due_ms = (now_ms + _LONGEST_MS) & _MASK  # ask again, the session may be over
            self._event("time_refused", source="ntp", off_s=off_s)

    def _slew(self):
        step_s = 1 if self.slew_s > 0 else -1
        self.slew_s -= step_s
        self._clock.nudge(step_s)

    def _failed(self, now_ms, reason):
        self._close()
        if self._find and reason == "no answer":
            self.address = None
        if reason != self.reason:
            self.reason = reason
            self._event("time_unknown", source="ntp", reason=reason)
        self.due_ms = (now_ms + self._pause_ms) & _MASK
        self._pause_ms = min(_LONGEST_MS, self._pause_ms * 2)

    def _close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def fault(packet):
    """Why this answer cannot be believed (RFC 5905, 8 and 7.3), or None."""
    if packet[0] & 7 != 4:
        return "not a server's answer"
    if packet[0] >> 6 == 3:
        return "the server has no time itself"
    if not 1 <= packet[1] <= 15:
        return "the server refuses: " + "".join(chr(c) for c in packet[12:16] if 32 <= c < 127)
    if packet[40:44] == b"\0\0\0\0":
        return "no time in the answer"
    return None


def unix_seconds(packet):
    """Transmit time of an answer in whole unix seconds, rounded, right until 2104."""
    seconds = 0
    for i in range(40, 44):
        seconds = seconds << 8 | packet[i]
    if not seconds & 0x80000000:  # the count began anew in 2036
        seconds += 0x100000000
    return seconds - _1900_S + (packet[44] >> 7)
