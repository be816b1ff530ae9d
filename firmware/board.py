# SPDX-License-Identifier: MIT
"""The board at work: builds the drivers from a board's data, reads them, applies commands.

readings = board.read(now_ms) -> command = charger.step(...) -> board.apply(now_ms, command)
"""

from machine import Pin

from control.guard import Guard
from control.readings import PILOT_X1, Readings
from drivers.contactor import Contactors
from drivers.cp_switch import CpSwitch
from drivers.guard_timer import GuardTimer
from drivers.rcd import Rcd

_PROXIMITY_EVERY = 10  # steps; a cable does not change its resistor in less than 100 ms
_ALIVE_MV = 115000  # with less than half the voltage a dead load side proves nothing
_FRESH_MS = 1000


class Board:
    """Owner of the drivers and of the one Readings object. `data` is a module of boards/.

    settings (firmware/settings.py) say which of its parts are fitted and believed.
    """

    def __init__(self, data, settings):
        from firmware import parts  # forgotten once all is built (app.py)

        self.readings = Readings()
        self.contactors = Contactors(
            parts.coil(data, settings),
            data.PHASE_RELAY,
            data.CONTACTOR_FEEDBACK,
            data.PHASE_FEEDBACK,
            data.PHASE_WIRING == "2+2",
        )
        self.pilot = parts.pilot(data)
        self.sense = parts.sense(data, settings)
        self._check_sense = getattr(self.sense, "check", None)
        self.rcd = Rcd(data.RCD_OK, data.RCD_TEST)
        self.proximity = parts.proximity(data, self.sense)
        self.mains = None
        self.mains_driver = parts.mains(data, settings)
        self.meter = parts.meter(data, settings)
        self.reader = parts.reader(data, settings)
        self._earth = Pin(data.PE_OK, Pin.IN, Pin.PULL_DOWN) if settings.pe_monitor else None
        self._mirror = settings.contact_check != "load"
        self._load = None
        if settings.contact_check != "mirror":
            self._load = Pin(data.LOAD_L1, Pin.IN, Pin.PULL_DOWN)
        self.temperature = None
        if settings.temperature_sensor != "none":
            self.temperature = parts.temperature(data, settings)
        self._cp_switch = CpSwitch(data.CP_CONNECT)
        self._rcd_test = 0
        self.guard = Guard()
        self._guard_timer = GuardTimer(self.guard, self.contactors, self.sense, self.rcd)
        self._duty = None
        if hasattr(self.sense, "duty_ppm"):  # it can read the duty back
            from drivers.duty_check import DutyCheck

            self._duty = DutyCheck(self.pilot, self.sense)
        self._steps = 0
        self._meter_answers = -1

    def time_mains(self):
        """Time the mains' zero crossings from now on: once the frequency is asked for."""
        if self.mains is None:
            from firmware import lazy

            module, name, pins = self.mains_driver
            self.mains = getattr(lazy.load(module), name)(*pins)

    def read(self, now_ms):
        """Overwrite the readings with what the hardware says now."""
        readings = self.readings
        if self._check_sense:
            self._check_sense()
        readings.cp_high_mv = self.sense.high_mv()
        readings.cp_low_mv = self.sense.low_mv()
        contactors = self.contactors
        closed = contactors.main_closed()
        readings.contactor_closed = closed if self._load is None else self._judge(closed)
        readings.phase_closed = contactors.phase_closed()
        readings.rcd_ok = self.rcd.ok()
        if self.mains:
            readings.edge_count = self.mains.take(readings.edge_us)
        guard = self.guard
        readings.guard_tripped = guard.reason if guard.tripped else 0
        meter = self.meter
        readings.meter_age_ms = meter.age_ms(now_ms)
        if meter.answers != self._meter_answers:
            self._meter_answers = meter.answers
            self._copy(readings, meter)
        self._steps += 1
        if self._steps >= _PROXIMITY_EVERY:
            self._steps = 0
            readings.pp_ohm = self.proximity.ohm()
            if self._duty:
                readings.pilot_ok = self._duty.look()
            if self._earth:
                readings.pe_ok = self._earth.value()
            if self.temperature:
                readings.temperature_dc = self.temperature.dc
                readings.temperature_age_ms = self.temperature.age_ms(now_ms)
        return readings

    def _judge(self, mirror):
        """Mirror contact and load-side voltage together: the one that contradicts the coil."""
        readings = self.readings
        # Without mains (or a meter to tell) the voltage behind the contacts says nothing.
        if readings.meter_age_ms > _FRESH_MS or readings.l1_mv < _ALIVE_MV:
            return mirror
        live = self._load.value()
        if not self._mirror:
            return live
        return mirror & live if self.contactors.main else mirror | live

    def _copy(self, readings, meter):
        readings.l1_ma = meter.l1_ma
        readings.l2_ma = meter.l2_ma
        readings.l3_ma = meter.l3_ma
        readings.l1_mv = meter.l1_mv
        readings.l2_mv = meter.l2_mv
        readings.l3_mv = meter.l3_mv
        readings.power_w = meter.power_w
        readings.energy_wh = meter.energy_wh

    def apply(self, now_ms, command):
        """Make the hardware do what `command` says, as far as the guard allows."""
        guard = self.guard
        guard.renew(command.contactor, command.blink)
        main = 0 if guard.tripped else command.contactor
        self.contactors.drive(main, command.three_phase, now_ms)
        self.pilot.drive(command.pilot_mode, command.duty_ppm)
        self._cp_switch.connect(command.cp_connect)
        if command.rcd_test != self._rcd_test:
            self._rcd_test = command.rcd_test
            self.rcd.test(command.rcd_test)

    def close(self):
        """Open the contactor, offer nothing, stop the guard's timer: the program ends."""
        self._guard_timer.stop()
        self.pilot.drive(PILOT_X1, 0)  # the PWM would go on by itself
        for part in (self.sense, self.mains):  # and so would DMA
            stop = getattr(part, "stop", None)
            if stop:
                stop()
