# SPDX-License-Identifier: MIT
"""Charging profiles of a central system: which limit holds at a given second, and until when.

Rules of OCPP 1.6 edition 2 with its errata 4.0. Per purpose the highest stack level that has a
value at that second wins (errata 3.43); a TxProfile takes the place of a TxDefaultProfile; the
lower of that and the ChargePointMaxProfile holds; a gap means no limit. A schedule runs from its
startSchedule (absolute), from the same time of day or week again and again, also before the date
given (recurring, cut off where the next round begins), or from the start of the transaction
(relative; of the question, while there is none). minChargingRate is not kept: it is a wish of the
car's side, and following it would raise a limit above what the central system allows.

Times are seconds since 2020-01-01 so that they fit the small integers of a 32-bit chip. Limits are
tenths (0.1 A per phase or 0.1 W in total) because the OCPP schema knows one decimal. Amperes are
compared per phase, never converted to watts first: an ampere limit protects a conductor. Watts
become amperes with the nominal 230 V (1.6 ed. 2, 7.12), rounded down, never up.
All storage is allocated once.
"""

from array import array

from micropython import const

MAX_PROFILES = const(16)
MAX_PERIODS = const(24)
MAX_STACK_LEVEL = const(8)

CHARGE_POINT_MAX = const(0)
TX_DEFAULT = const(1)
TX = const(2)
AMPERES = const(0)
WATTS = const(1)

# What `every` may be: the length of a round in seconds, or one of these.
ONCE = const(0)
RELATIVE = const(-1)
DAILY = const(86400)
WEEKLY = const(604800)

NO_LIMIT = const(-1)
NEVER = const(0x3FFFFFFF)  # later than every second that can occur
LONGEST_S = const(0x1FFFFFFF)  # longest duration and offset: sums stay small integers
NO_TRANSACTION = const(-0x3FFFFFFF)

