# SPDX-License-Identifier: MIT
"""The station: one connection to a central system, kept up for ever, and what is due on it.

Two loops. The session (session.py) sends one message after the other while connected. The
clockwork (clockwork.py) runs once a second whether connected or not: charging profiles, meter
samples, time-outs, pings. Features are loaded when they are needed (calls.py).
"""

import asyncio
import gc
import sys

from micropython import const

from firmware import lazy, names
from firmware.ocpp.calls import CONFIGURATION, Calls
from firmware.ocpp.clockwork import Clockwork
from firmware.ocpp.config import Config
from firmware.ocpp.outbox import Outbox
from firmware.ocpp.retry import back_off_ms
from firmware.ocpp.rpc import Ids, Rpc
from firmware.ocpp.session import Session
from firmware.ocpp.websocket import Closed
from firmware.wear import Bucket

_PROTOCOL = "ocpp1.6"
_CONNECT_S = 30
_PROVEN_S = 60  # a connection that lasts so long was worth something
_CLOCK_STEP_S = 10  # smaller corrections are no event
_METER = "firmware.ocpp.meter"
# Measured on mbedTLS as MicroPython builds it: 29 KB at the peak of a handshake, of which one
# block of 16.7 KB. On the RP2040 they come out of the same heap as everything else.
_TLS_BYTES = const(29 * 1024)
# What the framing notes, as events of the security extension.
_NOTES = {
    "ocpp_malformed": "InvalidMessages",
    "ocpp_unsolicited": "InvalidMessages",
    "ocpp_replay": "AttemptedReplayAttacks",
}


