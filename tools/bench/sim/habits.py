# SPDX-License-Identifier: MIT
"""What some cars do besides the standard, and what can upset or hurt them.

Sleep and waking, pauses for cooling, glitches of the state, memory of phases: told by owners and
by the makers of chargers, see the cars in tools/bench/cars. `Car` asks here; a car without
habits costs nothing.
"""

from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F

NEW_SESSION_MS = 3000  # a pilot gone for so long looks like an unplug to a car that is upset
C_BLIP_AFTER_MS = 300
SINGLE_MS = 1000  # current on one phase for so long, and the car has settled on one phase


class Habits:
    """Memory of one plugged car. `trouble`: why it refuses to charge, "" when it does not.

    asleep, cooling: it does not want energy now. blip: 0, or the letter "B" or "C" that it shows
    for a moment whatever S2 does. single: it has settled on one phase.
    """

    def __init__(self, vehicle, now_ms):
        self.v = vehicle
        self.asleep = False
        self.light = False  # sleeps so lightly that x2 is enough
        self.cooling_until_ms = -1
        self.blip = ""
        self.trouble = ""
        self.single = False
        self.charged_ms = 0  # since plugging in, or since it took a CP break for that
        self.held_until_ms = -1
        self._run_ms = 0  # of current since the last pause
        self._one_phase_ms = 0
        self._absent_ms = 0
        self._pulses = 0
        self._blips = []  # [(from_ms, until_ms, letter)]
        self._step_from_ma = 0
        self._step_ms = now_ms - 60000
        self._came_back = False
        self._paused = False  # by the charger, after having charged
        v = vehicle
        self._wake_mode = {"f": F, "cp_break": DEAD}.get(v["wakes_on"], -1)
        self.active = bool(
            v["sleep_s"]
            or v["cool_after_s"]
            or v["c_blip_ms"]
            or v["b_blip_ms"]
            or v["trip_step_ma"]
            or v["most_pulses"]
            or v["rejoin_s"]
            or v["resume_delay_ms"]
        )

    def wants(self):
        """Would the car take energy, as far as its habits go?"""
        return not self.asleep and not self.trouble and self.cooling_until_ms < 0

    def mood(self):
        """One word for people who read the edges: what the car makes of its situation."""
        if self.trouble:
            return self.trouble
        if self.asleep:
            return "asleep"
        if self.cooling_until_ms >= 0:
            return "cooling"
        if self.blip:
            return "shows " + self.blip
        return "settled on one phase" if self.single else "none"

    def mode_changed(self, old, new, s2, now_ms):
        """The pilot at the inlet was `old` and is `new`."""
        v = self.v
        if new == PWM and old == X1 and self.asleep and (v["wakes_on"] == "x2" or self.light):
            self.asleep = False
        if new == X1 and old == PWM and self.charged_ms:
            self._paused = True
        if new >= F and old < F:
            self._pulses += 1
            if v["most_pulses"] and self._pulses > v["most_pulses"]:
                self.trouble = "refuses: %d interruptions without energy" % self._pulses
            if s2 and v["hold_c_ms"]:
                self.held_until_ms = now_ms + v["hold_c_ms"]
        elif new < F and old >= F:
            self._came_back = True
        if new == PWM and self._came_back and not s2:
            self._came_back = False
            if v["c_blip_ms"]:
                start = now_ms + C_BLIP_AFTER_MS
                self._blips.append((start, start + v["c_blip_ms"], "C"))

    def offer_changed(self, old_ma, new_ma, level_ma, now_ms):
        """The offer moved from one current to another while the car may charge."""
        v = self.v
        if not old_ma or not new_ma:
            return
        if level_ma and v["b_blip_ms"]:
            start = now_ms + v["b_blip_after_ms"]
            self._blips.append((start, start + v["b_blip_ms"], "B"))
        if level_ma and v["trip_step_ma"]:
            if now_ms - self._step_ms > v["trip_window_ms"]:
                self._step_from_ma = old_ma
                self._step_ms = now_ms
            step_ma = abs(new_ma - self._step_from_ma)
            if step_ma > v["trip_step_ma"]:
                self.trouble = "stops: its offer moved by %d mA at once" % step_ma

    def ready_delay_ms(self):
        """From x2 to S2: longer for some cars that the charger has paused."""
        delay = (
            "resume_delay_ms" if self._paused and self.v["resume_delay_ms"] else "ready_delay_ms"
        )
        return self.v[delay]

    def step(self, mode, since_ms, s2, i_ma, live, now_ms):
        """10 ms. since_ms: how long the pilot mode has lasted; live: power at the inlet."""
        v = self.v
        if v["sleep_s"]:
            self._sleep(mode, since_ms, s2)
        if self.cooling_until_ms >= 0 and now_ms >= self.cooling_until_ms:
            self.cooling_until_ms = -1
        if i_ma[0]:
            self._charging(i_ma, now_ms)
            if mode == PWM:
                self._paused = False
        elif not s2:
            self._run_ms = 0
        if mode >= F and since_ms >= NEW_SESSION_MS:
            self.charged_ms = 0
            self._paused = False
            if self.trouble and not v["most_pulses"]:
                self.trouble = ""  # it believes in a new session
        if self.single:
            self._rejoin(mode, live)
        if self._blips:
            self._show_blips(now_ms)

    def _sleep(self, mode, since_ms, s2):
        """Fall asleep after long in B1; wake up as this car does."""
        v = self.v
        if not self.asleep:
            if mode == X1 and not s2 and since_ms >= v["sleep_s"] * 1000:
                self.asleep = True
                after_s = v["light_sleep_after_s"]
                self.light = after_s > 0 and self.charged_ms >= after_s * 1000
        elif since_ms >= v["wake_hold_ms"] and mode == self._wake_mode:
            self.asleep = False

    def _charging(self, i_ma, now_ms):
        v = self.v
        self._pulses = 0
        self.charged_ms += 10
        self._run_ms += 10
        if v["cool_after_s"] and self._run_ms >= v["cool_after_s"] * 1000:
            self._run_ms = 0
            self.cooling_until_ms = now_ms + v["cool_s"] * 1000
        if v["rejoin_s"]:
            if i_ma[1]:
                self._one_phase_ms = 0
            else:
                self._one_phase_ms += 10
                if self._one_phase_ms >= SINGLE_MS:
                    self.single = True
                    self._absent_ms = 0

    def _rejoin(self, mode, live):
        """A car that has settled on one phase looks again only after a real or played unplug."""
        if mode >= F and not live:
            self._absent_ms += 10
            if self._absent_ms >= self.v["rejoin_s"] * 1000:
                self.single = False
                self._one_phase_ms = 0
        else:
            self._absent_ms = 0

    def _show_blips(self, now_ms):
        self.blip = ""
        keep = []
        for item in self._blips:
            if now_ms < item[1]:
                keep.append(item)
                if now_ms >= item[0]:
                    self.blip = item[2]
        self._blips = keep