NOMINAL_V = const(230)
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
        self._every = array("i", [0] * n)
        self._begin = array("i", [0] * n)
        self._length = array("i", [0] * n)  # duration, NEVER without one
        self._from = array("i", [0] * n)
        self._until = array("i", [0] * n)  # exclusive
        self._count = array("b", [0] * n)
        self._start = array("i", [0] * (n * MAX_PERIODS))  # offset from begin, first is 0
        self._limit = array("i", [0] * (n * MAX_PERIODS))
        self._phases = array("b", [0] * (n * MAX_PERIODS))
        # What the last look found: period in force or -1, first second it may be another.
        self._at = array("h", [-1] * n)
        self._edge = array("i", [NEVER] * n)
        self._best = array("h", [-1] * 3)  # winning slot of each purpose
        self._since_s = NEVER  # second the fields below belong to
        self._begun_s = NO_TRANSACTION
        self.amps_da = NO_LIMIT  # lowest ampere limit, 0.1 A per phase
        self.watts_dw = NO_LIMIT  # lowest watt limit, 0.1 W over all phases
        self.phases = 0  # smallest numberPhases given, 0 = none given
        self.next_s = NEVER  # first second at which something may change

    def count(self):
        """Number of profiles stored."""
        return sum([1 for purpose in self._purpose if purpose != _FREE])

    def is_free(self, slot):
        """True when no profile is in this slot."""
        return self._purpose[slot] == _FREE

    def of_transaction(self, slot):
        """True for a TxProfile, which ends with its transaction."""
        return self._purpose[slot] == TX

    def put(self, profile_id, purpose, stack_level, connector):
        """Take a slot for a profile; returns its number, -1 when all are in use.

        The same id, or the same purpose, level and connector, is replaced, in its own slot
        (1.6 ed. 2, 5.16.4). Follow with `times` and one `period` per period.
        """
        rank = 2 * stack_level + (1 if connector else 0)
        slot = -1
        for i in range(MAX_PROFILES):
            same_place = self._purpose[i] == purpose and self._rank[i] == rank
            if self._purpose[i] != _FREE and (self._id[i] == profile_id or same_place):
                self._purpose[i] = _FREE
                if slot < 0:
                    slot = i
        if slot < 0:
            for i in range(MAX_PROFILES):
                if self._purpose[i] == _FREE:
                    slot = i
                    break
        if slot >= 0:
            self._id[slot] = profile_id
            self._purpose[slot] = purpose
            self._rank[slot] = rank
            self._count[slot] = 0
        self._since_s = NEVER
        return slot

    def times(self, slot, unit, every, begin_s, duration_s, from_s, until_s):
        """Unit and validity. duration_s -1 = open end; from_s/until_s 0 and NEVER = always."""
        self._unit[slot] = unit
        self._every[slot] = every
        self._begin[slot] = begin_s
        self._length[slot] = NEVER if duration_s < 0 else duration_s
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
        self._since_s = NEVER

    def export(self, slot):
        """A profile as a flat list of integers, for the flash; `put_back` takes it in again."""
        begin = slot * MAX_PERIODS
        length = self._length[slot]
        flat = [self._id[slot], self._purpose[slot], self._rank[slot] // 2, self._rank[slot] % 2]
        flat += [self._unit[slot], self._every[slot], self._begin[slot]]
        flat += [-1 if length == NEVER else length, self._from[slot], self._until[slot]]
        for at in range(begin, begin + self._count[slot]):
            flat += [self._start[at], self._limit[at], self._phases[at]]
        return flat

    def put_back(self, flat):
        """Store what `export` gave; returns the slot, or -1 when there is no room."""
        slot = self.put(flat[0], flat[1], flat[2], flat[3])
        if slot >= 0:
            self.times(slot, flat[4], flat[5], flat[6], flat[7], flat[8], flat[9])
            for at in range(10, len(flat), 3):
                self.period(slot, flat[at], flat[at + 1], flat[at + 2])
        return slot

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
        self._since_s = NEVER
        return removed

    def evaluate(self, now_s, begun_s=NO_TRANSACTION):
        """Limits in force at now_s for a transaction that began at begun_s.

        Cheap when nothing can have changed since the last call; going forward, only profiles
        that reach an edge are looked at again.
        """
        afresh = now_s < self._since_s or begun_s != self._begun_s
        if not afresh and now_s < self.next_s:
            return
        best = self._best
        best[0] = best[1] = best[2] = -1
        soonest = NEVER
        for slot in range(MAX_PROFILES):
            purpose = self._purpose[slot]
            if purpose == _FREE:
                continue
            if afresh or now_s >= self._edge[slot]:
                self._look(slot, now_s, begun_s)
            if self._edge[slot] < soonest:
                soonest = self._edge[slot]
            if self._at[slot] >= 0:
                rival = best[purpose]
                if rival < 0 or self._rank[slot] > self._rank[rival]:
                    best[purpose] = slot
        self.next_s = soonest
        self._since_s = now_s
        self._begun_s = begun_s
        self.phases = 0
        self.amps_da = NO_LIMIT
        self.watts_dw = NO_LIMIT
        self._apply(best[CHARGE_POINT_MAX])
        self._apply(best[TX] if best[TX] >= 0 else best[TX_DEFAULT])

    def _look(self, slot, now_s, begun_s):
        """Find the period in force in one profile, and the next second to look again."""
        at = -1
        edge = NEVER
        if now_s < self._from[slot]:
            edge = self._from[slot]
        elif now_s < self._until[slot]:
            edge = self._until[slot]
            every = self._every[slot]
            start_s = self._begin[slot]
            length_s = self._length[slot]
            change_s = NEVER
            if every == RELATIVE:
                start_s = now_s if begun_s == NO_TRANSACTION else begun_s
            elif every > 0:
                start_s = now_s - (now_s - start_s) % every
                length_s = min(length_s, every)
                change_s = start_s + every
            offset_s = now_s - start_s
            if offset_s < 0:
                change_s = start_s
            elif offset_s < length_s:
                at = self._period_at(slot, offset_s)
                until_s = self._period_end(at, length_s)
                if until_s != NEVER and (every != RELATIVE or begun_s != NO_TRANSACTION):
                    change_s = start_s + until_s
            edge = min(edge, change_s)
        self._at[slot] = at
        self._edge[slot] = edge

    def _period_at(self, slot, offset_s):
        """Index of the period that holds so long after the start; -1 when there is none."""
        base = slot * MAX_PERIODS
        found = -1
        for at in range(base, base + self._count[slot]):
            if self._start[at] > offset_s:
                break
            found = at
        return found

    def _period_end(self, at, length_s):
        """Offset at which a period gives way to the next one or to the end of the schedule."""
        slot = at // MAX_PERIODS
        if at >= 0 and at + 1 < slot * MAX_PERIODS + self._count[slot]:
            return min(length_s, self._start[at + 1])
        return length_s

    def _apply(self, slot):
        """Lower the limit of its unit to that of the period that won, and the phases too."""
        if slot < 0:
            return
        at = self._at[slot]
        given = self._phases[at]
        if given and (not self.phases or given < self.phases):
            self.phases = given
        limit = self._limit[at]
        if self._unit[slot] == AMPERES:
            if self.amps_da == NO_LIMIT or limit < self.amps_da:
                self.amps_da = limit
        elif self.watts_dw == NO_LIMIT or limit < self.watts_dw:
            self.watts_dw = limit

    def limit(self, unit, phases):
        """Limit of the last evaluation in tenths of `unit`, for so many phases; or NO_LIMIT."""
        amps = self.amps_da
        watts = self.watts_dw
        if unit == AMPERES:
            other = NO_LIMIT if watts == NO_LIMIT else watts // (NOMINAL_V * phases)
            own = amps
        else:
            other = NO_LIMIT if amps == NO_LIMIT else amps * (NOMINAL_V * phases)
            own = watts
        if own == NO_LIMIT or (other != NO_LIMIT and other < own):
            return other
        return own

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
