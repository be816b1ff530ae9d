# SPDX-License-Identifier: MIT
"""How much current the pilot says now: the limit, the grid services around a baseline, the pace.

A lower limit is protection and goes out at once. A higher offer waits until 5 s after the
last change (IEC 61851-1 Table A.6 sequence 6). A grid service is exempt from that wait, down
always, up only with a car that has shown that it follows: a documented deviation, without which
a droop would be too late to be one. Its small steps keep a pace of their own, for the car's sake.
"""

from micropython import const

from control import pilot

_INTERVAL_MS = const(5000)
# A grid service: small steps once a second, what matters at once.
_SMALL_INTERVAL_MS = const(1000)
_LARGE_INTERVAL_MS = const(100)
_LARGE_MA = const(1000)
_LONG_MS = const(1 << 20)
# Some cars take a larger step up at once for a fault (evcc #33963 and others); a frequency reserve
# steps as far as it must, in cars that have shown that they follow.
_RISE_MA = const(8000)
GRAIN_MA = const(100)  # finer than a meter or a car can tell


class Offer:
    """`offer_ma` is what the duty says; 0 means: nothing can be offered, pause.

    grain_ma: the step of this car's current, as far as it is known: a duty in between would
    move nothing. rise_ma: the largest rise that it stands at once, 0 for 8 A. soft_start: 6 A
    until it has closed S2.
    """

    def __init__(self):
        self.offer_ma = 0
        self.reason = 0
        self.grain_ma = GRAIN_MA
        self.rise_ma = 0
        self._by_grid = False
        self._since_ms = _LONG_MS
        self.soft_start = False
        self._was_running = False
        # What limit and grid come to, as long as neither says anything new.
        self._target_ma = 0
        self._limit_ma = 0
        self._known = False

    def suit(self, rise_ma, grain_ma):
        """Fit the steps of the offer to the car at hand."""
        if rise_ma != self.rise_ma or grain_ma != self.grain_ma:
            self.rise_ma = rise_ma
            self.grain_ma = grain_ma
            self._known = False

    def restart(self):
        """Begin at 6 A when charging starts next: after a phase switch (pilot sheet 7.3)."""
        self.soft_start = True
        self._known = False

    def step(self, dt_ms, limit_ma, limit_reason, grid, running):
        """Decide from the lowest limit and the grid services; `running`: the car sees the PWM.

        grid: None, or the wish of the services (control.grid.stack.Grid), held between 6 A and
        the limit: fresh (the rest is new), target_ma (0: none), reason, pause, urgent, quick,
        may_rise.
        """
        if running != self._was_running:
            self._was_running = running
            self._since_ms = 0  # the PWM starting is a change in the car's eyes
        elif self._since_ms < _LONG_MS:
            self._since_ms += dt_ms
        news = grid.fresh if grid else self._by_grid
        if limit_ma != self._limit_ma or not self._known or news:
            self._known = True
            self._limit_ma = limit_ma
            self._target_ma = self._decide(limit_ma, limit_reason, grid)
        elif not grid and limit_reason != self.reason:
            self.reason = limit_reason
        target_ma = self._target_ma
        if target_ma == self.offer_ma:
            return
        # Nobody reads the duty while the PWM is off; a limit that falls does not wait.
        if running and self._since_ms < self._wait_ms(target_ma, limit_ma, grid):
            return
        self.offer_ma = target_ma
        self._since_ms = 0
        self._known = False  # how far it may rise at once begins from here

    def _wait_ms(self, target_ma, limit_ma, grid):
        """How long after the last change this one may go out."""
        up_ma = target_ma - self.offer_ma
        if not self._by_grid:
            return _INTERVAL_MS if up_ma > 0 else 0
        if up_ma > 0 and not grid.may_rise:
            return _INTERVAL_MS
        if self.offer_ma > limit_ma or grid.urgent:
            return 0
        if grid.quick or not -_LARGE_MA < up_ma < _LARGE_MA:
            return _LARGE_INTERVAL_MS
        return _SMALL_INTERVAL_MS

    def _decide(self, limit_ma, limit_reason, grid):
        target_ma = limit_ma
        self.reason = limit_reason
        self._by_grid = False
        if grid and grid.target_ma and limit_ma >= pilot.MIN_MA:
            if grid.pause:
                self.reason = grid.reason
                self._by_grid = True
                return 0
            moved_ma = max(grid.target_ma, pilot.MIN_MA)
            if moved_ma < limit_ma:
                target_ma = moved_ma
                self.reason = grid.reason
                self._by_grid = True
            elif grid.may_rise:
                self._by_grid = True  # up to the limit by a service: at its pace
        if target_ma > pilot.MAX_MA:
            target_ma = pilot.MAX_MA
        if target_ma < pilot.MIN_MA:
            return 0
        if self.soft_start:
            return pilot.MIN_MA
        if self._by_grid:  # to the nearest step of the car, so that a reserve has no bias
            target_ma = min(target_ma + (self.grain_ma >> 1), limit_ma)
        target_ma -= target_ma % self.grain_ma  # a limit is never rounded up
        rise_ma = self.rise_ma or (pilot.MAX_MA if self._by_grid else _RISE_MA)
        if 0 < self.offer_ma < target_ma - rise_ma:
            target_ma = self.offer_ma + rise_ma
        return max(target_ma, pilot.MIN_MA)

    def soft_start_over(self):
        """The car has closed S2 on 6 A: from now on the offer may rise."""
        if self.soft_start:
            self.soft_start = False
            self._known = False
            self._since_ms = 0
