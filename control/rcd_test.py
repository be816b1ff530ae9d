# SPDX-License-Identifier: MIT
"""Self-test of the residual-current monitor: press its test input, see it trip and recover.

Before the first close after power-up, after each session, and every 24 h; always with the
contactor open for 1 s (monitors misread its movement). Times after WARP: the monitor must trip
within 0.8 s of the test signal and be healthy again within 3 s of its end. A monitor that fails
is a latched fault (control/protection.py).
"""

from micropython import const

IDLE = const(0)
TESTING = const(1)
RECOVERING = const(2)
NAMES = ("idle", "testing", "recovering")

TRIP_MS = const(800)
RECOVER_MS = const(3000)
_STEADY_MS = const(100)
_QUIET_MS = const(1000)
_EVERY_MS = const(86400000)


class RcdTest:
    """`output` is the level of the test pin. ready: the contactor may close.

    passed, failures: counts. failed: the last test was not passed.
    """

    def __init__(self, enabled=True):
        self.state = IDLE
        self.output = 0
        self.ready = not enabled
        self.failed = False
        self.passed = 0
        self.failures = 0
        self.since_ms = 0  # since the last passed test
        self._enabled = enabled
        self._due = enabled
        self._state_ms = 0
        self._open_ms = 0
        self._steady_ms = 0

    def request(self):
        """A session has ended, or somebody asks: test as soon as the contactor is open."""
        self._due = self._enabled

    def rest(self, dt_ms, contactor, healthy):
        """Now and then while no test runs: is one due, and may it begin?"""
        if not self._enabled or self.state:
            return
        if self.since_ms < _EVERY_MS:
            self.since_ms += dt_ms
        else:
            self._due = True
        if contactor:
            self._open_ms = 0
        elif self._open_ms < _QUIET_MS:
            self._open_ms += dt_ms
        elif self._due and healthy:
            self.ready = False
            self.output = 1
            self._go(TESTING)

    def step(self, dt_ms, healthy):
        """Each step while `state` is not IDLE; healthy: the monitor's own output."""
        self._state_ms += dt_ms
        if self.state == TESTING:
            if not healthy:
                self.output = 0
                self._go(RECOVERING)
            elif self._state_ms >= TRIP_MS:
                self._end(False)
            return
        self._steady_ms = self._steady_ms + dt_ms if healthy else 0
        if self._steady_ms >= _STEADY_MS:
            self._end(True)
        elif self._state_ms >= RECOVER_MS:
            self._end(False)

    def _end(self, good):
        self.output = 0
        self._due = False
        self.failed = not good
        self.ready = good
        self.since_ms = 0
        if good:
            self.passed = (self.passed + 1) & 0xFFFFF
        else:
            self.failures = (self.failures + 1) & 0xFFFFF
        self._go(IDLE)

    def _go(self, state):
        self.state = state
        self._state_ms = 0
        self._steady_ms = 0
