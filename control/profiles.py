# SPDX-License-Identifier: MIT
"""Charging profiles of a central system: which limit holds at a given second, and what follows.

Rules of OCPP 1.6 with its errata 4.0 for absolute schedules of two purposes, ChargePointMaxProfile
and TxDefaultProfile: per purpose the highest stack level that has a value at that second wins
(errata 3.43), the lower of the two purposes holds, a gap means no limit (errata 3.34 on phases).

Times are seconds since 2020-01-01 so that they fit the small integers of a 32-bit chip. Limits are
tenths (0.1 A per phase or 0.1 W in total) because the OCPP schema knows one decimal. Amperes are
compared per phase, never converted to watts first: an ampere limit protects a conductor. Watts
become amperes with the nominal 230 V (1.6 ed. 2, 7.12), rounded down, never up.
All storage is allocated once.
"""

from array import array

from micropython import const

MAX_PROFILES = const(6)
MAX_PERIODS = const(24)
MAX_STACK_LEVEL = const(8)

CHARGE_POINT_MAX = const(0)
TX_DEFAULT = const(1)
AMPERES = const(0)
WATTS = const(1)

NO_LIMIT = const(-1)
NEVER = const(0x3FFFFFFF)  # later than every second that can occur

_NOMINAL_V = const(230)
_ASSUMED_PHASES = const(3)  # numberPhases absent: 3 is assumed (1.6 ed. 2, 7.14)
_MIN_MA = const(6000)  # IEC 61851-1 A.3: a duty cycle cannot offer less
_FREE = const(-1)


