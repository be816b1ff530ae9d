# SPDX-License-Identifier: MIT
"""What the station does once a second, connected or not.

Evaluates charging profiles, takes meter samples, lets calls time out, asks a silent server for a
sign of life, writes what has changed, and does the errands of parts that are not loaded.
"""

import asyncio

from firmware.ocpp.websocket import Closed

_PONG_S = 30  # longest wait for any frame after a ping
_KEEP_TIME_S = 21600  # the time of day goes to flash four times a day
_DAY_S = 86400
_TURNS = 5  # in a second: errands should not wait so long
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
        self._forgiven_s = 0  # uptime at which a restart was last forgotten

    async def run(self):
        """For ever; what fails is noted and tried again in the next second."""
        turn = 0
        while True:
            try:
                if not turn:
                    self.tick()
                    await self._watch()
                await self._station.run_errands()
            except Exception as error:
                self._app.log.event("service_failed", service="ocpp", error=repr(error))
            turn = (turn + 1) % _TURNS
            await asyncio.sleep(1 / _TURNS)

    def tick(self):
        """All but the connection."""
        station = self._station
        if station.smart:
            station.smart.poll()
        if station.transfer:
            station.transfer.poll()
        if station.reservation:
            station.reservation.poll()
        self._want_frequency()
        self.sample()
        self._aligned()
        if station.authorise:
            station.authorise.cache.poll()
        if self._app.clock.uptime_s() - self._kept_s >= _KEEP_TIME_S:
            self.keep_time()
        self._forgive()
        station.tidy()
        station.config.poll()
        if station.restart:
            station.restart.poll()

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

    def _want_frequency(self):
        """Have it measured when a list of measurands names it; not loaded while a car charges."""
        charger = self._app.charger
        if charger.frequency is None and not charger.command.contactor:
            for value in self._station.config.values.values():
                if isinstance(value, str) and "Frequency" in value:
                    try:
                        self._app.measure_frequency()
                    except (MemoryError, ImportError):
                        pass  # no room for it now: values go without
                    return

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
            self._station.sample("periodic", record)

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
        self._station.errand("delivery", "aligned")

    # Time and restarts.

    def keep_time(self):
        """Remember the time of day for the next start."""
        self._kept_s = self._app.clock.uptime_s()
        now_s = self._app.clock.now()
        if now_s is not None:
            self._station.config.put("LastTime", str(now_s))

    def _forgive(self):
        """Every two hours one restart less of those that were asked for."""
        now_s = self._app.clock.uptime_s()
        if now_s - self._forgiven_s >= _FORGIVE_S:
            self._forgiven_s = now_s
            resets = self._station.resets()
            if resets:
                self._station.config.put("Resets", str(resets - 1))


async def _ping(socket):
    """Send a ping; a connection that has gone is somebody else's news."""
    try:
        await socket.ping()
    except Closed:
        pass
