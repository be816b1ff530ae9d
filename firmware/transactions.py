# SPDX-License-Identifier: MIT
"""Owner of the transaction: who may charge, when it starts, why it stops, what the meter said.

A transaction is one `Record`. Finished records wait here, in order, until the central system has
confirmed them; without a central system they are dropped when finished. All of them are kept in a
small journal file, so that a transaction which was open when the power went is stopped after boot
(reason PowerLoss, the meter's register) before anything new starts. The journal is written three
times in a transaction (start, number from the central system, stop), never in between.
"""

from micropython import const

from firmware.journal import Record, read_json, record_from, write_json

_MASK = const(0x3FFFFFFF)
_MAX_RECORDS = const(8)
_METER_WAIT_MS = const(10000)  # longest wait for the first answer of the meter
_METER_FRESH_MS = const(3000)
_SETTLE_MS = const(800)  # from contactor open to the final register: the meter refreshes at 200 ms
_STOP_MS = const(12000)  # an orderly stop takes 6 s and opening; then the register is read anyway
_REPEAT_MS = const(1500)  # a card held at the reader is one tap
_ASK_MS = const(60000)  # longest wait for the answer of Authorize

LOCAL = "Local"
REMOTE = "Remote"
EV_DISCONNECTED = "EVDisconnected"
POWER_LOSS = "PowerLoss"
DEAUTHORIZED = "DeAuthorized"


