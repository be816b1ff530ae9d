# SPDX-License-Identifier: MIT
"""Timer and WDT of the fake `machine`, on virtual time."""

import sys

from tools.bench.sim import chip
from tools.bench.sim.chip import Reset
from tools.bench.sim.events import Event


def _callback_failed(what, error):
    print("uncaught exception in %s" % what)
    sys.print_exception(error, sys.stdout)


class Timer:
    """Periodic or single callbacks at exact virtual times."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **how):
        self._board = chip.board
        self._clock = chip.clock
        self._event = Event(self._due)
        self._period_us = 0
        self._callback = None
        self._periodic = False
        self._hard = False
        if how:
            self.init(**how)

    def init(self, mode=1, freq=-1, period=-1, callback=None, hard=False):
        """period in ms, or freq in Hz."""
        self._period_us = period * 1000 if period > 0 else int(1000000 / freq)
        self._callback = callback
        self._hard = hard
        self._periodic = mode == Timer.PERIODIC
        self._board.timers.append(self)
        self._clock.at(self._event, self._clock.now_us + self._period_us)

    def _due(self):
        clock = self._clock
        if self._periodic:
            clock.at(self._event, clock.now_us + self._period_us)
        try:
            if self._hard:
                self._board.call_hard(self._callback, self)
            else:
                self._callback(self)
        except Exception as error:
            clock.cancel(self._event)
            _callback_failed("Timer callback", error)
        except Reset:
            pass  # machine.reset() from a timer: the clock's halt does the rest

    def deinit(self):
        """Stop."""
        self._clock.cancel(self._event)


class WDT:
    """Resets the chip when it is not fed; cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        chip.board.watchdog(timeout * 1000)

    def feed(self):
        """Start the time again."""
        chip.board.feed()
