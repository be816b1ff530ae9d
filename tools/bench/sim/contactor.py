# SPDX-License-Identifier: MIT
"""A relay with a coil, contacts that need time, and a feedback contact that bounces.

Times are those of a typical 40 A contactor: it pulls in within about 20 ms and drops out within
about 15 ms. The main contact counts as closed from its first touch; only the feedback contact
shows the bounce, because that is the one the firmware reads.
"""

from tools.bench.sim.events import Event


class Contactor:
    """`moved(closed)` is called when the main contact moves, `feedback(level)` for its mirror."""

    def __init__(self, clock, noise, pull_in_us, drop_out_us, moved, feedback):
        self.clock = clock
        self.noise = noise
        self.pull_in_us = pull_in_us
        self.drop_out_us = drop_out_us
        self.moved = moved
        self.feedback = feedback
        self.coil_on = False
        self.closed = False
        self.weld = False  # the contact that closes next stays closed, or stays now if closed
        self.no_close = False  # the coil pulls but the contact does not close
        self.stuck = False  # does not move either way
        self.operations = 0
        self._bounces = 0
        self._settle = Event(self._settled)
        self._bounce = Event(self._bounced)

    def coil(self, on):
        """Energise or release the coil. A short pulse that is taken back moves nothing."""
        on = bool(on)
        if on == self.coil_on:
            return
        self.coil_on = on
        self._start()

    def recheck(self):
        """A fault was set or cleared: move to where the coil wants the contacts now."""
        self._start()

    def _start(self):
        if self._target() == self.closed:
            self.clock.cancel(self._settle)
            return
        delay = self.pull_in_us if self.coil_on else self.drop_out_us
        delay += self.noise.within(delay // 10)
        self.clock.at(self._settle, self.clock.now_us + delay)

    def _target(self):
        if self.stuck:
            return self.closed
        if self.closed and self.weld:
            return True
        if self.coil_on and self.no_close and not self.closed:
            return False
        return self.coil_on

    def _settled(self):
        target = self._target()
        if target == self.closed:
            return
        self.closed = target
        self.operations += 1
        self.moved(target)
        self.feedback(1 if target else 0)
        # Two rebounds of 0.3 to 1 ms, then quiet.
        self._bounces = 4
        self.clock.at(self._bounce, self.clock.now_us + 600 + self.noise.within(300))

    def _bounced(self):
        self._bounces -= 1
        level = self.closed if self._bounces % 2 == 0 else not self.closed
        self.feedback(1 if level else 0)
        if self._bounces:
            self.clock.at(self._bounce, self.clock.now_us + 500 + self.noise.within(200))
