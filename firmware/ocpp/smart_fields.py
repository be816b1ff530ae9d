# SPDX-License-Identifier: MIT
"""Reads a charging profile of OCPP 1.6 into plain integers; wrong fields become CALLERRORs."""

from micropython import const

from control import profiles
from firmware.ocpp import fields
from firmware.ocpp.rpc import PROPERTY, CallError

PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
UNITS = ("A", "W")
ID_LIMIT = const(0x3FFFFFFF)
NUMBER_LIMIT = const(0x7FFFFFFF)  # transactionId: any 32-bit number

_KINDS = ("Absolute", "Recurring", "Relative")
_ROUNDS = ("Daily", "Weekly")
_PIECE = const(4)  # periods checked in one go
_MAX_DA = const(10000)
_MAX_DW = const(10000000)
# Two clocks may differ by so much: the first period of a schedule that starts no further ahead
# holds at once, all other times stay. Else there would be no limit at all between the profile
# that is replaced and the one that has not begun.
_CLOCKS_S = const(2)


class Profile:
    """A profile as it was asked for. `why` says what makes it unacceptable, or is None."""

    def __init__(self, table, now_s):
        """Read; raises CallError. `now_s`: seconds since 2020, None while unknown."""
        self.why = None
        self._early_s = 0  # so much before startSchedule the first period begins
        self.id = fields.integer(table, "chargingProfileId", -ID_LIMIT, ID_LIMIT)
        self.transaction = fields.optional_integer(
            table, "transactionId", -NUMBER_LIMIT - 1, NUMBER_LIMIT
        )
        self.stack_level = fields.integer(table, "stackLevel", 0, ID_LIMIT)
        self.purpose = PURPOSES.index(fields.choice(table, "chargingProfilePurpose", PURPOSES))
        kind = fields.choice(table, "chargingProfileKind", _KINDS)
        round_ = fields.choice(table, "recurrencyKind", _ROUNDS, False)
        schedule = fields.table(table, "chargingSchedule", dict)
        self.from_s = fields.seconds(table, "validFrom", -ID_LIMIT)
        self.until_s = fields.seconds(table, "validTo", profiles.NEVER)
        self.unit = UNITS.index(fields.choice(schedule, "chargingRateUnit", UNITS))
        duration_s = fields.optional_integer(schedule, "duration", 0, ID_LIMIT)
        self.duration_s = -1
        if duration_s is not None and duration_s <= profiles.LONGEST_S:
            self.duration_s = duration_s
        start_s = fields.seconds(schedule, "startSchedule", None)
        # Checked and not used: it is the least the car can do with, not what it may have.
        if schedule.get("minChargingRate") is not None:
            fields.tenths(schedule, "minChargingRate", _MAX_DW)
        self._listed = fields.table(schedule, "chargingSchedulePeriod", list) or []
        if not self._listed:
            raise CallError(PROPERTY, "chargingSchedulePeriod: expected at least one period")
        self.periods = []
        self._begin(kind, round_, start_s, now_s)
        self._judge()

    def _begin(self, kind, round_, start_s, now_s):
        """When the schedule begins: `every` and `begin_s` of control.profiles."""
        self.begin_s = start_s or 0
        self.every = profiles.ONCE
        if kind == "Relative" or (
            start_s is None and kind == "Absolute" and self.purpose != profiles.CHARGE_POINT_MAX
        ):
            # Without startSchedule it is relative to the start of charging (1.6 ed. 2, 7.13).
            self.every = profiles.RELATIVE
            self.begin_s = 0
            if self.purpose == profiles.CHARGE_POINT_MAX:
                self.why = "ChargePointMaxProfile cannot be relative to a transaction"
        elif kind == "Recurring":
            self.every = profiles.WEEKLY if round_ == "Weekly" else profiles.DAILY
            if round_ is None:
                self.why = "Recurring without recurrencyKind"
            elif start_s is None:
                self.why = "Recurring without startSchedule"
        elif start_s is None:
            self.begin_s = now_s or 0
            if now_s is None:
                self.why = "no startSchedule, and the time of day is unknown"
        elif now_s is not None and 0 < start_s - now_s <= _CLOCKS_S:
            self.begin_s = now_s
            self._early_s = start_s - now_s
            if self.duration_s > 0:
                self.duration_s += self._early_s

    def _judge(self):
        if self.stack_level > profiles.MAX_STACK_LEVEL:
            self.why = "stackLevel above %d" % profiles.MAX_STACK_LEVEL
        elif len(self._listed) > profiles.MAX_PERIODS:
            self.why = "more than %d periods" % profiles.MAX_PERIODS
        elif self.transaction is not None and self.purpose != profiles.TX:
            self.why = "transactionId belongs to a TxProfile"

    def read_periods(self):
        """Check the periods, a few in each piece; at most one more than can be kept is read."""
        most = _MAX_DA if self.unit == profiles.AMPERES else _MAX_DW
        before_s = -1
        for entry in self._listed[: profiles.MAX_PERIODS + 1]:
            if not isinstance(entry, dict):
                raise CallError(PROPERTY, "chargingSchedulePeriod: expected objects")
            start_s = fields.integer(entry, "startPeriod", 0, profiles.LONGEST_S)
            if start_s <= before_s or (not self.periods and start_s):
                raise CallError(PROPERTY, "startPeriod: expected 0 first, then rising")
            before_s = start_s
            limit = fields.tenths(entry, "limit", most)
            phases = fields.optional_integer(entry, "numberPhases", 1, 3)
            self.periods.append((start_s, limit, phases or 0))
            if len(self.periods) % _PIECE == 0:
                yield
        self._listed = []

    def put_into(self, kept, connector):
        """Store in control.profiles.Profiles; the slot, or -1 when there is no room."""
        slot = kept.put(self.id, self.purpose, self.stack_level, connector)
        if slot >= 0:
            kept.times(
                slot,
                self.unit,
                self.every,
                self.begin_s,
                self.duration_s,
                self.from_s,
                self.until_s,
            )
            for start_s, limit, phases in self.periods:
                kept.period(slot, start_s and start_s + self._early_s, limit, phases)
        return slot