class Transactions:
    """`poll` about every 100 ms; `tap` when a card is read; the station calls the rest."""

    def __init__(self, app, path="transactions.json"):
        self._app = app
        self._path = path
        self.records = []  # oldest first; only the last can be open
        self.open = None  # the running record, also while it is being stopped
        self.stopping = None  # reason of the stop in progress
        self.id_tag = None  # accepted and waiting for the plug, or charging
        self.operative = True  # False: ChangeAvailability took the charger out of service
        self.spent = False  # a transaction ended and the car is still plugged in
        self.on_change = None  # called when a transaction begins or has ended
        self._asking = None  # id waiting for the answer of Authorize
        self._since_ms = 0  # when id_tag, _asking or stopping began
        self._settle_ms = 0  # last moment at which the contactor was seen closed
        self._tapped = None
        self._tapped_ms = 0
        self._plugged = False
        self._register_wh = 0
        self._boot_ms = app.now_ms()
        self._meter_seen = False
        self._load()

    # Inputs.

    def tap(self, id_tag):
        """A card was read: start, or stop the transaction this card has started."""
        id_tag = id_tag.strip() if isinstance(id_tag, str) else ""
        now_ms = self._app.now_ms()
        if not 0 < len(id_tag) <= 20 or any(not " " <= c <= "~" for c in id_tag):
            self._app.log.event("tap_ignored", why="not a card number of 1 to 20 characters")
            return
        if self._same(id_tag, self._tapped) and (now_ms - self._tapped_ms) & _MASK < _REPEAT_MS:
            return
        self._tapped = id_tag
        self._tapped_ms = now_ms
        self._app.log.event("tap", id_tag=id_tag)
        if self.open or self.id_tag is not None:
            if not self._same(id_tag, self.id_tag):
                self._app.log.event("tap_ignored", why="another card is in use")
            elif self.open:
                self.stop(LOCAL)
            else:
                self._forget("cancelled")
        elif self._asking is None and self.operative:
            self._ask(id_tag)

    def answer(self, id_tag, accepted):
        """The answer of Authorize for the id that was asked for."""
        if not self._same(id_tag, self._asking):
            return
        self._asking = None
        self._app.log.event("authorise", id_tag=id_tag, accepted=accepted)
        if accepted and not self.open:
            self._accept(id_tag)

    def remote_start(self, id_tag):
        """RemoteStartTransaction; False when the charger is taken."""
        if self.open or self.id_tag is not None or not self.operative or self._app.charger.fault:
            return False
        self._asking = None
        self._accept(id_tag)
        return True

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
        self.save()
        if not accepted and record is self.open:
            self.stop(DEAUTHORIZED)

    def delivered(self, record):
        """StopTransaction was answered or given up."""
        self.records.remove(record)
        self.save()

    # The clockwork.

    def poll(self, now_ms):
        """Look at the charger; start, stop and finish."""
        app = self._app
        app.clock.poll()
        if not self._meter(now_ms):
            return
        self._recover()
        plugged = app.charger.plugged
        if self._plugged and not plugged:
            self.stop(EV_DISCONNECTED)
            self.spent = False
            if not self.open and self.id_tag is not None:
                self._forget("unplugged")
        self._plugged = plugged
        if self._asking is not None and (now_ms - self._since_ms) & _MASK >= _ASK_MS:
            self.answer(self._asking, False)
        if self.open is None:
            self._begin(now_ms, plugged)
        elif self.stopping:
            self._finish(now_ms)

    def _begin(self, now_ms, plugged):
        """Start when card and plug have come together, in either order."""
        settings = self._app.settings
        if self.id_tag is None:
            if settings.authorisation != "free" or not plugged or self.spent or self._asking:
                return
            self.id_tag = settings.free_id_tag
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
            self._register_wh = readings.energy_wh
        elif not self._meter_seen:
            # A silent meter: go on with the register of the journal.
            self._meter_seen = (now_ms - self._boot_ms) & _MASK >= _METER_WAIT_MS
        return self._meter_seen

    def _ask(self, id_tag):
        station = self._app.station
        self._asking = id_tag
        self._since_ms = self._app.now_ms()
        if station is None:
            self.answer(id_tag, True)  # nobody to ask: the card itself is the key
        elif not station.authorize(id_tag):
            self.answer(id_tag, False)

    def _accept(self, id_tag):
        self.id_tag = id_tag
        self._since_ms = self._app.now_ms()

    def _forget(self, why):
        self._app.log.event("authorisation_ended", id_tag=self.id_tag, why=why)
        self.id_tag = None

    def _start(self):
        clock = self._app.clock
        record = Record(self.id_tag, self._register_wh, clock.uptime_s(), clock.now())
        if len(self.records) >= _MAX_RECORDS:
            self._app.log.event("transaction_lost", id_tag=self.records[0].id_tag)
            self.records.pop(0)
        self.records.append(record)
        self.open = record
        self.spent = False
        self.save()  # before energy flows: after a power cut somebody has to pay for it
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
        self._app.charger.authorise(False)
        self.save()
        self._changed()

    def _changed(self):
        if self.on_change:
            self.on_change()

    def _close(self, record, reason):
        clock = self._app.clock
        record.reason = reason
        record.stop_wh = max(record.start_wh, self._register_wh)
        record.stop_s = clock.uptime_s()
        record.stop_unix = clock.now()
        self._app.log.event(
            "transaction_stop", id_tag=record.id_tag, wh=record.stop_wh, reason=reason
        )
        if not self._app.settings.csms_url:
            self.records.remove(record)

    def _recover(self):
        """Close what was open when the power went; does nothing later on."""
        lost = None
        for record in self.records:
            if record.reason is None and record is not self.open:
                lost = record
        if lost is not None:
            self._close(lost, POWER_LOSS)
            self.save()

    @staticmethod
    def _same(a, b):
        """Card numbers are compared without regard to case (CiString20Type)."""
        return a is not None and b is not None and a.lower() == b.lower()

    # The journal.

    def save(self):
        """Write the journal; a full or broken flash is noted and charging goes on."""
        for record in self.records:
            record.times(self._app.clock)
        try:
            write_json(
                self._path,
                {"wh": self._register_wh, "records": [r.to_list() for r in self.records]},
            )
        except OSError as error:
            self._app.log.event("journal_failed", path=self._path, why=str(error))

    def _load(self):
        journal = read_json(self._path)
        if journal is None:
            return
        try:
            self._register_wh = int(journal["wh"])
            self.records = [record_from(entry) for entry in journal["records"]]
        except (KeyError, TypeError, ValueError) as error:
            self.records = []
            self._app.log.event("journal_failed", path=self._path, why=repr(error))
