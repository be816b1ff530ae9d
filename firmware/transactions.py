# SPDX-License-Identifier: MIT
"""Owner of the transaction: who may charge, when it starts, why it stops, what the meter said.

A transaction is one `Record`. Finished records wait in the ledger, in order, until the central
system has confirmed them; without a central system they are dropped when finished. All of them are
kept in flash, so that a transaction which was open when the power went is stopped after boot
(reason PowerLoss, the meter's register) before anything new starts, or goes on with the same car
where the settings say so (after_power_loss). A record is written at its
start, with its number from the central system, every quarter of an hour, and at its stop.
"""

from micropython import const

from firmware.cards import Cards
from firmware.journal import Record
from firmware.ledger import Ledger
from firmware.register import Register

_MASK = const(0x3FFFFFFF)
_KEEP_S = const(900)  # how old the register in flash may be if meter and power fail together
_METER_WAIT_MS = const(10000)  # longest wait for the first answer of the meter
_METER_FRESH_MS = const(3000)
_SETTLE_MS = const(800)  # from contactor open to the final register: the meter refreshes at 200 ms
_STOP_MS = const(12000)  # an orderly stop takes 6 s and opening; then the register is read anyway
_CAR_WAIT_MS = const(5000)  # after boot, before "no car" is believed (WARP)
_ASK_MS = const(60000)  # longest wait for the answer of Authorize

REMOTE = "Remote"
EV_DISCONNECTED = "EVDisconnected"
POWER_LOSS = "PowerLoss"
DEAUTHORIZED = "DeAuthorized"


