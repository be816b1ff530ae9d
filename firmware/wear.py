# SPDX-License-Identifier: MIT
"""How often somebody outside may make the charger write to its flash.

A bucket of writes: a few at once, then one in so many seconds. At one a minute, for ever, with
two to three blocks of 4 KB erased each time, a file system of 1 MB of 100,000-cycle flash lasts
more than ten years. What finds the bucket empty is kept in memory and written when there is
room again; the newest value wins, so nothing queues up.
"""


class Bucket:
    """`take` says whether one more is allowed now."""

    def __init__(self, size, refill_s):
        self._size = size
        self._refill_s = refill_s
        self._left = size
        self._since_s = 0  # uptime up to which refills are counted

    def full(self, uptime_s):
        """True when nothing has been taken for long enough: a new bucket would be the same."""
        return self._left + (uptime_s - self._since_s) // self._refill_s >= self._size

    def any_left(self, uptime_s):
        """What `take` would say, without taking one."""
        return self._left + (uptime_s - self._since_s) // self._refill_s > 0

    def take(self, uptime_s):
        """True and one less, or False. `uptime_s`: seconds since boot, never backwards."""
        fresh = (uptime_s - self._since_s) // self._refill_s
        if fresh > 0:
            self._left = min(self._size, self._left + fresh)
            self._since_s += fresh * self._refill_s
        if self._left <= 0:
            return False
        self._left -= 1
        return True
