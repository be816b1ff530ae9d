# SPDX-License-Identifier: MIT
"""What the services look at every 100 ms: voltages, currents, and the caps that follow from them.

Ride-through, island detection, return to service, the random delay and volt-watt all end in two
entries of the limits list (VOLTAGE and GRID), so nothing that a reserve wants goes above them.
"""

from micropython import const

from control import limits

# A phase that has never carried this is not connected.
_THERE_MV = const(100000)
_FLOWING_MA = const(1000)
_MIN_MA = const(6000)
_NO_CAP = const(1000000)


class Wants:
    """What the services need and what the grid and the limits allow: filled by the stack."""

    def __init__(self):
        self.up_ma = 0  # to be taken off, all reserves together
        self.down_ma = 0  # to be added
        self.full_ms = 30000  # full activation of the fastest reserve in proportion
        self.ffr_ms = 0  # full activation of the latch; 0: none configured
        self.ffr_over = False
        self.limit_ma = 0
        self.offer_ma = 0  # what the offer is to be while settling
        self.grain_ma = 100  # in what steps the offer moves
        self.age_ms = 0  # of what the meter says
        self.meter_ok = False
        self.frequency_ok = False
        self.lowest_pm = 0

    def gather(self, grid, meter_ok, charger, age_ms):
        """Ask every service (control.grid.stack.Grid) and look at the charger."""
        phases = grid.watch.phases
        self.up_ma = self.down_ma = 0
        for reserve in grid.reserves:
            self.up_ma += reserve.up_ma(phases, grid.base_ma)
            self.down_ma += reserve.down_ma(phases, grid.base_ma)
        ffr = grid.ffr
        if ffr:
            self.ffr_ms = ffr.full_ms
            self.ffr_over = ffr.over
            if ffr.over:
                self.down_ma += grid.ffr_ma(phases)
            else:
                self.up_ma += grid.ffr_ma(phases)
        self.limit_ma = charger.limits.limit_ma
        self.meter_ok = meter_ok
        self.frequency_ok = charger.frequency.valid or grid.frozen == 1
        self.lowest_pm = grid.watch.lowest_pm
        self.offer_ma = min(max(grid.target_ma, _MIN_MA), self.limit_ma)
        self.grain_ma = charger.offer.grain_ma
        self.age_ms = age_ms


class Watch:
    """lowest_pm, highest_pm: phase voltages in per mille of 230 V. drawn_ma: the largest current.

    phases: how many the car uses (1 while nothing flows: its reserves in W are then the most mA).
    """

    def __init__(self):
        self.lowest_pm = 1000
        self.highest_pm = 1000
        self.drawn_ma = 0
        self.phases = 1
        self.hold = False
        self.wants = Wants()
        self.ride_through = None
        self.dip_pm = 850
        self.island = None
        self.enter = None
        self.random = None
        self.volt_watt = None
        self._there2 = False
        self._there3 = False
        self._grid_ma = _NO_CAP
        self._voltage_ma = _NO_CAP

    def step(self, dt_ms, now_ms, readings, meter_ok, charger):
        """Every 100 ms."""
        if meter_ok:
            self._look(readings)
        frequency = charger.frequency
        cap_ma = _NO_CAP
        failed = False
        if self.ride_through and meter_ok:
            ride = self.ride_through
            ride.step(dt_ms, self.lowest_pm, self.dip_pm)
            cap_ma = ride.cap_ma
            failed = ride.failed
            self.hold = ride.hold
        enter = self.enter
        served = False
        if enter:
            self._return(enter, dt_ms, readings, meter_ok, frequency, failed)
            cap_ma = min(cap_ma, enter.cap_ma)
            served = enter.delayed and enter.cap_ma < _NO_CAP
        if self.random:
            could = charger.plugged and charger.authorised and not charger.fault
            listed = charger.limits
            could = could and (listed.limit_ma >= _MIN_MA or listed.reason == limits.GRID)
            self.random.step(dt_ms, could, served, readings.energy_wh & 0xFF)
            if self.random.holding:
                cap_ma = 0
        self._grid_ma = self._list(charger, limits.GRID, cap_ma, self._grid_ma, now_ms)
        if self.volt_watt and not self.hold and meter_ok:
            self.volt_watt.step(dt_ms, self.lowest_pm)
            cap_ma = self.volt_watt.cap_ma
            self._voltage_ma = self._list(
                charger, limits.VOLTAGE, cap_ma, self._voltage_ma, now_ms
            )

    def _look(self, readings):
        low_mv = high_mv = readings.l1_mv
        if readings.l2_mv >= _THERE_MV:
            self._there2 = True
        if readings.l3_mv >= _THERE_MV:
            self._there3 = True
        if self._there2:
            low_mv = min(low_mv, readings.l2_mv)
            high_mv = max(high_mv, readings.l2_mv)
        if self._there3:
            low_mv = min(low_mv, readings.l3_mv)
            high_mv = max(high_mv, readings.l3_mv)
        self.lowest_pm = low_mv // 230
        self.highest_pm = high_mv // 230
        self.drawn_ma = max(readings.l1_ma, readings.l2_ma, readings.l3_ma)
        phases = 1
        if readings.l2_ma >= _FLOWING_MA:
            phases += 1
        if readings.l3_ma >= _FLOWING_MA:
            phases += 1
        self.phases = phases

    def _return(self, enter, dt_ms, readings, meter_ok, frequency, failed):
        if self.island and meter_ok and not self.hold:
            self.island.step(dt_ms, frequency, self.lowest_pm, self.highest_pm)
            failed = failed or self.island.tripped
        if failed and (enter.cap_ma or enter.state == 0):
            enter.leave(readings.energy_wh & 0xFF)
        if meter_ok:
            enter.step(dt_ms, frequency, self.lowest_pm, self.highest_pm)

    def _list(self, charger, source, cap_ma, before_ma, now_ms):
        """Put a cap on the limits list when it has changed; returns it."""
        if cap_ma != before_ma:
            if cap_ma >= _NO_CAP:
                charger.limits.withdraw(source)
            else:
                charger.limits.offer(source, cap_ma, now_ms)
        return cap_ma
