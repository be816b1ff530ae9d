# SPDX-License-Identifier: MIT
"""Smart charging of OCPP 1.6: takes profiles in, and hands their limit to the charger.

A profile is taken as a whole or refused as a whole, with one clear answer, before a single field
is stored. TxProfiles belong to the running transaction and end with it; one that comes with
RemoteStartTransaction waits for its transaction. The others survive a restart (smart_store.py);
until the time of day is known again the floor below holds.
"""

from micropython import const

from control import limits, profiles
from control.composite import Composite
from control.profiles import Profiles
from firmware.clock import EPOCH_2020, format_iso
from firmware.ocpp import fields
from firmware.ocpp.smart_fields import ID_LIMIT, PURPOSES, UNITS, Profile
from firmware.ocpp.smart_store import ProfileStore

_DAYS_400_S = const(34560000)

# The service renews its offer every second. If it dies, nobody would see the schedule's next
# step down: after this long the charger falls to the least a pilot can say, or stays below.
TTL_MS = const(15000)
FLOOR_MA = const(6000)


class SmartCharging:
    """Owner of the profiles. `poll` about once a second, connected or not."""

    def __init__(self, app, _station=None):
        self._app = app
        self._busy = False  # a request is being worked on, in pieces
        self.profiles = Profiles()
        self._store = ProfileStore(self.profiles, app.log.event)
        self._asked_phases = 0  # phases last requested for a profile, 0 = none
        self._offered = False
        self._record = None  # the transaction that was running at the last look
        self._waiting = None  # Profile of a remote start whose transaction has not begun

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
                self._busy = False

        def begin(payload):
            self._busy = True
            return pieces(payload)

        return begin

    def idle(self):
        """No profile is stored or expected, and nothing is left to be written."""
        if self.profiles.count() or self._waiting is not None or self._offered or self._busy:
            return False
        if not self._store.idle(self._app.clock.uptime_s()):
            return False
        if self._app.transactions:
            self._app.transactions.on_change = None
        return True

    def _now_s(self):
        unix_s = self._app.clock.now()
        return None if unix_s is None else unix_s - EPOCH_2020

    def _begun_s(self, now_s):
        """When the running transaction began. Counted in uptime: the clock may be put right."""
        if self._record is None:
            return profiles.NO_TRANSACTION
        return now_s - (self._app.clock.uptime_s() - self._record.start_s)

    # What the charger gets.

    def poll(self):
        """Evaluate and offer: the limit with an expiry, the number of phases when it changes."""
        self._follow_transaction()
        self._offer()
        self._store.flush(self._app.clock.uptime_s())

    def _offer(self):
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
            self.profiles.evaluate(now_s, self._begun_s(now_s))
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
        if phases == 0:
            phases = self._app.settings.phases  # no wish any more: back to the usual
        elif phases == 2:
            phases = 1  # there is no such relay, and never more than allowed
        if phases <= self._app.settings.phases:
            self._app.charger.request_phases(phases)

    def _follow_transaction(self):
        """Begin and end TxProfiles with their transaction."""
        transactions = self._app.transactions
        record = transactions.open if transactions else None
        if record is not self._record:
            self._record = record
            removed = self.profiles.clear(purpose=profiles.TX)
            if removed:
                self._app.log.event("profile_cleared", count=removed)
        if record is not None and self._waiting is not None:
            waiting = self._waiting
            self._waiting = None
            if waiting.put_into(self.profiles, 1) < 0:
                self._app.log.event("profile_rejected", id=waiting.id, why="no room")

    # What the central system sends.

    def load(self):
        """Take in again what was kept before a restart."""
        self._store.load()
        if self._app.transactions:
            self._app.transactions.on_change = self.poll
        self._offer()

    def set_profile(self, payload):
        """SetChargingProfile.req -> .conf, in one go."""
        return finished(self.set_profile_pieces(payload))

    def set_profile_pieces(self, payload):
        """The same in pieces of a few milliseconds; nothing is stored before the last."""
        connector = fields.integer(payload, "connectorId", 0, 1)
        table = fields.table(payload, "csChargingProfiles", dict)
        profile = Profile(table, self._now_s())
        for _ in profile.read_periods():
            yield
        why = profile.why or self._unfit(profile, connector)
        slot = -1
        if why is None:
            slot = profile.put_into(self.profiles, connector)
            if slot < 0:
                why = "more than %d profiles" % profiles.MAX_PROFILES
        if why:
            self._app.log.event("profile_rejected", id=profile.id, why=why)
            return {"status": "Rejected"}
        self._app.log.event("profile_set", id=profile.id, stack_level=profile.stack_level)
        self._store.changed(slot)
        self.poll()
        return {"status": "Accepted"}

    def _unfit(self, profile, connector):
        """Why a profile does not belong where it was sent, or None."""
        if profile.purpose == profiles.CHARGE_POINT_MAX:
            return None if connector == 0 else "ChargePointMaxProfile belongs to connector 0"
        if profile.purpose == profiles.TX_DEFAULT:
            return None
        if connector == 0:
            return "TxProfile belongs to a connector"
        self._follow_transaction()
        if self._record is None:
            return "TxProfile without a transaction"
        if profile.transaction not in (None, self._record.number):
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
        """Hold a checked profile for the transaction that begins next; None drops it."""
        self._waiting = None if table is None else self._whole(table)

    def _whole(self, table):
        """A Profile, read in one go."""
        profile = Profile(table, self._now_s())
        for _ in profile.read_periods():
            pass
        return profile

    def clear_profile(self, payload):
        """ClearChargingProfile.req -> .conf."""
        profile_id = fields.optional_integer(payload, "id", -ID_LIMIT, ID_LIMIT)
        connector = fields.optional_integer(payload, "connectorId", 0, ID_LIMIT)
        purpose = fields.choice(payload, "chargingProfilePurpose", PURPOSES, False)
        stack_level = fields.optional_integer(payload, "stackLevel", 0, ID_LIMIT)
        removed = self.profiles.clear(
            profile_id,
            None if purpose is None else PURPOSES.index(purpose),
            stack_level,
            connector,
        )
        self._app.log.event("profile_cleared", count=removed)
        self._store.look()
        self.poll()
        return {"status": "Accepted" if removed else "Unknown"}

    def composite(self, payload):
        """GetCompositeSchedule.req -> .conf, in one go."""
        return finished(self.composite_pieces(payload))

    def composite_pieces(self, payload):
        """The same in pieces of a few milliseconds; without startSchedule (errata 4.0 3.57).

        The one connector takes all there is, so connector 0 and 1 have the same schedule.
        """
        connector = fields.integer(payload, "connectorId", 0, ID_LIMIT)
        duration_s = fields.integer(payload, "duration", 0, ID_LIMIT)
        unit_name = fields.choice(payload, "chargingRateUnit", UNITS, False) or "A"
        now_s = self._now_s()
        if connector > 1 or now_s is None:
            return {"status": "Rejected"}
        self._follow_transaction()
        settings = self._app.settings
        work = Composite(
            self.profiles,
            now_s,
            self._begun_s(now_s) if self._record is not None else now_s,
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
