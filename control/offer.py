# SPDX-License-Identifier: MIT
"""How much current the pilot says now: the limit, the reserve around its baseline, the pace.

A lower limit is protection and goes out at once. A higher offer waits until 5 s after the
last change (IEC 61851-1 Table A.6 sequence 6). A frequency reserve is exempt from that wait,
which is a documented deviation: with it a droop would be too late to be one.
"""

from micropython import const

from control import pilot
from control.limits import RESERVE

_INTERVAL_MS = const(5000)
_RESERVE_INTERVAL_MS = const(1000)
_LONG_MS = const(1 << 20)


class Offer:
    """`offer_ma` is what the duty says; 0 means: nothing can be offered, pause."""

    def __init__(self):
        self.offer_ma = 0
        self.reason = 0
        self._since_ms = _LONG_MS
        self._soft_start = False
        self._was_running = False

    def restart(self):
        """Begin at 6 A when charging starts next: after a phase switch (pilot sheet 7.3)."""
        self._soft_start = True

    def step(self, dt_ms, limit_ma, limit_reason, grid_ma, running):
        """Decide from the lowest limit and the reserve; `running`: the car sees the PWM.

        grid_ma: the wish of the grid services, 0 for none; held between 6 A and the limit.
        """
        if running != self._was_running:
            self._was_running = running
            self._since_ms = 0  # the PWM starting is a change in the car's eyes
        elif self._since_ms < _LONG_MS:
            self._since_ms += dt_ms
        target_ma = self._target_ma(limit_ma, limit_reason, grid_ma)
        offer_ma = self.offer_ma
        if target_ma == offer_ma:
            return
        by_reserve = self.reason == RESERVE
        wait_ms = _RESERVE_INTERVAL_MS if by_reserve else _INTERVAL_MS
        # Nobody reads the duty while the PWM is off; a limit that falls does not wait.
        must_wait = running and (target_ma > offer_ma or (by_reserve and offer_ma <= limit_ma))
        if must_wait and self._since_ms < wait_ms:
            return
        self.offer_ma = target_ma
        self._since_ms = 0

    def _target_ma(self, limit_ma, limit_reason, grid_ma):
        target_ma = limit_ma
        self.reason = limit_reason
        if grid_ma and limit_ma >= pilot.MIN_MA:
            moved_ma = max(grid_ma, pilot.MIN_MA)
            if moved_ma < limit_ma:
                target_ma = moved_ma
                self.reason = RESERVE
        if target_ma > pilot.MAX_MA:
            target_ma = pilot.MAX_MA
        if target_ma < pilot.MIN_MA:
            return 0
        if self._soft_start:
            return pilot.MIN_MA
        return target_ma - target_ma % 100  # a limit is never rounded up

    def soft_start_over(self):
        """The car has closed S2 on 6 A: from now on the offer may rise."""
        if self._soft_start:
            self._soft_start = False
            self._since_ms = 0