class Profiles:
    """A fixed number of profiles. `evaluate` fills amps_da, watts_dw, phases and next_s."""

    def __init__(self):
        n = MAX_PROFILES
        self._id = array("i", [0] * n)
        self._purpose = array("b", [_FREE] * n)  # _FREE or a purpose
        self._rank = array("b", [0] * n)  # 2 x stack level, + 1 when for connector 1 only
        self._unit = array("b", [0] * n)
        self._begin = array("i", [0] * n)
        self._end = array("i", [0] * n)  # begin + duration, NEVER without duration
        self._from = array("i", [0] * n)
        self._until = array("i", [0] * n)  # exclusive
        self._count = array("b", [0] * n)
        self._start = array("i", [0] * (n * MAX_PERIODS))  # offset from begin, first is 0
        self._limit = array("i", [0] * (n * MAX_PERIODS))
        self._phases = array("b", [0] * (n * MAX_PERIODS))
        self._evaluated_s = NEVER  # second the fields below belong to
        self.amps_da = NO_LIMIT  # lowest ampere limit, 0.1 A per phase
        self.watts_dw = NO_LIMIT  # lowest watt limit, 0.1 W over all phases
        self.phases = 0  # smallest numberPhases given, 0 = none given
        self.next_s = NEVER  # first second at which something may change

    def count(self):
        """Number of profiles stored."""
        used = 0
        for slot in range(MAX_PROFILES):
            if self._purpose[slot] != _FREE:
                used += 1
        return used

    def is_free(self, slot):
        """True when no profile is in this slot."""
        return self._purpose[slot] == _FREE

    def put(self, profile_id, purpose, stack_level, connector):
        """Take a slot for a profile; returns its number, -1 when all are in use.

        The same id, or the same purpose, level and connector, is replaced (1.6 ed. 2, 3.13).
        Follow with `times` and one `period` per period; until the first the profile is empty.
        """
        rank = 2 * stack_level + (1 if connector else 0)
        slot = -1
        for i in range(MAX_PROFILES):
            same_place = self._purpose[i] == purpose and self._rank[i] == rank
            if self._purpose[i] != _FREE and (self._id[i] == profile_id or same_place):
                self._purpose[i] = _FREE
        for i in range(MAX_PROFILES):
            if self._purpose[i] == _FREE:
                slot = i
                break
        if slot >= 0:
            self._id[slot] = profile_id
            self._purpose[slot] = purpose
            self._rank[slot] = rank
            self._count[slot] = 0
        self._evaluated_s = NEVER
        return slot

    def has_room(self, profile_id, purpose, stack_level, connector):
        """True when `put` with the same arguments would find a slot."""
        rank = 2 * stack_level + (1 if connector else 0)
        for i in range(MAX_PROFILES):
            if self._purpose[i] == _FREE or self._id[i] == profile_id:
                return True
            if self._purpose[i] == purpose and self._rank[i] == rank:
                return True
        return False

    def times(self, slot, unit, begin_s, duration_s, from_s, until_s):
        """Unit and validity. duration_s -1 = open end; from_s/until_s 0 and NEVER = always."""
        self._unit[slot] = unit
        self._begin[slot] = begin_s
        self._end[slot] = NEVER if duration_s < 0 else min(NEVER, begin_s + duration_s)
        self._from[slot] = from_s
        self._until[slot] = until_s

    def period(self, slot, start_s, limit, phases):
        """Append a period: offset in seconds (rising, first 0), limit in 0.1 units, phases 0-3."""
        i = self._count[slot]
        at = slot * MAX_PERIODS + i
        self._start[at] = start_s
        self._limit[at] = limit
        self._phases[at] = phases
        self._count[slot] = i + 1
        self._evaluated_s = NEVER

    def clear(self, profile_id=None, purpose=None, stack_level=None, connector=None):
        """Remove what matches; returns how many. An id wins, the rest is ANDed (errata 3.25/3.26).

        connector 0 and 1 mean exactly that connector, None means any.
        """
        removed = 0
        for i in range(MAX_PROFILES):
            if self._purpose[i] == _FREE:
                continue
            if profile_id is not None:
                if self._id[i] != profile_id:
                    continue
            else:
                if purpose is not None and self._purpose[i] != purpose:
                    continue
                if stack_level is not None and self._rank[i] // 2 != stack_level:
                    continue
                if connector is not None and self._rank[i] % 2 != connector:
                    continue
            self._purpose[i] = _FREE
            removed += 1
        self._evaluated_s = NEVER
        return removed

    def _period_at(self, slot, now_s):
        """Index of the period in force, -1 when the profile says nothing at this second."""
        if not self._from[slot] <= now_s < self._until[slot]:
            return -1
        if not self._begin[slot] <= now_s < self._end[slot]:
            return -1
        offset = now_s - self._begin[slot]
        found = -1
        base = slot * MAX_PERIODS
        for at in range(base, base + self._count[slot]):
            if self._start[at] > offset:
                break
            found = at
        return found

    def _winner(self, purpose, now_s):
        """Slot and period packed as slot * 1024 + period index, -1 when the purpose is silent."""
        best = -1
        best_rank = -1
        for slot in range(MAX_PROFILES):
            if self._purpose[slot] == purpose and self._rank[slot] > best_rank:
                at = self._period_at(slot, now_s)
                if at >= 0:
                    best = slot * 1024 + at
                    best_rank = self._rank[slot]
        return best

    def evaluate(self, now_s):
        """Limits in force at now_s. Cheap when nothing can have changed since the last call."""
        if self._evaluated_s <= now_s < self.next_s:
            return
        top = self._winner(CHARGE_POINT_MAX, now_s)
        default = self._winner(TX_DEFAULT, now_s)
        phases = 0
        if top >= 0:
            phases = self._phases[top % 1024]
        if default >= 0:
            given = self._phases[default % 1024]
            if given and (not phases or given < phases):
                phases = given
        self.phases = phases
        self.amps_da = NO_LIMIT
        self.watts_dw = NO_LIMIT
        self._apply(top)
        self._apply(default)
        self.next_s = self._next_change(now_s)
        self._evaluated_s = now_s

    def _apply(self, winner):
        """Lower the limit of its unit to that of one winning period."""
        if winner < 0:
            return
        limit = self._limit[winner % 1024]
        if self._unit[winner // 1024] == AMPERES:
            if self.amps_da == NO_LIMIT or limit < self.amps_da:
                self.amps_da = limit
        elif self.watts_dw == NO_LIMIT or limit < self.watts_dw:
            self.watts_dw = limit

    def limit(self, unit, phases):
        """Limit of the last evaluation in tenths of `unit`, for so many phases; or NO_LIMIT."""
        amps = self.amps_da
        watts = self.watts_dw
        if unit == AMPERES:
            other = NO_LIMIT if watts == NO_LIMIT else watts // (_NOMINAL_V * phases)
            own = amps
        else:
            other = NO_LIMIT if amps == NO_LIMIT else amps * (_NOMINAL_V * phases)
            own = watts
        if own == NO_LIMIT or (other != NO_LIMIT and other < own):
            return other
        return own

    def _next_change(self, now_s):
        """First second after now_s at which a profile begins, changes or ends."""
        soonest = NEVER
        for slot in range(MAX_PROFILES):
            if self._purpose[slot] == _FREE:
                continue
            for edge in (self._from[slot], self._until[slot], self._end[slot]):
                if now_s < edge < soonest:
                    soonest = edge
            base = slot * MAX_PERIODS
            for at in range(base, base + self._count[slot]):
                edge = self._begin[slot] + self._start[at]
                if now_s < edge < soonest:
                    soonest = edge
        return soonest

    def offer_ma(self, phases_in_use):
        """Limit of the last evaluation for the pilot: mA, 0 = pause, NO_LIMIT = no say.

        Watts are shared out over the phases that really are connected, not over those the
        profile hopes for: a phase switch may come later or never. Less than 6 A pauses: it is
        never rounded up to what the pilot can express.
        """
        limit_da = self.limit(AMPERES, phases_in_use)
        if limit_da == NO_LIMIT:
            return NO_LIMIT
        ma = limit_da * 100
        return 0 if ma < _MIN_MA else ma

    def composite(self, now_s, duration_s, unit, hardware_da, hardware_phases):
        """Schedule that follows from all profiles: list of (offset_s, limit in 0.1, phases or 0).

        Gaps carry the charger's own maximum `hardware_da`, which also caps the rest. At most
        MAX_PERIODS periods; returns (periods, seconds they are good for). Allocates.
        """
        periods = []
        at_s = now_s
        end_s = min(NEVER, now_s + duration_s)
        while at_s < end_s:
            self.evaluate(at_s)
            phases = self.phases
            limit = self.limit(unit, phases or _ASSUMED_PHASES)
            top = hardware_da
            if unit == WATTS:
                n = phases if 0 < phases < hardware_phases else hardware_phases
                top = hardware_da * (_NOMINAL_V * n)
            if limit == NO_LIMIT or limit > top:
                limit = top
            if not periods or periods[-1][1] != limit or periods[-1][2] != phases:
                if len(periods) == MAX_PERIODS:
                    return periods, at_s - now_s
                periods.append((at_s - now_s, limit, phases))
            at_s = self.next_s
        return periods, end_s - now_s
