# SPDX-License-Identifier: MIT
"""Smart charging of OCPP 1.6: takes profiles in, and hands their limit to the charger.

Absolute ChargePointMaxProfile and TxDefaultProfile are kept; anything else is refused as a whole,
with one clear answer, before a single field is stored. Profiles survive a restart (errata 4.0
3.37), one small file each; until the time of day is known again the floor below holds.
"""

import os

from micropython import const

from control import limits, profiles
from control.profiles import Profiles
from firmware.clock import EPOCH_2020, format_iso
from firmware.journal import read_json, write_json
from firmware.ocpp import fields
from firmware.ocpp.rpc import PROPERTY, CallError

_PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
_KINDS = ("Absolute", "Recurring", "Relative")
_UNITS = ("A", "W")
_ID_LIMIT = const(0x3FFFFFFF)
_DAYS_400_S = const(34560000)
_MAX_DA = const(10000)
_MAX_DW = const(10000000)
_FILE = "profile%d.json"

# The service renews its offer every second. If it dies, nobody would see the schedule's next
# step down: after this long the charger falls to the least a pilot can say, or stays below.
TTL_MS = const(15000)
FLOOR_MA = const(6000)


class SmartCharging:
    """Owner of the profiles. `poll` about once a second, connected or not."""

    def __init__(self, app):
        self._app = app
        self.profiles = Profiles()
        self._asked_phases = 0  # phases last requested for a profile, 0 = none
        self._offered = False
        self._loading = -1  # number of the file being loaded

    def _now_s(self):
        unix_s = self._app.clock.now()
        return None if unix_s is None else unix_s - EPOCH_2020

    def poll(self):
        """Evaluate and offer: the limit with an expiry, the number of phases when it changes."""
        charger = self._app.charger
        now_s = self._now_s()
        if not self.profiles.count():
            if self._offered:
                charger.limits.withdraw(limits.OCPP)
                self._offered = False
                self._ask_phases(0)
            return
        if now_s is None:
            ma = FLOOR_MA  # which period holds is not known
        else:
            self.profiles.evaluate(now_s)
            ma = self.profiles.offer_ma(charger.phases)
            if ma == profiles.NO_LIMIT:
                ma = limits.NO_LIMIT
        charger.limits.offer(
            limits.OCPP, ma, self._app.now_ms(), TTL_MS, ma if ma < FLOOR_MA else FLOOR_MA
        )
        self._offered = True
        if now_s is not None:
            self._ask_phases(self.profiles.phases)

    def _ask_phases(self, phases):
        if phases == self._asked_phases:
            return
        self._asked_phases = phases
        if phases not in (1, 3):
            phases = self._app.settings.phases  # no wish any more: back to the usual
        if phases <= self._app.settings.phases:
            self._app.charger.request_phases(phases)

    def load(self):
        """Take in again what was kept before a restart."""
        for slot in range(profiles.MAX_PROFILES):
            payload = read_json(_FILE % slot)
            if isinstance(payload, dict):
                self._loading = slot
                try:
                    self.set_profile(payload)
                except CallError as error:
                    self._app.log.event("profile_rejected", why=error.description)
        self._loading = -1
        self._keep(-1, None)

    def _keep(self, slot, payload):
        """Write the file of one slot, remove the files of slots that have become free."""
        try:
            if self._loading >= 0:
                if slot != self._loading:  # an earlier file was damaged: close the gap
                    os.rename(_FILE % self._loading, _FILE % slot)
                return
            if slot >= 0 and read_json(_FILE % slot) != payload:
                write_json(_FILE % slot, payload)
            names = os.listdir()
            for free in range(profiles.MAX_PROFILES):
                if self.profiles.is_free(free) and _FILE % free in names:
                    os.remove(_FILE % free)
        except OSError as error:
            self._app.log.event("profile_not_kept", why=str(error))

    def set_profile(self, payload):
        """SetChargingProfile.req -> .conf."""
        connector = fields.integer(payload, "connectorId", 0, 1)
        profile = fields.table(payload, "csChargingProfiles", dict)
        profile_id = fields.integer(profile, "chargingProfileId", -_ID_LIMIT, _ID_LIMIT)
        stack_level = fields.integer(profile, "stackLevel", 0, _ID_LIMIT)
        purpose = fields.choice(profile, "chargingProfilePurpose", _PURPOSES)
        kind = fields.choice(profile, "chargingProfileKind", _KINDS)
        schedule = fields.table(profile, "chargingSchedule", dict)
        now_s = self._now_s()
        begin_s = fields.seconds(schedule, "startSchedule", now_s)
        duration_s = fields.optional_integer(schedule, "duration", 0, _ID_LIMIT)
        unit = _UNITS.index(fields.choice(schedule, "chargingRateUnit", _UNITS))
        from_s = fields.seconds(profile, "validFrom", -_ID_LIMIT)
        until_s = fields.seconds(profile, "validTo", profiles.NEVER)
        periods = _periods(schedule, unit)
        purpose = _PURPOSES.index(purpose)
        why = None
        if purpose not in (profiles.CHARGE_POINT_MAX, profiles.TX_DEFAULT):
            why = "purpose TxProfile is not supported"
        elif kind != "Absolute":
            why = "kind %s is not supported" % kind
        elif purpose == profiles.CHARGE_POINT_MAX and connector != 0:
            why = "ChargePointMaxProfile belongs to connector 0"
        elif stack_level > profiles.MAX_STACK_LEVEL:
            why = "stackLevel above %d" % profiles.MAX_STACK_LEVEL
        elif begin_s is None:
            why = "no startSchedule, and the time of day is unknown"
        elif len(periods) > profiles.MAX_PERIODS:
            why = "more than %d periods" % profiles.MAX_PERIODS
        elif not self.profiles.has_room(profile_id, purpose, stack_level, connector):
            why = "more than %d profiles" % profiles.MAX_PROFILES
        if why:
            self._app.log.event("profile_rejected", id=profile_id, why=why)
            return {"status": "Rejected"}
        slot = self.profiles.put(profile_id, purpose, stack_level, connector)
        end_open = -1 if duration_s is None else duration_s
        self.profiles.times(slot, unit, begin_s, end_open, from_s, until_s)
        for start_s, limit, phases in periods:
            self.profiles.period(slot, start_s, limit, phases)
        self._app.log.event("profile_set", id=profile_id, stack_level=stack_level)
        schedule["startSchedule"] = format_iso(begin_s + EPOCH_2020)
        self._keep(slot, payload)
        self.poll()
        return {"status": "Accepted"}

    def clear_profile(self, payload):
        """ClearChargingProfile.req -> .conf."""
        profile_id = fields.optional_integer(payload, "id", -_ID_LIMIT, _ID_LIMIT)
        connector = fields.optional_integer(payload, "connectorId", 0, _ID_LIMIT)
        purpose = fields.choice(payload, "chargingProfilePurpose", _PURPOSES, False)
        stack_level = fields.optional_integer(payload, "stackLevel", 0, _ID_LIMIT)
        removed = self.profiles.clear(
            profile_id,
            None if purpose is None else _PURPOSES.index(purpose),
            stack_level,
            connector,
        )
        self._app.log.event("profile_cleared", count=removed)
        self._keep(-1, None)
        self.poll()
        return {"status": "Accepted" if removed else "Unknown"}

    def composite(self, payload):
        """GetCompositeSchedule.req -> .conf, without startSchedule (errata 4.0 3.57)."""
        connector = fields.integer(payload, "connectorId", 0, _ID_LIMIT)
        duration_s = fields.integer(payload, "duration", 0, _ID_LIMIT)
        unit_name = fields.choice(payload, "chargingRateUnit", _UNITS, False) or "A"
        now_s = self._now_s()
        if connector > 1 or now_s is None:
            return {"status": "Rejected"}
        app = self._app
        periods, covered_s = self.profiles.composite(
            now_s,
            min(duration_s, _DAYS_400_S),
            _UNITS.index(unit_name),
            app.settings.max_current_ma // 100,
            app.settings.phases,
        )
        self.profiles.evaluate(now_s)
        listed = []
        for start_s, limit, phases in periods:
            period = {"startPeriod": start_s, "limit": limit / 10}
            if phases:
                period["numberPhases"] = phases
            listed.append(period)
        result = {"status": "Accepted", "connectorId": connector}
        result["scheduleStart"] = format_iso(now_s + EPOCH_2020)
        if listed:
            result["chargingSchedule"] = {
                "duration": covered_s,
                "chargingRateUnit": unit_name,
                "chargingSchedulePeriod": listed,
            }
        return result


def _periods(schedule, unit):
    """Checked list of (start s, limit in 0.1, phases); at most one more than can be kept."""
    periods = []
    before_s = -1
    listed = fields.table(schedule, "chargingSchedulePeriod", list)
    if not listed:
        raise CallError(PROPERTY, "chargingSchedulePeriod: expected at least one period")
    for entry in listed[: profiles.MAX_PERIODS + 1]:
        if not isinstance(entry, dict):
            raise CallError(PROPERTY, "chargingSchedulePeriod: expected objects")
        start_s = fields.integer(entry, "startPeriod", 0, _ID_LIMIT)
        if start_s <= before_s or (not periods and start_s):
            raise CallError(PROPERTY, "startPeriod: expected 0 first, then rising")
        before_s = start_s
        limit = fields.tenths(entry, "limit", _MAX_DA if unit == profiles.AMPERES else _MAX_DW)
        phases = fields.optional_integer(entry, "numberPhases", 1, 3)
        periods.append((start_s, limit, phases or 0))
    return periods
