# SPDX-License-Identifier: MIT
"""The application: builds the charger from settings, runs the control step and the services.

The control step is the main coroutine: if it fails, everything ends and the contactor opens.
Services run beside it; one that fails is reported and started again, and charging goes on.
"""

import asyncio
import gc
import os
import sys
import time

from machine import WDT

from control import limits
from firmware import forget
from firmware.alarms import Alarms
from firmware.board import Board
from firmware.clock import Clock
from firmware.log import Log
from firmware.panel import Panel
from firmware.transactions import Transactions

STEP_MS = 10
SERVICE_MS = 20
_SLOW_EVERY = 5  # the slower services run in each fifth round
# A TLS handshake keeps a small chip busy for up to 2.3 s; the guard waits 3 s meanwhile.
WATCHDOG_MS = 8000
# Collect in the slack after a step, so that no allocation ever has to (about 12 ms each).
_COLLECT_MS = 2000

# From here on a new application counts as good, and the crashes before it as past.
_GOOD_MS = 20000
_PAST_MS = 600000

# A car that is there so soon was there when the power went.
_BOOT_MS = 5000

# Needed while the App is built and never again.
_ONCE = (
    "firmware.build",
    "firmware.parts",
    "firmware.settings",
    "firmware.crashes",
    "drivers.meter_tables",
    "control.fitted",
    "control.policy",
)

current = None  # the running App, for diagnostics


class App:
    """Owner of everything that runs. `errors`: what was wrong with the settings file."""

    def __init__(self, settings, errors, board_data):
        from firmware import build

        global current
        self.settings = settings
        self.now_ms = time.ticks_ms
        self.log = Log(time.ticks_ms)
        self.clock = Clock(time.ticks_ms)
        self.charger = build.charger(settings, board_data)
        if errors:
            self.charger.limits.offer(limits.SETTINGS, 0, 0)
        self.board = Board(board_data, settings)
        if self.charger.grid:
            self.measure_frequency()
        self.guard = self.board.guard
        self.panel = Panel(board_data, self.charger, self.log)
        self.alarms = Alarms(self)
        self.cars = None  # a Cars while a car is there
        self.grid = None
        if settings.grid or "grid_kept.json" in os.listdir():  # changed from outside, or cut off
            self.open_grid().start(settings.grid)
        self.network = None
        if settings.wifi_ssid or settings.ethernet or settings.setup_password:
            from firmware.network import Network

            self.network = Network(self, board_data)
        self.site = None
        if settings.site_meter_host:
            from firmware.site_limit import SiteLimit

            self.site = SiteLimit(self)
        self.station = None
        if settings.csms_url:
            from firmware.ocpp.station import Station

            self.station = Station(self)
        self.transactions = Transactions(self)
        self._crowded = False
        self._watchdog = WDT(timeout=WATCHDOG_MS)
        forget(*_ONCE)
        forget(*[name for name in sys.modules if name.startswith("firmware.boards")])
        self.log.event("boot", device_id=settings.device_id, settings_errors=errors)
        current = self

    def measure_frequency(self):
        """Measure the mains' frequency, which takes memory only once somebody asks.

        Those are the grid services, and meter values of it; loads some 6 KB. MemoryError when
        there is no room.
        """
        from firmware import lazy

        lazy.load("control.frequency")
        self.board.time_mains()
        self.charger.measure_frequency()

    def open_grid(self):
        """The grid services (firmware/grid.py), which take memory only once somebody asks."""
        if self.grid is None:
            from firmware.grid import GridService

            self.measure_frequency()
            self.grid = GridService(self)
        return self.grid

    async def run(self):
        """Run for ever. Raises whatever the control step raises."""
        asyncio.create_task(self._keep("services", self._services))
        if self.station:
            asyncio.create_task(self._keep("ocpp", self._ocpp))
        if self.network:
            asyncio.create_task(self._keep("network", self.network.run))
        if self.site:
            asyncio.create_task(self._keep("site", self.site.run))
        await self._control()

    async def _ocpp(self):
        if self.network:
            await self.station.run(self._network_ready)
        else:
            await self.station.run()

    async def _network_ready(self):
        await self.network.ready(self.settings.csms_url.startswith("wss:"))

    async def _control(self):
        ticks_ms = time.ticks_ms
        due_ms = ticks_ms()
        collected_ms = due_ms
        board = self.board
        charger = self.charger
        while True:
            now_ms = ticks_ms()
            charger.step(now_ms, board.read(now_ms))
            board.apply(now_ms, charger.command)
            self._watchdog.feed()
            due_ms = time.ticks_add(due_ms, STEP_MS)
            slack_ms = time.ticks_diff(due_ms, ticks_ms())
            if slack_ms <= 0:
                due_ms = ticks_ms()  # late: do not try to catch up on lost steps
                slack_ms = 0
            elif slack_ms > 5 and time.ticks_diff(now_ms, collected_ms) >= _COLLECT_MS:
                collected_ms = now_ms
                gc.collect()
                slack_ms = max(0, time.ticks_diff(due_ms, ticks_ms()))
            await asyncio.sleep_ms(slack_ms)

    async def _services(self):
        board = self.board
        round_number = 0
        started_ms = time.ticks_ms()
        good = past = False
        while True:
            now_ms = time.ticks_ms()
            board.meter.poll(now_ms)
            self.panel.poll(now_ms)
            round_number += 1
            if round_number >= _SLOW_EVERY:
                round_number = 0
                id_tag = board.reader.poll()
                if id_tag:
                    self.panel.tapped()
                    self.transactions.tap(id_tag)
                self.transactions.poll(now_ms)
                self.alarms.poll()
                self._follow_car(time.ticks_diff(now_ms, started_ms) < _BOOT_MS)
                if board.temperature:
                    board.temperature.poll(now_ms)
                if self.grid:
                    self.grid.poll(now_ms)
                self.log.drain(self.charger.events)
                if not good and time.ticks_diff(now_ms, started_ms) >= _GOOD_MS:
                    good = True
                    self._confirm()
                if not past and time.ticks_diff(now_ms, started_ms) >= _PAST_MS:
                    past = True
                    _clear_crashes()
            await asyncio.sleep_ms(SERVICE_MS)

    def _follow_car(self, at_boot):
        """Keep what a car shows, from when it is plugged in until it has left."""
        plugged = self.charger.plugged
        if plugged and self.cars is None and not self._crowded:
            from firmware import lazy

            try:
                if self.charger.learn:
                    self.cars = lazy.load("firmware.cars").Cars(self, at_boot)
                else:  # one in a round, with control steps in between
                    self.charger.learn = lazy.load("control.learn").Learn()
            except (MemoryError, ImportError) as error:  # the importer takes one for the other
                self.charger.learn = None
                self._crowded = True  # this car is treated like any
                self.log.event("car_not_followed", why=repr(error))
        if plugged:
            if self.cars:
                self.cars.poll()
            return
        self._crowded = False
        if self.charger.learn:
            if self.cars:
                self.cars.left()
            self.cars = self.charger.learn = None
            forget("firmware.cars", "control.learn")

    def _confirm(self):
        from firmware import update

        slot = update.confirm()
        if slot:
            self.log.event("app_confirmed", slot=slot)
        forget("firmware.update")

    async def _keep(self, name, service):
        """Run a service again whenever it fails; its failure is printed, never swallowed."""
        while True:
            try:
                await service()
                return
            except Exception as error:
                self.log.event("service_failed", service=name, error=repr(error))
                sys.print_exception(error)
            await asyncio.sleep_ms(1000)


def _clear_crashes():
    from firmware import crashes

    crashes.clear()
    forget("firmware.crashes")
