# SPDX-License-Identifier: MIT
"""Requests about charging profiles: set, clear, and what comes of them all.

A profile is taken as a whole or refused as a whole, with one clear answer, before a single field
is stored. Loaded for such a request only; smart.py goes on with what was stored.
"""

from micropython import const

from control import profiles
from control.composite import Composite
from firmware.clock import EPOCH_2020, format_iso
from firmware.ocpp import fields
from firmware.ocpp.smart_fields import ID_LIMIT, PURPOSES, UNITS, Profile

_DAYS_400_S = const(34560000)


class Schedules:
    """The three handlers."""

    def __init__(self, app, station):
        self._app = app
        self._station = station

    def _smart(self):
        return self._station.need("smart")

    def handlers(self):
        """{action: handler}"""
        return {
            "ClearChargingProfile": self.clear_profile,
            "GetCompositeSchedule": self._working(self.composite_pieces),
            "SetChargingProfile": self._working(self.set_profile_pieces),
        }

    def _working(self, handler):
        """The handler, with a note that its answer comes in pieces."""

        def pieces(payload):
            try:
                return (yield from handler(payload))
            finally:
                self._smart().busy = False

        def begin(payload):
            self._smart().busy = True
            return pieces(payload)

        return begin

    def idle(self):
        """Nothing is kept here."""
        return self._station.smart is None or not self._station.smart.busy

    def set_profile(self, payload):
        """SetChargingProfile.req -> .conf, in one go."""
        return finished(self.set_profile_pieces(payload))

    def set_profile_pieces(self, payload):
        """The same in pieces of a few milliseconds; nothing is stored before the last."""
        smart = self._smart()
        connector = fields.integer(payload, "connectorId", 0, 1)
        table = fields.table(payload, "csChargingProfiles", dict)
        profile = Profile(table, smart.now_s())
        for _ in profile.read_periods():
            yield
        why = profile.why or self._unfit(profile, connector)
        slot = -1
        if why is None:
            slot = profile.put_into(smart.profiles, connector)
            if slot < 0:
                why = "more than %d profiles" % profiles.MAX_PROFILES
        if why:
            self._app.log.event("profile_rejected", id=profile.id, why=why)
            return {"status": "Rejected"}
        self._app.log.event("profile_set", id=profile.id, stack_level=profile.stack_level)
        smart.store.changed(slot)
        smart.poll()
        return {"status": "Accepted"}

    def _unfit(self, profile, connector):
        """Why a profile does not belong where it was sent, or None."""
        smart = self._smart()
        if profile.purpose == profiles.CHARGE_POINT_MAX:
            return None if connector == 0 else "ChargePointMaxProfile belongs to connector 0"
        if profile.purpose == profiles.TX_DEFAULT:
            return None
        if connector == 0:
            return "TxProfile belongs to a connector"
        smart.follow_transaction()
        if smart.record is None:
            return "TxProfile without a transaction"
        if profile.transaction not in (None, smart.record.number):
            return "TxProfile of another transaction"
        return None

    def check_remote(self, table):
        """Why the profile of a RemoteStartTransaction is not acceptable, or None."""
        if not isinstance(table, dict):
            return "chargingProfile is no object"
        profile = self._whole(table)
        if profile.purpose != profiles.TX:
            return "chargingProfile is no TxProfile"
        if profile.transaction is not None:
            return "chargingProfile of a transaction that has not begun"
        return profile.why

    def remote_profile(self, table):
        """Hold a checked profile for the transaction that begins next."""
        self._smart().waiting = self._whole(table)

    def _whole(self, table):
        """A Profile, read in one go."""
        profile = Profile(table, self._smart().now_s())
        for _ in profile.read_periods():
            pass
        return profile

    def clear_profile(self, payload):
        """ClearChargingProfile.req -> .conf."""
        smart = self._smart()
        profile_id = fields.optional_integer(payload, "id", -ID_LIMIT, ID_LIMIT)
        connector = fields.optional_integer(payload, "connectorId", 0, ID_LIMIT)
        purpose = fields.choice(payload, "chargingProfilePurpose", PURPOSES, False)
        stack_level = fields.optional_integer(payload, "stackLevel", 0, ID_LIMIT)
        removed = smart.profiles.clear(
            profile_id,
            None if purpose is None else PURPOSES.index(purpose),
            stack_level,
            connector,
        )
        self._app.log.event("profile_cleared", count=removed)
        smart.store.look()
        smart.poll()
        return {"status": "Accepted" if removed else "Unknown"}

    def composite(self, payload):
        """GetCompositeSchedule.req -> .conf, in one go."""
        return finished(self.composite_pieces(payload))

    def composite_pieces(self, payload):
        """The same in pieces of a few milliseconds; without startSchedule (errata 4.0 3.57).

        The one connector takes all there is, so connector 0 and 1 have the same schedule.
        """
        smart = self._smart()
        connector = fields.integer(payload, "connectorId", 0, ID_LIMIT)
        duration_s = fields.integer(payload, "duration", 0, ID_LIMIT)
        unit_name = fields.choice(payload, "chargingRateUnit", UNITS, False) or "A"
        now_s = smart.now_s()
        if connector > 1 or now_s is None:
            return {"status": "Rejected"}
        smart.follow_transaction()
        settings = self._app.settings
        work = Composite(
            smart.profiles,
            now_s,
            smart.begun_s(now_s) if smart.record is not None else now_s,
            min(duration_s, _DAYS_400_S),
            UNITS.index(unit_name),
            settings.max_current_ma // 100,
            settings.phases,
        )
        while not work.done:
            work.step()
            yield
        result = {"status": "Accepted", "connectorId": connector}
        result["scheduleStart"] = format_iso(now_s + EPOCH_2020)
        if work.periods:
            result["chargingSchedule"] = {
                "duration": work.covered_s,
                "chargingRateUnit": unit_name,
                "chargingSchedulePeriod": [_listed(*period) for period in work.periods],
            }
        return result


def finished(pieces):
    """What a generator returns, all at once."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return end.value


def _listed(start_s, limit, phases):
    """One period as the message has it."""
    period = {"startPeriod": start_s, "limit": limit / 10}
    if phases:
        period["numberPhases"] = phases
    return period
