# SPDX-License-Identifier: MIT
"""Who allows how much: the one list of current limits. The lowest wins, and its name is kept.

Every source owns one slot with a current per phase, an expiry and a floor that applies once
the offer has expired, so that a service that dies leaves a safe current and not a stale one.
Services write slots at any time; only `resolve` reads them, once in each control step.
"""

from array import array

from micropython import const

# Sources, in the order in which they win a tie: the harder limit names itself.
BOARD = const(0)
CABLE = const(1)
SIMPLIFIED = const(2)
SETTINGS = const(3)
METER = const(4)
TEMPERATURE = const(5)
SUPPLY = const(6)  # voltage outside its band for longer than is ridden through
VOLTAGE = const(7)
GRID = const(8)  # return to service after a grid event, random delay
SITE = const(9)  # what the connection of the house has left (firmware/site_limit.py)
USER = const(10)
OCPP = const(11)
SOURCES = const(12)
NAMES = (
    "board",
    "cable",
    "simplified",
    "settings",
    "meter",
    "temperature",
    "supply",
    "voltage",
    "grid",
    "site",
    "user",
    "ocpp",
)
# From here on limits are wishes, which a charge that keeps a car awake may lift to 6 A.
_SOFT = USER

# Reasons beyond the list, for the trace: a grid service moves the result below the limit.
# RESERVE is the baseline of these services while none of them moves it. AWAKE: see lift().
RESERVE = const(12)
FFR = const(13)
FCR = const(14)
LFSM = const(15)
FRR = const(16)
INERTIA = const(17)
SELF_TEST = const(18)
HOLD = const(19)
AWAKE = const(20)
REASONS = NAMES + (
    "reserve",
    "ffr",
    "fcr",
    "lfsm",
    "frr",
    "inertia",
    "self_test",
    "hold",
    "awake",
)

NO_LIMIT = const(1000000)
_MIN_MA = const(6000)  # the least a pilot can say


class Limits:
    """`limit_ma` and `reason` hold the winner after `resolve`. No offer at all means 0 A.

    hard_ma: the lowest of all but the soft limits (user, ocpp). lift: True while a charge that
    keeps the car awake may have 6 A against a soft limit (control/pause.py). held: only soft
    limits keep the charger at 0 A, lifted or not.
    """

    def __init__(self):
        self.limit_ma = 0
        self.hard_ma = 0
        self.reason = BOARD
        self.lift = False
        self.held = False
        self._ma = array("i", [NO_LIMIT] * SOURCES)
        self._since_ms = array("i", [0] * SOURCES)
        self._ttl_ms = array("i", [0] * SOURCES)
        self._floor_ma = array("i", [NO_LIMIT] * SOURCES)
        self._ma[BOARD] = 0  # a board that has not said what it can carry carries nothing

    def offer(self, source, current_ma, now_ms, ttl_ms=0, floor_ma=NO_LIMIT):
        """Allow at most `current_ma` per phase for `ttl_ms` (0: until changed).

        After the expiry the slot counts as `floor_ma`, and never more than it counted before.
        Raises ValueError for an unknown source or a negative current or time.
        """
        if not 0 <= source < SOURCES:
            raise ValueError("limit source %r: expected 0 to %d" % (source, SOURCES - 1))
        if current_ma < 0 or ttl_ms < 0:
            raise ValueError("limit %s: current and time must not be negative" % NAMES[source])
        self._ma[source] = min(current_ma, NO_LIMIT)
        self._since_ms[source] = now_ms
        self._ttl_ms[source] = ttl_ms
        self._floor_ma[source] = min(floor_ma, current_ma)

    def withdraw(self, source):
        """Take the offer of `source` off the list. The board's own limit cannot be taken off."""
        if source != BOARD:
            self._ma[source] = NO_LIMIT
            self._ttl_ms[source] = 0

    def of(self, source):
        """What `source` allows now, in mA; NO_LIMIT if it has made no offer."""
        return self._ma[source]

    def resolve(self, now_ms):
        """Find the lowest limit in force; returns it in mA per phase."""
        ma = self._ma
        ttls_ms = self._ttl_ms
        lowest = NO_LIMIT + 1
        winner = BOARD
        for source in range(SOURCES):
            if source == _SOFT:
                self.hard_ma = lowest
            ttl_ms = ttls_ms[source]
            if ttl_ms and ((now_ms - self._since_ms[source]) & 0x3FFFFFFF) >= ttl_ms:
                ma[source] = self._floor_ma[source]
                ttls_ms[source] = 0
            allowed_ma = ma[source]
            if allowed_ma < lowest:
                lowest = allowed_ma
                winner = source
        self.held = lowest < _MIN_MA <= self.hard_ma
        if self.held and self.lift:
            lowest = _MIN_MA
            winner = AWAKE
        if lowest != self.limit_ma:
            self.limit_ma = lowest
        if winner != self.reason:
            self.reason = winner
        return lowest
