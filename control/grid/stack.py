# SPDX-License-Identifier: MIT
"""All grid services in one order: what they want the offer to be, below the limits.

    limits list (fuse, cable, user, OCPP ...; volt-watt and return to service are entries in it)
    > ride-through: hold everything
    > FFR latch: its own watts, on top of the others
    > LFSM, where it asks for more than FCR does
    > FCR curves and the inertia term, added
    > FRR set-point: moves the baseline, but leaves the reserves their room
    > baseline: the wish, no more than the car draws while armed

The charger asks once in each step; the wish is worked out anew with each cycle of the mains.
`target_ma` 0 means: no wish, the limit decides.
"""

from micropython import const

from control import limits
from control.grid.watch import Watch
from control.limits import RESERVE

# On a frequency that has become invalid: hold the last answer, then go to the baseline.
FREEZE_MS = const(1000)
RAMP_MA_PER_S = const(1000)

_MIN_MA = const(6000)
_IDLE_MS = const(20)  # so often, when there are no news of the frequency
_PAUSE_MS = const(60000)


class Grid:
    """What the offer shall be, and why. Built once from settings (firmware/grid_config.py).

    fresh: worked out anew in this step.
    reason: which service moves the offer (control.limits). pause: the wish is no current at all.
    urgent: it must not wait for any pace. quick: the frequency is on the move. may_rise: the car
    has shown that it follows upward.
    base_ma: the baseline now. shift_ma: what the reserves ask on top of it, before any limit.
    frozen: 0 frequency good, 1 held, 2 given up. hold: ride-through.
    """

    def __init__(self, baseline_ma=0, reserves=(), pause=False, lfsm=()):
        """baseline_ma: mA per phase, 0: what the limit allows. reserves, lfsm: Reserve objects."""
        self.fresh = True
        self.target_ma = 0
        self.reason = RESERVE
        self.pause = False
        self.urgent = False
        self.quick = False
        self.may_rise = False
        self.base_ma = 0
        self.shift_ma = 0
        self.frozen = 0
        self.hold = False
        self.baseline_ma = baseline_ma
        self.reserves = reserves
        # The rest is optional; None: not configured.
        self.lfsm = lfsm
        self.inertia = None
        self.ffr = None
        self.ffr_capacity_ma = 0
        self.ffr_capacity_w = 0
        self.frr = None
        self.arming = None
        self.watch = Watch()
        self.values = {}  # what firmware/grid.py needs of the settings
        self.pause_allowed = pause
        self._pause_ms = 0
        self._invalid_ms = 0
        self._since_ms = 0
        self._late = False  # the last step has brought news
        self._seen = -1
        self._recover_base_ma = 0
        self._above_ma = 0  # how far the wish is above what the car draws

    # What services read.

    def armed(self):
        """True when everything that is configured may act."""
        arming = self.arming
        if not arming:
            return bool(self.reserves or self.ffr)
        slow = self.reserves or self.inertia
        return (arming.armed or not slow) and (arming.ffr_armed or not self.ffr)

    # The step.

    def step(self, dt_ms, charger):
        """One step, every 10 ms. Reads the charger's frequency and limits.

        On a calm grid the wish is worked out in the step after the one that brought news, which
        has enough to do; a latch, and a frequency on the move, do not wait.
        """
        frequency = charger.frequency
        news = frequency.updates != self._seen
        self._seen = frequency.updates
        since_ms = self._since_ms + dt_ms
        ffr = self.ffr
        latched = ffr is not None and self._latch(ffr, dt_ms, frequency)  # in every step
        soon = latched or self._late
        self.fresh = soon or (frequency.moving if news else since_ms >= _IDLE_MS)
        self._late = news and not self.fresh
        if not self.fresh:
            self._since_ms = since_ms
            return
        self._since_ms = 0
        if self.hold:
            self.reason = limits.HOLD
            return
        self._follow(since_ms, frequency)
        self._baseline(since_ms, charger.limits.limit_ma)
        self._combine(since_ms)

    def look(self, dt_ms, now_ms, readings, meter_ok, charger):
        """Every 100 ms: voltages, currents, leave to act. dt_ms: since the last time."""
        self.watch.step(dt_ms, now_ms, readings, meter_ok, charger)
        self._arm(dt_ms, meter_ok, charger, readings.meter_age_ms)
        self.hold = self.watch.hold

    def _arm(self, dt_ms, meter_ok, charger, age_ms):
        arming = self.arming
        if not arming:
            return
        self.watch.wants.gather(self, meter_ok, charger, age_ms)
        arming.step(
            dt_ms,
            charger.command.contactor == 1 and charger.offer_ma > 0,
            self.watch.drawn_ma,
            charger.offer_ma,
            charger.phases,
            self.watch.wants,
        )
        self.may_rise = arming.proven

    def capacity_ma(self):
        """The larger of what all reserves together take off and add, mA per phase."""
        phases = self.watch.phases
        up_ma = down_ma = 0
        for reserve in self.reserves:
            up_ma += reserve.up_ma(phases, self.base_ma)
            down_ma += reserve.down_ma(phases, self.base_ma)
        if self.ffr:
            up_ma += self.ffr_ma(phases)
        for reserve in self.lfsm:
            up_ma = max(up_ma, reserve.up_ma(phases, self.base_ma))
        return max(up_ma, down_ma)

    def ffr_ma(self, phases):
        """Capacity of the latch in mA per phase for a car that uses `phases`."""
        if self.ffr_capacity_w:
            return self.ffr_capacity_w * 1000 // (230 * phases)
        return self.ffr_capacity_ma

    def _latch(self, ffr, dt_ms, frequency):
        """Every step: the fast reserve. True when it asks for something else than before."""
        before_ma = ffr.shift_ma
        if frequency.valid and not self.hold:
            may_trip = not self.arming or self.arming.ffr_armed
            ffr.step(dt_ms, frequency, may_trip, self.ffr_ma(self.watch.phases))
        else:
            if self.frozen == 2 and not self.hold:
                ffr.abort()
            ffr.idle(dt_ms)
        return ffr.shift_ma != before_ma

    def _follow(self, dt_ms, frequency):
        """Let every service in proportion see the frequency, or freeze and let go."""
        if not frequency.valid:
            self._blind(dt_ms)
            return
        self._invalid_ms = 0
        self.frozen = 0
        self.quick = frequency.moving
        arming = self.arming
        phases = self.watch.phases
        for reserve in self.lfsm:
            reserve.step(frequency.mhz, phases, self.base_ma)
        if not arming or arming.armed:
            for reserve in self.reserves:
                reserve.step(frequency.mhz, phases, self.base_ma)
            if self.inertia:
                self.inertia.step(frequency.rocof_mhz_s)
            return
        self._walk_back(self.reserves, dt_ms)
        if self.inertia:
            self.inertia.shift_ma = 0

    def _blind(self, dt_ms):
        """No frequency: the last answer for a second, then back to the baseline."""
        if self._invalid_ms < FREEZE_MS:
            self._invalid_ms += dt_ms
            self.frozen = 1
            return
        self.frozen = 2
        self._walk_back(self.reserves, dt_ms)
        self._walk_back(self.lfsm, dt_ms)
        if self.inertia:
            self.inertia.shift_ma = 0

    def _walk_back(self, reserves, dt_ms):
        for reserve in reserves:
            if reserve.shift_ma:
                reserve.walk_back(RAMP_MA_PER_S * dt_ms // 1000)

    def _baseline(self, dt_ms, limit_ma):
        base_ma = self.baseline_ma
        if not base_ma or base_ma > limit_ma:
            base_ma = limit_ma
        arming = self.arming
        up_ma = 0
        if arming and arming.active():
            self._above_ma = 0
            if base_ma > arming.base_ma:
                self._above_ma = base_ma - arming.base_ma + arming.test.gap_ma
                base_ma = arming.base_ma
            up_ma = self.watch.wants.up_ma
        if self.frr:
            self.frr.step(dt_ms, base_ma, _MIN_MA + up_ma)
            base_ma += self.frr.shift_ma
        if self.ffr:
            if self.ffr.state == 0:
                self._recover_base_ma = max(base_ma, _MIN_MA)
            # What was not drawn is not made up faster than the recovery allows.
            if not self.ffr.over and base_ma > self._recover_base_ma + self.ffr.recover_ma:
                base_ma = self._recover_base_ma + self.ffr.recover_ma
        self.base_ma = base_ma

    def _combine(self, dt_ms):
        """Sum what the services ask, name the one that leads, and make it a wish."""
        fcr_ma = self._sum(self.reserves)
        lfsm_ma = self._sum(self.lfsm) if self.lfsm else 0
        inertia_ma = self.inertia.shift_ma if self.inertia else 0
        ffr_ma = self.ffr.shift_ma if self.ffr else 0
        shift_ma = fcr_ma + inertia_ma
        reason = RESERVE
        if fcr_ma:
            reason = limits.FCR
        elif inertia_ma:
            reason = limits.INERTIA
        elif self.frr and self.frr.shift_ma:
            reason = limits.FRR
        if lfsm_ma < shift_ma if lfsm_ma < 0 else lfsm_ma > max(shift_ma, 0):
            shift_ma = lfsm_ma
            reason = limits.LFSM
        if ffr_ma:
            shift_ma += ffr_ma
            reason = limits.FFR
        self.shift_ma = shift_ma
        target_ma = self.base_ma + shift_ma
        arming = self.arming
        if arming:
            if arming.testing():
                target_ma = arming.test.target_ma
                reason = limits.SELF_TEST
            elif arming.active():
                target_ma += self._allowance_ma(arming, shift_ma)
        self.urgent = self.ffr is not None and self.ffr.latched
        self.reason = reason
        self.target_ma = target_ma if target_ma > 1 else 1
        if self.pause_allowed:
            self._consider_pause(dt_ms, target_ma, ffr_ma)

    def _sum(self, reserves):
        total_ma = 0
        for reserve in reserves:
            total_ma += reserve.shift_ma
        return total_ma

    def _allowance_ma(self, arming, shift_ma):
        """A little above what the car draws, so that noise costs it no step; gone when moved."""
        over_ma = min(arming.clamp_ma, self._above_ma) - (abs(shift_ma) >> 1)
        if over_ma <= arming.test.gap_ma:
            return 0  # base_ma has the gap in it
        return over_ma - arming.test.gap_ma

    def _consider_pause(self, dt_ms, target_ma, ffr_ma):
        """Slow reserves may take the current away altogether; what is paused rests a minute."""
        if self.pause:
            self._pause_ms += dt_ms
            self.pause = self._pause_ms < _PAUSE_MS or target_ma < _MIN_MA
        elif self.base_ma >= _MIN_MA and target_ma < _MIN_MA >> 1 and not ffr_ma:
            self.pause = True
            self._pause_ms = 0
