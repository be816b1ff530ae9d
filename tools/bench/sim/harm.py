# SPDX-License-Identifier: MIT
"""What would have hurt a contact, a cable or a car in a real installation."""

from tools.bench.sim.events import Event
from tools.bench.sim.pilot_circuit import X1

LOAD_MA = 1000  # opening below this does no harm to a contact
STOP_TIME_MS = 3000  # a car must have stopped this long after x1 (IEC 61851-1 sequence 10.1)
EXCUSE_US = 3000000  # a fault explains an opening under load this long after it ended
WEAK_PM = 800  # a car stops by itself when the voltage is that low
CABLE_MS = 10000  # reaction of car and charger before too much current counts as harm
CHECK_MS = 200
TOGETHER_US = 100000  # two contactors that are driven together may differ by so much


def cable_rating_ma(ohm):
    """Rating of a cable by its proximity resistor (IEC 61851-1 bands), 0 when it has none."""
    if ohm <= 0 or ohm > 2200 or ohm < 75:
        return 0
    if ohm > 1000:
        return 13000
    if ohm > 330:
        return 20000
    if ohm > 150:
        return 32000
    return 63000


class Harm:
    """Watches `world` (World); what it finds goes to the edges as "harm"."""

    def __init__(self, world):
        self.world = world
        self.socket_cable = True  # the proximity resistor is that of the cable in use
        self.two_by_two = False  # one contactor for L1 and N, another for L2 and L3
        self.excused_us = -EXCUSE_US  # when a fault last began or ended
        self._over_cable_ms = 0
        self._main_closed_us = 0
        self._alone = Event(self._without_neutral)

    def note(self, text):
        """Write it down; the same harm twice is two harms."""
        recorder = self.world.recorder
        recorder.last.pop("harm", None)
        recorder.edge("harm", text)

    def opening(self):
        """The main contact opens: under load is harm unless the car had its time to stop."""
        if self.world.car.i_ma[0] > LOAD_MA and not self._excused():
            self.note("contactor opened under load")

    def _excused(self):
        world = self.world
        if not world.supply.on or world.mains.v_pm[0] < WEAK_PM or world.faults:
            return True
        now_us = world.clock.now_us
        car = world.car
        if car.mode == X1 and now_us // 1000 - car.mode_since_ms >= STOP_TIME_MS:
            return True
        if now_us - self.excused_us < EXCUSE_US:
            return True
        app = world.app()
        return app is not None and (app.charger.fault or app.guard.tripped)

    def contacts_moved(self, is_main):
        """A contact has moved: the main one, or those of L2 and L3."""
        world = self.world
        main = world.main.closed
        phase = world.phase.closed
        now_us = world.clock.now_us
        if is_main:
            self._main_closed_us = now_us
        elif self.two_by_two:
            self._second_contactor(main, phase, now_us)
        elif main:
            self.note("L2/L3 moved while main contactor closed")
        if self.two_by_two and phase and not main:
            world.clock.at(self._alone, now_us + TOGETHER_US)
        else:
            world.clock.cancel(self._alone)
        if main and phase:
            self._energised()

    def _second_contactor(self, main, phase, now_us):
        car = self.world.car
        if phase and main and now_us - self._main_closed_us > TOGETHER_US:
            self.note("L2/L3 closed on a car that is live on L1")
        elif not phase and car.i_ma[1] > LOAD_MA and not self._excused():
            self.note("contactor of L2/L3 opened under load")

    def _without_neutral(self):
        self.note("L2/L3 live without L1 and N")

    def _energised(self):
        """L1, L2 and L3 are on the car now: was it ready for that?"""
        habits = self.world.car.habits
        if self.world.car.plugged and habits.single:
            habits.single = False
            if habits.v["bridges"]:
                self.note("phase to phase through the car's bridge")
            else:
                self.note("L2/L3 energised too early for the car")

    def check_cable(self):
        """Called every 200 ms: is there more current than the cable may carry, for long?"""
        car = self.world.car
        if self.socket_cable and car.plugged:
            rating = cable_rating_ma(car.v["cable_ohm"])
            if max(car.i_ma) > rating + rating // 20:
                self._over_cable_ms += CHECK_MS
                if self._over_cable_ms == CABLE_MS:
                    self.note("more current than the cable may carry")
                return
        self._over_cable_ms = 0
