# SPDX-License-Identifier: MIT
"""A charger on paper for the control tests: readings set by hand, time moved by hand.

The car's voltages follow the command as a real car's would, so that a test only says "C".
"""

from control import limits
from control.charger import Charger
from control.learn import Learn
from control.phases import Phases
from control.readings import PILOT_F, PILOT_PWM, Readings

HIGH_MV = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0}


class Rig:
    """`car` is the letter that the car shows; contacts follow their coils after 20 ms."""

    def __init__(self, start_ms=(1 << 30) - 2000, phases=3, mirror=1, **options):
        switch = Phases(phases, True, 5, 60000, 10000, 20000, mirror)
        self.charger = Charger(32000, switch, **options)
        self.charger.learn = Learn()  # as firmware/app.py does for a car
        self.together = options.get("together", False)
        self.readings = Readings()
        self.readings.rcd_ok = 1  # see `residual` and `monitor_works`
        self.readings.meter_age_ms = 0
        self.readings.l1_mv = self.readings.l2_mv = self.readings.l3_mv = 230000
        self.readings.pp_ohm = 220
        self.car_phases = 3  # how many of the phases on offer it uses
        self.now_ms = start_ms
        self.t_ms = 0
        self.step_ms = 10
        self.pwm_ms = 2000  # how long the car has seen the PWM (see test_phases_and_wake)
        self.car = "A"
        self.diode = True
        self.weld = False
        self.no_close = False
        self.phase_stuck = False
        self.phase_drops = False  # the relay's coil has lost its supply
        self.short = False
        self.monitor_works = True  # the residual-current monitor reacts to its test
        self.residual = False
        self.current_ma = 0  # what the car draws while the contactor is closed
        self.draws_in_b = False  # a car that opens S2 under load
        self.leak_ma = 0  # in L1, though the contacts are said to be open
        self.stray_ma = 0  # in L2, whatever the relay says
        self.closed_ms = -1
        self.opened_ms = -1

    def step(self):
        readings = self.readings
        command = self.charger.command
        high_mv = 0 if self.short else HIGH_MV[self.car]
        low_mv = high_mv
        if command.pilot_mode == PILOT_PWM:
            low_mv = -12000 if self.diode else -high_mv
        elif command.pilot_mode == PILOT_F:
            high_mv = low_mv = -12000
        readings.cp_high_mv = high_mv
        readings.cp_low_mv = low_mv
        coil = command.contactor
        readings.contactor_closed = 1 if (coil and not self.no_close) or self.weld else 0
        if self.phase_drops:
            readings.phase_closed = 0
        elif not self.phase_stuck and not (readings.contactor_closed and not self.together):
            # The wiring's own interlock: the relay's coil hangs on a mirror contact.
            readings.phase_closed = command.three_phase
        flowing = readings.contactor_closed and (self.car in "CD" or self.draws_in_b)
        current_ma = self.current_ma if flowing else 0
        readings.l1_ma = current_ma or self.leak_ma
        readings.l2_ma = current_ma if readings.phase_closed and self.car_phases > 1 else 0
        if flowing and self.stray_ma:
            readings.l2_ma = self.stray_ma
        readings.l3_ma = current_ma if readings.phase_closed and self.car_phases > 2 else 0
        tripped = self.residual or (command.rcd_test and self.monitor_works)
        readings.rcd_ok = 0 if tripped else 1
        self.charger.step(self.now_ms, readings)
        if coil != command.contactor:
            if command.contactor:
                self.closed_ms = self.t_ms
            else:
                self.opened_ms = self.t_ms
        self.now_ms = (self.now_ms + self.step_ms) & 0x3FFFFFFF
        self.t_ms += self.step_ms

    def run(self, ms, car=None):
        """Go on for `ms` with the car showing `car`."""
        if car:
            self.car = car
        for _ in range(ms // self.step_ms):
            self.step()
        return self

    def wait(self, ms, car=None):
        """The same in steps of 50 ms, for when nothing quick is looked at."""
        self.step_ms = 50
        self.run(ms, car)
        self.step_ms = 10
        return self

    @property
    def closed(self):
        return self.charger.command.contactor

    @property
    def state(self):
        return self.charger.state_name


def charging(**options):
    """A rig with a car that charges at the cable's 32 A."""
    rig = Rig(**options)
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(1500, "C")
    assert rig.state == "C2" and rig.closed
    return rig


def ocpp_limit(rig, ma):
    """A limit as a central system would give it."""
    rig.charger.limits.offer(limits.OCPP, ma, rig.now_ms)
