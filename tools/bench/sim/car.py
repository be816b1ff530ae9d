# SPDX-License-Identifier: MIT
"""An electric car as the charger sees it: it reads the pilot, closes S2 and draws current.

The rules are those of IEC 61851-1 Annex A for the car's side (duty to current, Table A.8) plus
the delays and habits real cars show. Everything is integer; `step` runs every 10 ms.
"""

from tools.bench.sim.habits import Habits
from tools.bench.sim.pilot_circuit import DEAD, PWM, F
from tools.bench.sim.vehicle import DEFAULTS, check_vehicle, duty_to_ma  # noqa: F401

STEP_MS = 10
CAR_LOW_PM = 700  # below this the on-board charger lets go of a phase
CAR_BACK_PM = 800  # and starts again above this
GIVE_UP_MS = 2000
UNSEEN = -1  # pilot mode of a car that has just been plugged in


class Car:
    """The car at the plug. i_ma: current of each phase; energy counts what it has received."""

    def __init__(self):
        self.plugged = False
        self.s2 = False
        self.full = False
        self.ready = True
        self.draw_more = False  # fault: draws 1.3 times what the duty allows
        self.mode = DEAD
        self.mode_since_ms = 0
        self.duty_ppm = 0
        self.allowed_ma = 0
        self.i_ma = [0, 0, 0]
        self.energy_mwms = 0  # since plugging in
        self.v = dict(DEFAULTS)
        self._clear(0)

    def _clear(self, now_ms):
        v = self.v
        self.habits = Habits(v, now_ms)
        self.phases = v["phases"]
        self.two_phase_below_ma = v["two_phase_below_ma"]
        self.max_ma = v["max_ma"]
        self.min_ma = v["min_ma"]
        self.step_ma = v["step_ma"]
        self.up = v["up_ma_s"] * STEP_MS // 1000
        self.down = v["down_ma_s"] * STEP_MS // 1000
        self.start_delay_ms = v["start_delay_ms"]
        self.stop_ms = v["stop_ms"]
        self.simplified = v["simplified"]
        self.need_mwms = v["need_wh"] * 3600000000
        self.taper_mwms = self.need_mwms * v["taper_pct"] // 100
        self.level_ma = 0  # the ramp, before rounding to the car's steps
        self.goal_ma = 0
        self.goal_from_ms = now_ms  # dead time: the goal takes effect then
        self.permit_since_ms = -1  # since when the pilot allows charging, -1 = it does not
        self.live_since_ms = -1  # since when the inlet is energised, -1 = it is not
        self.zero_since_ms = now_ms
        self.rate = self.down
        self.v_ok = 0  # bit per phase on which the on-board charger runs

    def plug(self, vehicle, now_ms):
        """Plug in a car made of `vehicle` fields (see vehicle.check_vehicle)."""
        self.v = vehicle
        self.plugged = True
        self.full = False
        self.ready = vehicle["ready"]
        self.energy_mwms = 0
        self._clear(now_ms)
        self.mode = UNSEEN
        self.s2 = self.simplified
        self.mode_since_ms = now_ms

    def unplug(self):
        """Pull the plug: the current is cut, S2 opens, the resistor is gone."""
        self.plugged = False
        self.s2 = False
        self.cut()

    def cut(self):
        """The contactor has opened: no voltage, no current, at once."""
        self.i_ma[0] = self.i_ma[1] = self.i_ma[2] = 0
        self.level_ma = 0
        self.live_since_ms = -1
        self.v_ok = 0

    def resistance(self):
        """Ohm between CP and PE behind the diode, 0 when nothing is plugged in."""
        if not self.plugged:
            return 0
        shows_c = self.habits.blip == "C" if self.habits.blip else self.s2
        return self.v["r_c_ohm"] if shows_c else self.v["r_b_ohm"]

    @property
    def asleep(self):
        """True while only its own signal wakes it."""
        return self.habits.asleep

    def pilot(self, mode, duty_ppm, now_ms):
        """The pilot at the inlet has changed."""
        if mode != self.mode:
            if self.mode != UNSEEN:
                self.habits.mode_changed(self.mode, mode, self.s2, now_ms)
            self.mode = mode
            self.mode_since_ms = now_ms
        self.duty_ppm = duty_ppm
        allowed = duty_to_ma(duty_ppm) if mode == PWM else 0
        allowed = (allowed + 50) // 100 * 100  # no car measures the duty better than 0.1 A
        if self.simplified and allowed > 10000:
            allowed = 10000  # A.2.3: a car without S2 limits itself
        if allowed != self.allowed_ma:
            self.habits.offer_changed(self.allowed_ma, allowed, self.level_ma, now_ms)
            self.allowed_ma = allowed
            # A change already under way is not put off again, nor one whose time is just up.
            if now_ms - self.goal_from_ms >= STEP_MS:
                self.goal_from_ms = now_ms + self.v["dead_ms"]
        if allowed:
            if self.permit_since_ms < 0:
                self.permit_since_ms = now_ms
        else:
            self.permit_since_ms = -1

    def _goal(self):
        """Current the car aims for under the present offer, mA, in its own steps."""
        allowed = self.allowed_ma
        if allowed < self.min_ma:
            return 0
        if self.draw_more:
            return allowed * 13 // 10
        goal = allowed + self.v["offset_ma"]
        if goal > self.max_ma:
            goal = self.max_ma
        left = self.need_mwms - self.energy_mwms
        if left < self.taper_mwms:
            taper = self.min_ma + (self.max_ma - self.min_ma) * left // self.taper_mwms
            if taper < goal:
                goal = taper
        return goal - goal % self.step_ma

    def _set_current(self, ma, three):
        i = self.i_ma
        ok = self.v_ok
        phases = self.phases if three else 1
        if phases == 3 and ma < self.two_phase_below_ma:
            phases = 2
        i[0] = ma if ok & 1 else 0
        i[1] = ma if phases > 1 and ok & 2 else 0
        i[2] = ma if phases > 2 and ok & 4 else 0

    def _voltage(self, live, v_pm):
        """Which phases the on-board charger can use, with hysteresis; bit 0 = L1."""
        if not live:
            return 0
        ok = self.v_ok
        if ok == 7 and v_pm[0] >= CAR_LOW_PM <= v_pm[1] and v_pm[2] >= CAR_LOW_PM:
            return ok  # the common case
        for k in (0, 1, 2):
            pm = v_pm[k]
            if pm < CAR_LOW_PM:
                ok &= ~(1 << k)
            elif pm >= CAR_BACK_PM:
                ok |= 1 << k
        return ok

    def step(self, now_ms, live, three, v_pm):
        """10 ms. live: main contact closed; three: L2/L3 connected; v_pm: phase voltages.

        Returns True when what the pilot sees of the car has changed.
        """
        if not self.plugged:
            return False
        s2 = self.s2
        habits = self.habits
        blip = habits.blip
        if habits.active:
            habits.step(self.mode, now_ms - self.mode_since_ms, s2, self.i_ma, live, now_ms)
        if live or self.v_ok:
            self._inlet(now_ms, live, v_pm)
        if not s2:
            self._consider(now_ms)
        elif self.mode >= F:
            # -12 V or 0 V: nothing may be drawn; a car lets go at once.
            self.level_ma = 0
            self._set_current(0, three)
            self.s2 = self.simplified or now_ms < habits.held_until_ms
        else:
            self._charge(now_ms, three)
        i = self.i_ma
        if i[0]:
            # 230 mV per per-mille and mA give nW; in mW it is 0.23.
            mw = (v_pm[0] * i[0] + v_pm[1] * i[1] + v_pm[2] * i[2]) * 23 // 100
            self.energy_mwms += mw * STEP_MS
            if self.energy_mwms >= self.need_mwms:
                self.full = True
        return self.s2 != s2 or habits.blip != blip

    def _inlet(self, now_ms, live, v_pm):
        """Note since when there is power at the inlet."""
        self.v_ok = self._voltage(live, v_pm)
        if not self.v_ok & 1:
            self.live_since_ms = -1
        elif self.live_since_ms < 0:
            self.live_since_ms = now_ms

    def _wants(self):
        habits = self.habits
        return self.ready and not self.full and (not habits.active or habits.wants())

    def _consider(self, now_ms):
        """S2 is open: close it once the pilot has allowed charging for long enough."""
        since = self.permit_since_ms
        if since >= 0 and self._wants() and now_ms - since >= self.habits.ready_delay_ms():
            self.s2 = True

    def _charge(self, now_ms, three):
        """S2 is closed: follow the offer, or stop and then open S2."""
        stopping = self._aim(now_ms)
        level = self.level_ma
        goal = self.goal_ma
        if level != goal or self.live_since_ms < 0:
            level = self._ramp()
        self._set_current(level if level == goal else level - level % self.step_ma, three)
        if level:
            self.zero_since_ms = now_ms
        elif stopping and not self.simplified:
            # A car that ignores x1 gives up only some time after its power has gone.
            ignored = self.stop_ms < 0 and self.permit_since_ms < 0
            wait_ms = GIVE_UP_MS if ignored else self.v["s2_open_ms"]
            if now_ms - self.zero_since_ms >= wait_ms and now_ms >= self.habits.held_until_ms:
                self.s2 = False

    def _aim(self, now_ms):
        """Set goal_ma and the rate down; True when the car is on its way to stop."""
        permit = self.permit_since_ms >= 0
        wants = self._wants()
        powered = self.live_since_ms >= 0
        if not wants or not permit:
            if wants and powered and self.stop_ms < 0:
                self.goal_ma = self.level_ma  # ignores x1: keeps drawing what it drew
                return False
            if self.habits.trouble:
                self.level_ma = 0  # a car that has had enough does not ramp
            if self.goal_ma:
                self.goal_ma = 0
                self.rate = self.down
                if not permit and self.stop_ms >= 0:
                    self.rate = self.level_ma * STEP_MS // (self.stop_ms + 1) + 1
            return True
        self.rate = self.down
        if not powered or now_ms - self.live_since_ms < self.start_delay_ms:
            self.goal_ma = 0
        elif now_ms >= self.goal_from_ms:
            self.goal_ma = self._goal()
        return False

    def _ramp(self):
        """Move level_ma towards goal_ma by one step of time."""
        level = self.level_ma
        goal = self.goal_ma
        if self.live_since_ms < 0:
            level = 0
        elif level < goal:
            # A charger starts at its minimum, not at 20 mA.
            level = min(goal, max(level + self.up, self.min_ma))
        elif level > goal:
            level = max(goal, level - self.rate)
        self.level_ma = level
        return level
