# SPDX-License-Identifier: MIT
"""Where virtual time passes: the event loop's wait for input and output.

asyncio calls `wait(dt)` before each task: dt milliseconds until the next task is due, 0 when one
is due now, -1 when none is waiting for time. The world goes on inside, and so does the end of the
firmware: a power cut, a reset or the end of the run is raised from here, past all tasks.
"""

import select
import sys
from asyncio import core

SPIN_LIMIT = 100000
REAL_SLICE_MS = 10
EXTERNAL_SLICE_MS = 100


class Broken(BaseException):
    """The simulator itself has failed; carries the exception past the firmware's handlers."""


class Waiter:
    """command(line) gets each line of stdin in real time."""

    def __init__(self, clock, world, flight, realtime, real_ms, real_diff, command):
        self.clock = clock
        self.world = world
        self.flight = flight
        self.realtime = realtime
        self.real_ms = real_ms
        self.real_diff = real_diff
        self.command = command
        self._spins = 0
        self._external = flight is not None and flight.external
        self._start_ms = real_ms()
        self._stdin = select.poll()
        if realtime:
            self._stdin.register(sys.stdin, select.POLLIN)

    def take_over(self):
        """Become the wait of the (new) event loop of asyncio."""
        core._io_queue.wait_io_event = self.wait

    def wait(self, dt):
        """See above. May return early; the loop asks again."""
        if dt == 0 and self.clock.halt is None and self._spins < SPIN_LIMIT:
            self._spins += 1
        else:
            self._pass(dt)

    def _pass(self, dt):
        try:
            self._wait(dt)
        except Exception as error:
            self.clock.halt = Broken(error)
            self._die()

    def _wait(self, dt):
        clock = self.clock
        if dt == 0 and clock.halt is None:
            raise RuntimeError(
                "the firmware has been busy for %d task switches without letting time pass"
                % SPIN_LIMIT
            )
        self._spins = 0
        if clock.halt is None:
            if self.realtime:
                self._real(dt)
            elif self.flight is None or self.flight.settled():  # no frame is in flight
                if self._external:
                    self.flight.poll()
                self._virtual(dt)
            if self.world.stalled:
                self._stall()
        if clock.halt is not None:
            self._die()

    def _virtual(self, dt):
        """Let time pass until the next task is due, or to the next event when none is."""
        clock = self.clock
        if dt < 0:
            clock.advance(clock.head.at)
            return
        if self._external and dt > EXTERNAL_SLICE_MS:
            dt = EXTERNAL_SLICE_MS  # look at the sockets again soon
        clock.advance((clock.now_us // 1000 + dt) * 1000)

    def sleep(self, us):
        """Let the world go on without firmware for `us`, or until the supply changes."""
        clock = self.clock
        until = clock.now_us + us
        supplied = self.world.supply.on
        while clock.now_us < until and self.world.supply.on == supplied:
            if self.realtime:
                self._real((until - clock.now_us) // 1000 + 1)
            else:
                clock.advance(until)
            if clock.halt is not None:
                raise clock.halt

    def _stall(self):
        """The main loop hangs; interrupts and the world do not."""
        while self.world.stalled and self.clock.halt is None:
            if self.realtime:
                self._real(REAL_SLICE_MS)
            else:
                self.clock.advance(self.clock.now_us + 1000000)

    def _die(self):
        """Nothing that the firmware still does on its way out may have an effect."""
        import builtins

        builtins.print = _silence
        builtins.open = _no_flash
        raise self.clock.halt

    def _real(self, dt):
        """One slice of real time: sockets, stdin, then the world up to now."""
        clock = self.clock
        wall_us = self.real_diff(self.real_ms(), self._start_ms) * 1000
        ahead_ms = (clock.now_us - wall_us) // 1000
        if dt < 0 or dt > REAL_SLICE_MS:
            dt = REAL_SLICE_MS
        sleep_ms = dt + ahead_ms
        core.IOQueue.wait_io_event(core._io_queue, sleep_ms if sleep_ms > 0 else 0)
        while self._stdin.poll(0):
            line = sys.stdin.readline()
            if not line or line.strip():
                self.command(line)
            if not line:
                break
        if clock.halt is None:
            # At most to the time asked for: the loop must see every due time.
            clock.advance((clock.now_us // 1000 + dt) * 1000)


def _silence(*_, **__):
    """print() of a firmware that has no power."""


def _no_flash(*_, **__):
    raise OSError(19)
