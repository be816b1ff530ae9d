# SPDX-License-Identifier: MIT
"""The station: one connection to a central system, kept up for ever, and what is due on it.

Two loops. The session (session.py) sends one message after the other while connected. The
clockwork (clockwork.py) runs once a second whether connected or not: charging profiles, meter
samples, time-outs, pings. Features are loaded when they are needed (calls.py).
"""

import asyncio

from firmware import names
from firmware.ocpp import meter, websocket
from firmware.ocpp.access import Access
from firmware.ocpp.authorise import Authorise
from firmware.ocpp.calls import Calls, configured
from firmware.ocpp.clockwork import Clockwork
from firmware.ocpp.config import Config
from firmware.ocpp.handshake import percent_encoded
from firmware.ocpp.outbox import Outbox
from firmware.ocpp.retry import back_off_ms
from firmware.ocpp.rpc import Ids, Rpc
from firmware.ocpp.session import Session
from firmware.wear import Bucket

_PROTOCOL = "ocpp1.6"
_CONNECT_S = 30
_PROVEN_S = 60  # a connection that lasts so long was worth something
_CLOCK_STEP_S = 10  # smaller corrections are no event


class Station:
    """`run` never ends. The App is only looked at from there on, not in the constructor."""

    def __init__(self, app):
        self._app = app
        settings = app.settings
        self._id = settings.charge_point_id or settings.device_id
        self._ids = Ids(settings.device_id)
        self.features = configured(settings.ocpp_features)
        self.config = Config(app, self.features)
        url = settings.csms_url.rstrip("/") + "/" + percent_encoded(self._id)
        self.access = Access(app, self.config, self._id, url)
        self.outbox = Outbox(app)
        # The parts that are loaded now, else None.
        self.core = self.triggers = self.smart = self.local_list = self.reservation = None
        self.update = self.uploads = self.certificates = self.security = self.transfer = None
        self.uploaded = 0  # files so far
        self.downloads = Bucket(3, 7200)  # each fills the flash
        self.authorise = Authorise(app, self)
        self.session = Session(app, self)
        self.clockwork = Clockwork(app, self)
        self._calls = Calls(app, self)
        self.need("security")
        self.rpc = None
        self.socket = None
        self._started = False  # StartupOfTheDevice has been told
        self.installer = None  # callable(path) -> True when the new firmware will run
        self.on_reset = None  # callable, default machine.reset

    def need(self, name):
        """A part (calls.py), loaded if it is not there; None when it is not configured."""
        return self._calls.need(name)

    def tidy(self):
        """Drop the parts that have nothing to do."""
        self._calls.poll()

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

    def transaction_began(self, record):
        """A record was made; nothing is written yet and no energy flows."""
        record.stop_data = meter.sample(self._app, meter.BEGIN)
        if self.reservation:
            record.reservation = self.reservation.use(record.id_tag, record.parent)

    def transaction_ended(self, record):
        """The last value of the register is known."""
        record.stop_data = meter.added(
            record.stop_data, meter.sample(self._app, meter.END), meter.MAX_STOP_ROWS
        )

    def start_forgotten(self):
        """A start that was allowed will not happen: its profile goes too."""
        self.hold_profile(None)

    def waited_for_card(self):
        """True when a car has been plugged in for ConnectionTimeOut and nobody has paid."""
        transactions = self._app.transactions
        if transactions.open or transactions.id_tag is not None:
            return False
        waited_ms = (self._app.now_ms() - transactions.plugged_ms) & 0x3FFFFFFF
        return waited_ms >= self._app.settings.connection_timeout_s * 1000

    # What the handlers ask for.

    def check_profile(self, profile):
        """Why the profile of a remote start cannot be taken, or None."""
        smart = self.need("smart")
        return smart.check_remote(profile) if smart else "SmartCharging is not configured"

    def hold_profile(self, profile):
        """Keep it for the transaction that starts next; None drops it."""
        smart = self.smart if profile is None else self.need("smart")
        if smart:
            smart.remote_profile(profile)

    def want_reset(self, kind):
        """Restart, "Hard" or "Soft", once the answer is out; False when it must not be."""
        if not self.clockwork.may_reset():
            return False
        self.clockwork.reset_wanted = kind
        if self.security:
            self.security.event("ResetOrReboot", kind)
        return True

    def trigger(self, message):
        """Put what TriggerMessage asked for into the outbox."""
        part = self.need("update" if "Firmware" in message else "uploads")
        if part is None:
            return
        if message == "DiagnosticsStatusNotification":
            part.tell_diagnostics()
        elif message == "LogStatusNotification":
            part.tell_log()
        else:
            part.tell(message.startswith("Signed"))

    # What the session tells.

    def accepted(self):
        """The central system has accepted our boot, and told the time."""
        if self.security and not self._started:
            self._started = True
            self.security.event("StartupOfTheDevice")
        self.access.worked()
        self.clockwork.keep_time()

    def clock_was_set(self, step_s):
        """The time of day was put right by so many seconds."""
        if self.security and self._started and abs(step_s) >= _CLOCK_STEP_S:
            self.security.event("SettingSystemTime", "%d s" % step_s)

    def not_understood(self, action):
        """The central system does not know an action of ours."""
        if action == "SecurityEventNotification" and self.security:
            self.security.silence()

    # Connection.

    async def run(self, ready=None):
        """Connect, serve, and connect again, for ever; the first time once `ready()` is over.

        What was kept is in force before there is a network: profiles, samples, reservations.
        """
        self.config.load()
        self.access.start()
        self.clockwork.start_clock()
        self.authorise.cache.load()
        self.outbox.load()
        for _ in self._calls.start():
            await asyncio.sleep(0.02)  # control steps have their turn
        if getattr(self._app, "grid", None) is not None:
            self.need("transfer")  # which reports what the grid services have done
        clockwork = asyncio.create_task(self.clockwork.run())
        try:
            if ready:
                await ready()
            while True:
                try:
                    await self._connection()
                except websocket.Closed as error:
                    self._unreachable(str(error), error.kind)
                except ValueError as error:
                    self._unreachable(str(error), "")
                except asyncio.TimeoutError:
                    self._unreachable("no answer to the handshake", "")
                wait_ms = back_off_ms(self._id, self.session.failures)
                self.session.failures += 1
                if self.access.changed:
                    self.access.changed = False
                    wait_ms = 100
                await asyncio.sleep(wait_ms / 1000)
        finally:
            clockwork.cancel()

    def _unreachable(self, why, kind):
        self._app.log.event("ocpp_unreachable", why=why)
        self.access.failed(kind)
        if self.security and kind == "password":
            self.security.event("FailedToAuthenticateAtCentralSystem", why)
        elif self.security and kind == "certificate":
            self.security.event("InvalidCentralSystemCertificate", why)

    def _address(self, host, port):
        return names.address(self._app, host, port)

    async def _connect(self, url, ssl, authorization):
        """The websocket; a TLS handshake may hold up control for longer than the guard waits."""
        guard = self._app.guard
        if ssl:
            guard.be_patient(1)
        try:
            return await asyncio.wait_for(
                websocket.connect(url, _PROTOCOL, ssl, authorization, self._address), _CONNECT_S
            )
        finally:
            guard.be_patient(0)

    async def _connection(self):
        app = self._app
        url, ssl, authorization = self.access.attempt()
        socket = await self._connect(url, ssl, authorization)
        ssl = authorization = None
        app.log.event("ocpp_connected", id=self._id)
        if self.session.boot_status == "Accepted":
            self.access.worked()  # no BootNotification will say so (1.6-J errata 3.3)
        since_s = app.clock.uptime_s()
        timeout_s = self.config.number("MessageTimeout")
        rpc = Rpc(
            socket, self._ids, self._calls.handle, self._note, app.clock.uptime_s, timeout_s,
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
            if self.access.profile >= 2:
                self.access.tls.reserve()

    def _note(self, name, **fields):
        """What the framing finds out of order."""
        self._app.log.event(name, **fields)
        if self.security:
            self.security.noted(name, fields)

    def _after(self, action):
        """The answer to a call is out."""
        if self.access.changed and self.rpc:
            self.rpc.end("new access")
