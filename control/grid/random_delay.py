# SPDX-License-Identifier: MIT
"""The random delay of the United Kingdom's smart charge points (SI 2021/1467), so that schedules
and tariffs do not switch thousands of cars in the same second.

At each start of charging: 0 to `max_s` to the nearest second, at most 1800 s, 600 by default.
Not when the charger answers a response service, and not after an equivalent delay. The user
may override it.
"""

from control.grid.identity import spread


class RandomDelay:
    """holding: charging may not begin yet."""

    def __init__(self, max_s, number=0):
        """number: device hash. Raises ValueError for more than 1800 s."""
        if not 0 <= max_s <= 1800:
            raise ValueError("max_s %r: expected 0 to 1800" % max_s)
        self.holding = False
        self.max_s = max_s
        self._number = number
        self._counter = 0
        self._left_ms = 0
        self._could = False

    def override(self):
        """The user wants to charge now."""
        self._left_ms = 0
        self.holding = False

    def step(self, dt_ms, could, exempt, seed):
        """Every 100 ms. could: charging would be possible but for this delay.

        exempt: a response service or a delay already served is behind this start. seed: any
        number that differs from start to start, for a device that has just been switched on.
        """
        if could and not self._could and not exempt:
            self._counter = (self._counter + 1 + seed) & 0xFFFF
            self._left_ms = 1000 * spread(self._number, self._counter, self.max_s)
        self._could = could
        if self._left_ms > 0:
            if could:
                self._left_ms -= dt_ms
            else:
                self._left_ms = 0
        self.holding = self._left_ms > 0
