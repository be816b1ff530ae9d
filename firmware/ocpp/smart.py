# SPDX-License-Identifier: MIT
"""Smart charging of OCPP 1.6: keeps the profiles, and hands their limit to the charger.

TxProfiles belong to the running transaction and end with it; one that comes with
RemoteStartTransaction waits for its transaction. The others survive a restart (smart_store.py);
until the time of day is known again the floor below holds. How profiles come in is in
schedules.py, which is loaded for that only.
"""

from micropython import const

from control import limits, profiles
from control.profiles import Profiles
from firmware.clock import EPOCH_2020
from firmware.ocpp.smart_store import ProfileStore

# The service renews its offer every second. If it dies, nobody would see the schedule's next
# step down: after this long the charger falls to the least a pilot can say, or stays below.
TTL_MS = const(15000)
FLOOR_MA = const(6000)


class SmartCharging:
    """Owner of the profiles. `poll` about once a second, connected or not."""

    def __init__(self, app, _station=None):
        self._app = app
        self.busy = False  # a request is being worked on, in pieces
        self.profiles = Profiles()
        self.store = ProfileStore(self.profiles, app.log.event)
        self._asked_phases = 0  # phases last requested for a profile, 0 = none
        self._offered = False
        self.record = None  # the transaction that was running at the last look
        self.waiting = None  # Profile of a remote start whose transaction has not begun

    def idle(self):
        """No profile is stored or expected, and nothing is left to be written."""
        if self.profiles.count() or self.waiting is not None or self._offered or self.busy:
            return False
        if not self.store.idle(self._app.clock.uptime_s()):
            return False
        if self._app.transactions:
            self._app.transactions.on_change = None
        return True

    def now_s(self):
        """Seconds since 2020, or None."""
        unix_s = self._app.clock.now()
        return None if unix_s is None else unix_s - EPOCH_2020

    def begun_s(self, now_s):
        """When the running transaction began. Counted in uptime: the clock may be put right."""
        if self.record is None:
            return profiles.NO_TRANSACTION
        return now_s - (self._app.clock.uptime_s() - self.record.start_s)

    # What the charger gets.

    def poll(self):
        """Evaluate and offer: the limit with an expiry, the number of phases when it changes."""
        self.follow_transaction()
        self._offer()
        self.store.flush(self._app.clock.uptime_s())

    def _offer(self):
        charger = self._app.charger
        now_s = self.now_s()
        if not self.profiles.count():
            if self._offered:
                charger.limits.withdraw(limits.OCPP)
                self._offered = False
                self._ask_phases(0)
            return
        if now_s is None:
            ma = FLOOR_MA  # which period holds is not known
        else:
            self.profiles.evaluate(now_s, self.begun_s(now_s))
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

    def follow_transaction(self):
        """Begin and end TxProfiles with their transaction."""
        transactions = self._app.transactions
        record = transactions.open if transactions else None
        if record is not self.record:
            self.record = record
            removed = self.profiles.clear(purpose=profiles.TX)
            if removed:
                self._app.log.event("profile_cleared", count=removed)
        if record is not None and self.waiting is not None:
            waiting = self.waiting
            self.waiting = None
            if waiting.put_into(self.profiles, 1) < 0:
                self._app.log.event("profile_rejected", id=waiting.id, why="no room")

    def load(self):
        """Take in again what was kept before a restart."""
        self.store.load()
        if self._app.transactions:
            self._app.transactions.on_change = self.poll
        self._offer()
