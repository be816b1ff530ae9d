# SPDX-License-Identifier: MIT
"""A session with three transactions whose power is cut once, anywhere; what comes of it.

The world (car, meter, central system, flash) goes on; the charger boots again three seconds
later. Online the central system is there all the time; offline it comes when all is over, and
with it the time of day.
"""

from firmware import journal, ledger
from firmware.ocpp import delivery
from firmware.transactions import Transactions
from tests_host.cpython.ocpp_flash import Csms, Flash, PowerCut
from tests_host.firmware.fake_app import FakeApp

STEP_MS = 100
UNIX = 1745835300  # when the world begins
# Seconds at which the car is plugged in and out.
PLUGGED = ((1, 7), (10, 16), (19, 25))
CARDS = ("CARD1", "CARD2", "CARD3")
REMOTE_STOP_S = 14
ONLINE_S = 40
END_S = 60
DARK_S = 3


class Station:
    """Only what transactions and delivery ask a station for."""

    def __init__(self):
        self.authorise = self
        self.config = self

    def stops_on_unplug(self):
        return True

    def stops_on_invalid_id(self):
        return True

    def energy_on_invalid_id_wh(self):
        return 0

    def may_start(self, id_tag, parent):
        return True

    def begin(self, id_tag):
        """Nobody is asked here: the cards are remote starts."""

    def told(self, *_):
        """An answer about a card."""

    def start_forgotten(self):
        """A start that came to nothing."""

    def transaction_began(self, record):
        """Take note of nothing."""

    def transaction_ended(self, record):
        """Take note of nothing."""

    def number(self, key):
        return {"TransactionMessageAttempts": 3}.get(key, 60)

    def text(self, key):
        return ""

    def flag(self, key):
        return True


class World:
    """Time, car, meter, flash and central system. `run` boots chargers until the end."""

    def __init__(self, online, cut_at=None, cut_length=0, cut_ms=None):
        self.flash = Flash()
        self.flash.cut_at = cut_at
        self.flash.cut_length = cut_length
        self.csms = Csms(self.flash)
        self.online = online
        self.cut_ms = cut_ms  # a cut between two writes
        self.ms = 0
        self.wh = 5000
        self.began = []  # register whenever energy was allowed for a new transaction
        self.lives = 0
        self.stopped_remotely = False

    def run(self):
        """Live until the end of the script; the cut comes once."""
        saved = (ledger.os, journal.os)
        ledger.os = journal.os = self.flash
        ledger.open = journal.open = self.flash.open
        try:
            while self.ms < END_S * 1000:
                self.lives += 1
                try:
                    self._live()
                except PowerCut:
                    self.ms += DARK_S * 1000
        finally:
            ledger.os, journal.os = saved
            del ledger.open, journal.open
        return self

    def _live(self):
        app = FakeApp(csms_url="ws://box", authorisation="card")
        app.board.readings.energy_wh = 0
        app.station = Station()
        app.transactions = Transactions(app)
        started_ms = self.ms
        running = None
        while self.ms < END_S * 1000:
            self.ms += STEP_MS
            app.ms += STEP_MS
            second = self.ms / 1000
            reachable = self.online or second >= ONLINE_S
            if reachable and not app.clock.is_set():
                app.clock.set(UNIX + self.ms // 1000)
            self._car(app, second)
            app.charger.step(app.now_ms())
            if app.charger.command.contactor:
                self.wh += 1
            if self.ms - started_ms >= 500:  # the meter has answered
                app.board.readings.energy_wh = self.wh
            app.transactions.poll(app.now_ms())
            record = app.transactions.open
            if record is not None and record is not running and app.charger.authorised:
                running = record
                self.began.append(record.start_wh)
            self.csms.reachable = reachable
            if reachable and app.clock.is_set():
                finish(delivery.deliver(app, self.csms, app.station))
            if self.ms == self.cut_ms:
                raise PowerCut

    def _car(self, app, second):
        transactions = app.transactions
        app.charger.plugged = False
        for (plugged, unplugged), card in zip(PLUGGED, CARDS):
            if plugged <= second < unplugged:
                app.charger.plugged = True
                if second == plugged + 0.5:
                    transactions.remote_start(card)
        record = transactions.open
        if second == REMOTE_STOP_S and record is not None:
            if record.number is not None:
                transactions.remote_stop(record.number)
            else:
                transactions.stop("Local")

    def faults(self):
        """What is wrong with what the central system knows, as a list of texts."""
        csms = self.csms
        faults = list(csms.complaints)
        starts = sorted(
            (wh, number, key) for key, number in csms.starts.items() for wh in [key[2]]
        )
        numbers = [number for _, number, _ in starts]
        expected = [step for n in numbers for step in (("start", n), ("stop", n))]
        if csms.sequence != expected:
            faults.append("order %r" % csms.sequence)
        billed = 0
        before = 5000
        for wh, number, key in starts:
            stop = csms.stops.get(number)
            if stop is None:
                faults.append("transaction %d was never stopped" % number)
                continue
            if not before <= wh <= stop["meterStop"]:
                faults.append("register goes back at %d: %d, %d" % (number, before, wh))
            if stop["timestamp"] < key[1]:
                faults.append("%d stops before it starts" % number)
            before = stop["meterStop"]
            billed += stop["meterStop"] - wh
        missing = [wh for wh in self.began if wh not in [s[0] for s in starts]]
        if missing:
            faults.append("lost: transactions that began at %r" % missing)
        if len(starts) > len(self.began) + 1:
            faults.append("%d transactions out of %d" % (len(starts), len(self.began)))
        if billed != self.wh - 5000:
            faults.append("billed %d Wh of %d" % (billed, self.wh - 5000))
        left = [name for name in self.flash.files if name.startswith("tx")]
        if left:
            faults.append("left in flash: %s" % left)
        return faults


def finish(coroutine):
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def cuts(online):
    """Every (operation, length) at which the power can go in the undisturbed session."""
    world = World(online).run()
    assert world.faults() == [] and len(world.csms.stops) == 3, world.faults()
    places = []
    for number, (kind, _, size) in enumerate(world.flash.operations):
        for length in range(size + 1) if kind == "write" else (0,):
            places.append((number, length))
    return places


def moments():
    """Every step of the session, as a moment for a cut between writes."""
    return range(STEP_MS, (END_S - 10) * 1000, STEP_MS)


def one(online, number, length, cut_ms=None):
    """Faults of a session whose power goes in operation `number`, or at a moment."""
    world = World(online, number, length, cut_ms).run()
    faults = world.faults()
    if world.lives != 2:
        faults.append("%d lives" % world.lives)
    return faults