class Transactions(Cards):
    """`poll` about every 100 ms; `tap` when a card is read; the station calls the rest."""

    def __init__(self, app):
        super().__init__(app)
        self._ledger = Ledger(app.log.event)
        self.records = self._ledger.records  # in memory, oldest first; only the last can be open
        self.stopping = None  # reason of the stop in progress
        self.spent = False  # a transaction ended and the car is still plugged in
        self.on_change = None  # called when a transaction begins or has ended
        self.plugged_ms = 0  # when the car was plugged in
        self._invalid_wh = None  # register when the central system refused the running card
        self._settle_ms = 0  # last moment at which the contactor was seen closed
        self._plugged = False
        self.register = Register(app.log.event)
        self._boot_ms = app.now_ms()
        self._meter_seen = False
        self._kept_s = 0  # uptime at which the running record was last written
        self._ledger.load()
        self.register.at_least(self._ledger.highest_wh)

    def pending(self):
        """How many transactions the central system has not confirmed yet."""
        return self._ledger.pending()

    # Inputs.

    def remote_stop(self, number):
        """RemoteStopTransaction; False when no running transaction has this number."""
        if self.open is None or self.stopping or self.open.number != number:
            return False
        self.stop(REMOTE)
        return True

    def stop(self, reason):
        """Stop in order: no more energy, then, once the contactor is open, the register."""
        if self.open is None or self.stopping:
            return
        self.stopping = reason
        self.spent = True
        self._since_ms = self._settle_ms = self._app.now_ms()
        self._app.charger.authorise(False)

    # The central system's part.

    def started(self, record, number, accepted):
        """StartTransaction was answered (number -1: refused for good)."""
        record.number = number
        record.failures = 0
        self.save(record)
        if record is not self.open:
            return
        self.parent = record.parent
        if not accepted and self._app.station.stops_on_invalid_id():
            self.stop(DEAUTHORIZED)
        elif not accepted and self._invalid_wh is None:
            self._invalid_wh = self.register.wh

    def delivered(self, record):
        """StopTransaction was answered or given up."""
        self._ledger.remove(record)

    # The clockwork.

    def poll(self, now_ms):
        """Look at the charger; start, stop and finish."""
        app = self._app
        app.clock.poll()
        if not self._meter(now_ms) or not self._recover(now_ms):
            return
        plugged = app.charger.plugged
        self._plug(now_ms, plugged)
        if self._asking is not None and (now_ms - self._since_ms) & _MASK >= _ASK_MS:
            self.answer(self._asking, False)
        if self.open is None:
            self._begin(now_ms, plugged)
        elif self.stopping:
            self._finish(now_ms)
        else:
            if self._invalid_wh is not None:
                self._ration()
            self._keep(self.open)

    def _plug(self, now_ms, plugged):
        """See the car come and go."""
        if plugged == self._plugged:
            return
        self._plugged = plugged
        running = self.open and not self.stopping
        if plugged:
            self.plugged_ms = now_ms
            if running and self._invalid_wh is None:
                self._app.charger.authorise(True)  # the car is back
            return
        station = self._app.station
        if station is None or station.stops_on_unplug():
            self.stop(EV_DISCONNECTED)
        elif running:
            self._app.charger.authorise(False)
        self.spent = False
        if not self.open and self.id_tag is not None:
            self._forget("unplugged")

    def _ration(self):
        """A card that was refused after the start gets so much energy and no more."""
        allowed_wh = self._app.station.energy_on_invalid_id_wh()
        if (
            self.register.wh - (self._invalid_wh or 0) >= allowed_wh
            and self._app.charger.authorised
        ):
            self._app.log.event("energy_ended", id_tag=self.id_tag, why="card refused")
            self._app.charger.authorise(False)

    def _begin(self, now_ms, plugged):
        """Start when card and plug have come together, in either order."""
        settings = self._app.settings
        if self.id_tag is None:
            if settings.authorisation != "free" or not plugged or self.spent or self._asking:
                return
            if not self._may_start(settings.free_id_tag, None):
                return
            self.id_tag = settings.free_id_tag
            self.parent = None
        if plugged:
            if self.operative and not self._app.charger.fault:
                self._start()
        elif (now_ms - self._since_ms) & _MASK >= settings.connection_timeout_s * 1000:
            self._forget("timeout")

    def _meter(self, now_ms):
        """True once the register can be believed: never bill a register that was not read."""
        readings = self._app.board.readings
        # Meters answer block by block: zero is "not read yet" before it is a brand-new meter.
        if readings.meter_age_ms < _METER_FRESH_MS and readings.energy_wh:
            self._meter_seen = True
            self.register.take(readings.energy_wh, self._app.clock.uptime_s())
        elif not self._meter_seen:
            # A silent meter: go on with the register of the journal.
            self._meter_seen = (now_ms - self._boot_ms) & _MASK >= _METER_WAIT_MS
        return self._meter_seen

    def _start(self):
        clock = self._app.clock
        record = Record(self.id_tag, self.register.wh, clock.uptime_s(), clock.now())
        record.parent = self.parent
        if self._app.station:
            self._app.station.transaction_began(record)
        self._ledger.add(record)
        self.open = record
        self._invalid_wh = None
        self.spent = False
        self.save(record)  # before energy flows: after a power cut somebody has to pay for it
        self._changed()
        self._app.charger.authorise(True)
        self._app.log.event("transaction_start", id_tag=record.id_tag, wh=record.start_wh)

    def _finish(self, now_ms):
        if self._app.charger.command.contactor:
            self._settle_ms = now_ms
        waited_ms = (now_ms - self._since_ms) & _MASK
        if (now_ms - self._settle_ms) & _MASK >= _SETTLE_MS or waited_ms >= _STOP_MS:
            self.close(self.stopping)

    def close(self, reason):
        """End the open transaction with the register of now (used directly before a reset)."""
        if self.open is None:
            return
        self._close(self.open, reason)
        if not self.stopping:
            self.spent = self._plugged
        self.open = None
        self.stopping = None
        self.id_tag = None
        self._asking = None
        self._app.charger.authorise(False)
        self._changed()

    def _changed(self):
        if self.on_change:
            self.on_change()

    def _close(self, record, reason):
        clock = self._app.clock
        record.reason = reason
        record.stop_wh = max(record.start_wh, record.stop_wh, self.register.wh)
        record.stop_s = clock.uptime_s()
        record.stop_unix = clock.now()
        if self._app.station and record is self.open:
            self._app.station.transaction_ended(record)
        self._app.log.event(
            "transaction_stop", id_tag=record.id_tag, wh=record.stop_wh, reason=reason
        )
        if self._app.settings.csms_url:
            self.save(record)
        else:
            self._ledger.remove(record)

    def _recover(self, now_ms):
        """Close or go on with what was open when the power went; False while that is open.

        Going on is a choice of the settings, and only for a car that is there when the pilot
        has been seen: somebody who came meanwhile has a card of their own to show.
        """
        lost = None
        for record in self.records:
            if record.reason is None and record is not self.open:
                lost = record
        if lost is None:
            return True
        if self._app.settings.after_power_loss == "resume" and self.open is None:
            if self._app.charger.plugged and lost is self.records[-1]:
                self._resume(lost)
                return True
            if (now_ms - self._boot_ms) & _MASK < _CAR_WAIT_MS:
                return False
        self._close(lost, POWER_LOSS)
        return True

    def _resume(self, record):
        self.open = record
        self.id_tag = record.id_tag
        self.parent = record.parent
        self._plugged = True
        self._changed()
        self._app.charger.authorise(True)
        self._app.log.event("transaction_resumed", id_tag=record.id_tag, wh=record.start_wh)

    # The journal.

    def save(self, record):
        """Write a record; a full or broken flash is noted and charging goes on."""
        self._kept_s = self._app.clock.uptime_s()
        if not record.times(self._app.clock):  # which would have written it
            self._ledger.save(record)

    def _keep(self, record):
        """Now and then note how far the register has come."""
        if self._app.clock.uptime_s() - self._kept_s >= _KEEP_S:
            record.stop_wh = self.register.wh
            self.save(record)
