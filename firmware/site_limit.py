# SPDX-License-Identifier: MIT
"""Keeps the house connection below its fuse: the meter there says what is left for the car.

Per phase: left = site_limit_ma - (what the meter shows - what the charger draws). Of the phases
in use the lowest counts. A fall counts at once, a rise when three answers in a row allow it, since
the two meters do not look at the same instant. A meter that is silent for five seconds, or has
never answered, leaves site_floor_ma (a car that only just keeps charging, or 0 for a pause).
Meters of these families show currents without a sign: what a roof feeds back counts as drawn,
which errs to the safe side.

    site = SiteLimit(app)
    asyncio.create_task(site.run())
"""

import asyncio

from micropython import const

from control import limits
from firmware import names
from firmware.site_meter import SiteMeter

STALE_MS = const(5000)
_LOOK_MS = const(200)


class SiteLimit:
    """Writes the slot SITE of the limits. `meter`: handed in by tests."""

    def __init__(self, app, meter=None):
        settings = app.settings
        self._app = app
        self._limit_ma = settings.site_limit_ma
        self._floor_ma = settings.site_floor_ma
        self.meter = meter or SiteMeter(
            settings.site_meter_host,
            settings.site_meter,
            app.now_ms,
            unit=settings.site_meter_unit,
            address=self._address,
        )
        self._answered = self.meter.answers
        self._error = ""
        self._earlier = [self._floor_ma, self._floor_ma]
        app.charger.limits.offer(limits.SITE, self._floor_ma, app.now_ms())

    async def _address(self, host, port):
        return await names.address(self._app, host, port)

    def left_ma(self):
        """What the charger may draw from each phase, by the last answer; 0 and more."""
        meter = self.meter
        readings = self._app.board.readings
        drawn = [(meter.l1_ma, readings.l1_ma)]
        if self._app.charger.phases == 3:
            drawn += [(meter.l2_ma, readings.l2_ma), (meter.l3_ma, readings.l3_ma)]
        most_ma = max(max(0, abs(site) - own) for site, own in drawn)
        return max(0, self._limit_ma - most_ma)

    def poll(self):
        """Look whether the meter has answered, and say so in the limits."""
        meter = self.meter
        if meter.error != self._error and meter.error != "not connected yet":
            self._error = meter.error
            self._app.log.event("site_meter", error=meter.error)
        if meter.answers == self._answered:
            return
        self._answered = meter.answers
        now_ms = self._app.now_ms()
        age_ms = meter.age_ms(now_ms)
        if age_ms >= STALE_MS:
            return  # power or energy came, the currents did not
        left_ma = self.left_ma()
        lowest_ma = min(left_ma, *self._earlier)
        self._earlier = [self._earlier[1], left_ma]
        self._app.charger.limits.offer(
            limits.SITE, lowest_ma, now_ms, STALE_MS - age_ms, self._floor_ma
        )

    async def run(self):
        """The service: asks the meter and looks at its answers, for ever."""
        asking = asyncio.create_task(self.meter.run())
        try:
            while True:
                self.poll()
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            asking.cancel()
