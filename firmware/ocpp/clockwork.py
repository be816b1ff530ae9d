# SPDX-License-Identifier: MIT
"""What the station does once a second, connected or not.

Evaluates charging profiles, takes meter samples, lets calls time out, asks a silent server for a
sign of life, writes what has changed, restarts.
"""

import asyncio

from firmware.ocpp import meter, tls

_RESET_S = {"Soft": 20, "Hard": 5}  # longest wait for the last StopTransaction
_PONG_S = 30  # longest wait for any frame after a ping
_KEEP_TIME_S = 21600  # the time of day goes to flash four times a day
_DAY_S = 86400
# Resets that a central system may ask for in a row; then one in two hours. Each costs the flash
# a dozen writes, refills every other ration, and ends a session. Counted through restarts.
_RESETS = 4
_FORGIVE_S = 7200


class Clockwork:
    """`run` never ends."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._sample_s = 0  # uptime of the last periodic meter sample
        self._sampled = None  # record it belongs to
        self._slot = None  # number of the clock-aligned interval we are in
        self._ping_s = 0  # uptime of the last ping, or of the connection
        self._waits_for_pong = False
        self._kept_s = 0  # uptime at which the time of day was last kept
        self.reset_wanted = None  # None, "Soft" or "Hard"
        self._reset_s = None
        self._forgiven_s = 0  # uptime at which a reset was last forgotten

    async def run(self):
        """For ever; what fails is noted and tried again in the next second."""
        while True:
            try:
                self.tick()
                await self._watch()
            except Exception as error:
                self._app.log.event("service_failed", service="ocpp", error=repr(error))
            await asyncio.sleep(1)

    def tick(self):
        """All but the connection."""
        station = self._station
        if station.smart:
            station.smart.poll()
        if station.transfer:
            station.transfer.poll()
        if station.reservation:
            station.reservation.poll()
        self.sample()
        self._aligned()
        station.authorise.cache.poll()
        if self._app.clock.uptime_s() - self._kept_s >= _KEEP_TIME_S:
            self.keep_time()
        self._forgive()
        station.config.poll()
        station.tidy()
        if self.reset_wanted:
            self._reset(self.reset_wanted)

    # The connection.

    def connected(self):
        """There is a new connection."""
        self._ping_s = self._app.clock.uptime_s()
        self._waits_for_pong = False

    async def _watch(self):
        """Cut a connection that is dead: calls without answer, pings without any frame."""
        station = self._station
        if station.rpc is None:
            return
        if station.rpc.poll():
            await station.socket.abort()
            return
        interval_s = station.config.number("WebSocketPingInterval")
        since_s = self._app.clock.uptime_s() - self._ping_s
        if self._waits_for_pong:
            if station.socket.heard:
                self._waits_for_pong = False
            elif since_s >= _PONG_S:
                station.rpc.end("no sign of life")
                await station.socket.abort()
        elif interval_s and since_s >= interval_s:
            self._ping_s = self._app.clock.uptime_s()
            self._waits_for_pong = True
            station.socket.heard = False
            asyncio.create_task(_ping(station.socket))  # may hang when the network does

    # Meter values.

    def sample(self):
        """Take the periodic meter sample of a running transaction, also when offline."""
        record = self._app.transactions.open
        interval_s = self._app.settings.meter_interval_s
        now_s = self._app.clock.uptime_s()
        if record is not self._sampled:
            self._sampled = record
            self._sample_s = now_s
        if record is None or not interval_s or now_s - self._sample_s < interval_s:
            return
        self._sample_s += interval_s * ((now_s - self._sample_s) // interval_s)
        if self._station.config.text("MeterValuesSampledData"):
            meter.keep(record, meter.sample(self._app))

    def _aligned(self):
        """Take a sample at every multiple of ClockAlignedDataInterval after midnight."""
        config = self._station.config
        interval_s = config.number("ClockAlignedDataInterval")
        now_s = self._app.clock.now()
        if not interval_s or now_s is None:
            self._slot = None
            return
        slot = now_s // _DAY_S * _DAY_S + now_s % _DAY_S // interval_s * interval_s
        before = self._slot
        self._slot = slot
        if before is None or slot <= before:
            return
        taken = meter.sample(self._app, meter.CLOCK)
        record = self._app.transactions.open
        if record is not None:
            if config.text("StopTxnAlignedData"):
                record.stop_data = meter.added(record.stop_data, taken, meter.MAX_STOP_ROWS - 1)
            if config.text("MeterValuesAlignedData"):
                meter.keep(record, meter.row(taken, 0))
            return
        request = meter.payload(
            taken,
            self._app.clock,
            self._app.settings.phases,
            config.text("MeterValuesAlignedData"),
        )
        if request is not None and self._station.online():
            self._station.outbox.push("MeterValues", request)

    # Time and restart.

    def start_clock(self):
        """Give TLS a time of day that is at least not before the firmware was made."""
        known_s = int(self._station.config.text("LastTime") or 0)
        tls.set_chip_clock(max(tls.FIRMWARE_BUILT_S, known_s))

    def keep_time(self):
        """Remember the time of day for the next start."""
        self._kept_s = self._app.clock.uptime_s()
        now_s = self._app.clock.now()
        if now_s is not None:
            self._station.config.put("LastTime", str(now_s))
            tls.set_chip_clock(now_s)

    def _resets(self):
        """How many resets of late there have been."""
        text = self._station.config.text("Resets")
        return int(text) if text.isdigit() else 0

    def may_reset(self):
        """False when one is coming, or there were too many."""
        return not self.reset_wanted and self._resets() < _RESETS

    def _forgive(self):
        """Every two hours one reset less."""
        now_s = self._app.clock.uptime_s()
        if now_s - self._forgiven_s >= _FORGIVE_S:
            self._forgiven_s = now_s
            if self._resets():
                self._station.config.put("Resets", str(self._resets() - 1))

    def _reset(self, kind):
        """Stop the transaction, wait for its delivery but not for ever, restart."""
        transactions = self._app.transactions
        station = self._station
        now_s = self._app.clock.uptime_s()
        if self._reset_s is None:
            self._reset_s = now_s + _RESET_S[kind]
            if kind == "Hard":
                transactions.close("HardReset")
            else:
                transactions.stop("SoftReset")
            return
        if now_s < self._reset_s and transactions.pending():
            return
        transactions.close(kind + "Reset")
        station.authorise.cache.save()
        station.config.put("Resets", str(self._resets() + 1))
        station.config.save()
        self._app.log.event("reset", kind=kind)
        self.reset_wanted = self._reset_s = None
        if station.on_reset:
            station.on_reset()
        else:
            import machine

            machine.reset()


async def _ping(socket):
    """Send a ping; a connection that has gone is somebody else's news."""
    from firmware.ocpp.handshake import Closed

    try:
        await socket.ping()
    except Closed:
        pass
