# SPDX-License-Identifier: MIT
"""A residual-current monitor: healthy output high, low within 20 ms of a residual current.

Its test input makes it answer like a real fault (after 50 ms), and it recovers 200 ms after the
test ends. A residual current in the world and a self-test are told apart by `tripped`.
"""

from tools.bench.sim.events import Event

TRIP_US = 20000
TEST_US = 50000
RECOVER_US = 200000


class Rcd:
    """`output(level)` drives the charger's input, `changed(tripped)` tells of real trips."""

    def __init__(self, clock, output, changed):
        self.clock = clock
        self.output = output
        self.changed = changed
        self.residual = False
        self.testing = False
        self.tripped = False
        self.healthy = True
        self.deaf = False  # fault: does not react to its test input
        self._event = Event(self._act)

    def fault(self, on):
        """A residual current begins or ends."""
        self.residual = on
        self.clock.at(self._event, self.clock.now_us + (TRIP_US if on else RECOVER_US))

    def test(self, level):
        """Level of the test input."""
        self.testing = bool(level)
        if not self.residual and not self.deaf:
            self.clock.at(self._event, self.clock.now_us + (TEST_US if level else RECOVER_US))

    def _act(self):
        if self.tripped != self.residual:
            self.tripped = self.residual
            self.changed(self.tripped)
        self.healthy = not (self.residual or self.testing)
        self.output(1 if self.healthy else 0)