class Station(Calls):
    """`run` never ends. The App is only looked at from there on, not in the constructor."""

    def __init__(self, app):
        super().__init__(app)
        settings = app.settings
        self.id = settings.charge_point_id or settings.device_id
        self._ids = Ids(settings.device_id)
        self.config = Config(app, self.features, guard=self._guard)
        self.outbox = Outbox(app)
        # What parts must not forget while they are not there.
        self.changed = False  # connect again, with something new
        self.key_reading = "hex"
        self.uploaded = 0  # files so far
        self.downloads = Bucket(3, 7200)  # each fills the flash
        self.log_writes = Bucket(20, 300)
        self.silent = False  # the central system knows no security events
        self.cached_s = 0  # uptime at which the cache of cards was last written
        self.session = Session(app, self)
        self.clockwork = Clockwork(app, self)
        self.rpc = None
        self.socket = None
        self.tls_bytes = _TLS_BYTES if sys.platform == "rp2" else 0
        self._hole = None
        self._started = False  # StartupOfTheDevice has been told
        self.installer = None  # callable(path) -> True when the new firmware will run
        self.on_reset = None  # callable, default machine.reset

    # What the transactions ask for.

    def online(self):
        """True while connected and accepted."""
        return self.rpc is not None and self.session.boot_status == "Accepted"

    def may_start(self, id_tag, parent):
        """False when the charger is reserved for another card."""
        return self.reservation is None or self.reservation.allows(id_tag, parent)

    def stops_on_invalid_id(self):
        """True when a refused card ends the transaction; else only its energy is rationed."""
        return self.config.flag("StopTransactionOnInvalidId")

    def stops_on_unplug(self):
        """True when pulling the plug ends the transaction."""
        return self.config.flag("StopTransactionOnEVSideDisconnect")

    def energy_on_invalid_id_wh(self):
        """Energy for a card that was refused after the start."""
        return self.config.number("MaxEnergyOnInvalidId")

    def begin(self, id_tag):
        """Decide about a card, here or by asking; Transactions.answer hears it."""
        self.errand("authorise", "begin", id_tag)

    def told(self, id_tag, info):
        """The central system has said something about the card of a transaction."""
        if info:
            self.errand("authorise", "told", id_tag, info, True)

    def resets(self):
        """How many restarts the central system has asked for of late."""
        text = self.config.text("Resets")
        return int(text) if text.isdigit() else 0

    def sample(self, what, record):
        """Have meter.py take a sample of a transaction; without room for it there is none."""
        try:
            getattr(lazy.load(_METER), what)(self._app, record)
        except (MemoryError, ImportError):
            pass

    def transaction_began(self, record):
        """A record was made; nothing is written yet and no energy flows."""
        self.sample("began", record)
        if self.reservation:
            record.reservation = self.reservation.use(record.id_tag, record.parent)

    def transaction_ended(self, record):
        """The last value of the register is known."""
        self.sample("ended", record)

    def start_forgotten(self):
        """A start that was allowed will not happen: its profile goes too."""
        if self.smart:
            self.smart.waiting = None

    def waited_for_card(self):
        """True when a car has been plugged in for ConnectionTimeOut and nobody has paid."""
        transactions = self._app.transactions
        if transactions.open or transactions.id_tag is not None:
            return False
        waited_ms = (self._app.now_ms() - transactions.plugged_ms) & 0x3FFFFFFF
        return waited_ms >= self._app.settings.connection_timeout_s * 1000

    def _guard(self, name, value):
        """What becomes of a change of a key of the access, see access.py."""
        return self.need("access").guard(name, value)

    # What the session tells.

    def accepted(self):
        """The central system has accepted our boot, and told the time."""
        if not self._started:
            self._started = True
            self.event("StartupOfTheDevice")
        self._worked()
        self.clockwork.keep_time()

    def _worked(self):
        if self.access:
            self.access.worked()
        elif self.config.text("KeyBefore"):
            self.config.put("KeyBefore", "")

    def clock_was_set(self, step_s):
        """The time of day was put right by so many seconds."""
        if self.smart:
            self.smart.poll()  # before a car is called to phases that its profile forbids
        if self._started and abs(step_s) >= _CLOCK_STEP_S:
            self.event("SettingSystemTime", "%d s" % step_s)

    def not_understood(self, action):
        """The central system does not know an action of ours."""
        if action == "SecurityEventNotification":
            self.silent = True
            self.outbox.drop(action)

    # Connection.

    async def run(self, ready=None):
        """Connect, serve, and connect again, for ever; the first time once `ready()` is over.

        What was kept is in force before there is a network: profiles, samples, reservations.
        """
        for _ in self.prepared((), CONFIGURATION):
            await asyncio.sleep(0.02)
        self.config.load()
        (await self.fetch("access")).start()
        self.outbox.load()
        for _ in self.start():
            await asyncio.sleep(0.02)
        if getattr(self._app, "grid", None) is not None:
            await self.fetch("transfer")  # which reports what the grid services have done
        clockwork = asyncio.create_task(self.clockwork.run())
        try:
            if ready:
                await ready()
            while True:
                try:
                    await self._connection()
                except Closed as error:
                    await self._unreachable(str(error), error.kind)
                except ValueError as error:
                    await self._unreachable(str(error), "")
                except asyncio.TimeoutError:
                    await self._unreachable("no answer to the handshake", "")
                wait_ms = back_off_ms(self.id, self.session.failures)
                self.session.failures += 1
                if self.changed:
                    self.changed = False
                    wait_ms = 100
                await asyncio.sleep(wait_ms / 1000)
        finally:
            clockwork.cancel()

    async def _unreachable(self, why, kind):
        self.reserve()
        self._app.log.event("ocpp_unreachable", why=why)
        if self.access or kind == "password":
            (await self.fetch("access")).failed(kind)
        if kind == "password":
            self.event("FailedToAuthenticateAtCentralSystem", why)
        elif kind == "certificate":
            self.event("InvalidCentralSystemCertificate", why)

    def reserve(self):
        """Keep a hole in the heap for the next TLS handshake, if there will be one."""
        if self._hole is None and self.config.number("SecurityProfile") >= 2:
            gc.collect()
            try:
                self._hole = bytearray(self.tls_bytes)
            except MemoryError:
                pass  # it may still find enough in pieces

    def _make_room(self):
        self._hole = None  # a connection that cannot be made needs no room for its handshake
        super()._make_room()

    async def address(self, host, port):
        """The numeric address of a host. Raises OSError."""
        return await names.address(self._app, host, port, self._make_room)

    async def _connect(self, url, ssl, authorization):
        """The websocket; a TLS handshake may hold up control for longer than the guard waits."""
        guard = self._app.guard
        handshake = await self.fetch("handshake")
        place = await handshake.find(url, self.address)  # before the room for TLS is given away
        if ssl:
            self._hole = None
            gc.collect()
            guard.be_patient(1)
        try:
            return await asyncio.wait_for(
                handshake.connect(url, _PROTOCOL, ssl, authorization, place), _CONNECT_S
            )
        finally:
            guard.be_patient(0)

    async def _connection(self):
        app = self._app
        url, ssl, authorization = (await self.fetch("access")).attempt()
        self.drop("access")  # before a TLS handshake needs the room
        socket = await self._connect(url, ssl, authorization)
        self.drop("handshake")
        ssl = authorization = None
        app.log.event("ocpp_connected", id=self.id)
        if self.session.boot_status == "Accepted":
            self._worked()  # no BootNotification will say so (1.6-J errata 3.3)
        since_s = app.clock.uptime_s()
        timeout_s = self.config.number("MessageTimeout")
        rpc = Rpc(
            socket, self._ids, self.handle, self._note, app.clock.uptime_s, timeout_s,
            self._after,
        )  # fmt: skip
        reader = asyncio.create_task(rpc.run())
        self.rpc = rpc
        self.socket = socket
        self.clockwork.connected()
        try:
            await self.session.run(rpc)
        finally:
            self.rpc = self.socket = None
            reader.cancel()
            await socket.close()
            app.log.event("ocpp_lost", why=rpc.ended or "no answer")
            self.session.ended()
            if app.clock.uptime_s() - since_s >= _PROVEN_S:
                self.session.failures = 0
            self.reserve()

    def _note(self, name, **fields):
        """What the framing finds out of order."""
        self._app.log.event(name, **fields)
        kind = _NOTES.get(name)
        if fields.get("why") == "out of memory":
            kind = "MemoryExhaustion"
        if kind:
            self.event(kind, fields.get("why") or name)

    def _after(self, action):
        """The answer to a call is out."""
        if self.changed and self.rpc:
            self.rpc.end("new access")
