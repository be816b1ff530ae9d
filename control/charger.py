# SPDX-License-Identifier: MIT
"""The charger: one step from readings to command, read from top to bottom.

pilot (volts to state) -> protection (may we?) -> limits (how many amperes, and who said so)
-> offer -> phases and wake -> session (IEC 61851-1) -> command. Nothing here allocates, waits
or knows the hardware; time comes in with every call.
"""

from micropython import const

from control import events, limits, pilot, plateau
from control.events import EventRing
from control.frequency import Frequency
from control.limits import Limits
from control.offer import Offer
from control.phases import REJOINING
from control.plateau import Plateau
from control.protection import Protection
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1, Command
from control.session import Session
from control.wake import GIVEN_UP, Wake

# Without an answer for this long the meter's numbers are not believed (peers: 1 to 11 s).
METER_STALE_MS = const(3000)
# What may still flow when the charger is blind: the least a pilot can say.
METER_FLOOR_MA = const(6000)

_LIMITS_EVERY_MS = const(100)
_MAX_DT_MS = const(1000)

_NAMES = (("A1", "B1", "C1", "D1", "E", "F"), ("A2", "B2", "C2", "D2", "E", "F"))


class Charger:
    """Owner of all control state. Built once from checked settings (see firmware/settings.py).

    `cable_fixed_ma`: rating of a tethered cable, 0 when the socket's proximity pin is read.
    `grid`: a control.grid.stack.Grid, or None when no grid service is configured.
    """

    def __init__(
        self,
        board_ma,
        phases,
        cable_fixed_ma=0,
        cp_switch=True,
        ventilation=False,
        wake=True,
        grid=None,
        nominal_mhz=50000,
    ):
        self.pilot = Plateau()
        self.protection = Protection()
        self.limits = Limits()
        self.offer = Offer()
        self.phase_switch = phases
        self.wake = Wake(wake, cp_switch)
        self.session = Session(ventilation)
        self.frequency = Frequency(nominal_mhz)
        self.grid = grid
        self.events = EventRing()
        self.command = Command()
        self.command.three_phase = 1 if phases.phases == 3 else 0
        self.authorised = False
        self.plugged = False
        self._cable_fixed_ma = cable_fixed_ma
        self._cp_switch = cp_switch
        self._last_ms = -1
        self._limits_ms = _LIMITS_EVERY_MS
        self._noted_state = -1
        self._noted_contactor = 0
        self._noted_fault = 0
        self._noted_offer = 0
        self._noted_phases = 0
        self._noted_wake = 0
        self._noted_loads = 0
        self.limits.offer(limits.BOARD, board_ma, 0)
        if cable_fixed_ma:
            self.limits.offer(limits.CABLE, cable_fixed_ma, 0)

    # What services and the bench read.

    @property
    def fault(self):
        """Number of the fault in control.protection.NAMES; 0 is none."""
        return self.protection.fault

    @property
    def offer_ma(self):
        """What the duty says now, in mA; 0 while there is no PWM."""
        return self.offer.offer_ma if self.command.pilot_mode == PILOT_PWM else 0

    @property
    def phases(self):
        """3 or 1: the position of the phase relay."""
        return self.phase_switch.phases

    @property
    def not_responding(self):
        """True when the wake ladder has been climbed in vain."""
        return self.wake.state == GIVEN_UP

    @property
    def state_name(self):
        """The state as the standard writes it: "A1", "B2", "C2" ... "E", "F"."""
        mode = self.command.pilot_mode
        if mode == PILOT_F:
            return "F"
        return _NAMES[1 if mode == PILOT_PWM else 0][self.pilot.state]

    # What services ask for.

    def authorise(self, on):
        """Allow energy to flow, or stop in order: x1, wait for the car, open."""
        if on != self.authorised:
            self.authorised = on
            self.events.put(max(self._last_ms, 0), events.AUTHORISED, 1 if on else 0)

    def request_phases(self, phases):
        """Ask for 1 or 3 phases; the sequencer decides when and whether."""
        self.phase_switch.request(phases)

    # The step.

    def step(self, now_ms, readings):
        """One step, every 10 ms: readings in, `self.command` out. Allocates nothing."""
        dt_ms = (now_ms - self._last_ms) & 0x3FFFFFFF if self._last_ms >= 0 else 0
        self._last_ms = now_ms
        if dt_ms > _MAX_DT_MS:
            dt_ms = _MAX_DT_MS
        command = self.command
        meter_ok = readings.meter_age_ms < METER_STALE_MS
        self._measure(dt_ms, readings, meter_ok)
        if self.grid:
            self.grid.step(dt_ms, now_ms, readings, meter_ok, self)
        judged_ma = self.offer_ma if meter_ok else 0
        self.protection.step(
            dt_ms, readings, command, self.pilot.state, self.pilot.diode, judged_ma
        )
        fault = self.protection.fault
        self._limit(dt_ms, now_ms, readings, meter_ok, command.pilot_mode == PILOT_PWM)
        allowed = (
            self.authorised
            and fault == 0
            and self.offer.offer_ma > 0
            and not self.phase_switch.busy()
        )
        session = self.session
        if readings.guard_tripped and session.contactor:
            session.open_now()
        session.step(dt_ms, self.pilot, allowed, fault)
        self.phase_switch.step(
            dt_ms, readings, session.contactor, self.plugged, meter_ok, session.under_load
        )
        if self.phase_switch.state == REJOINING:
            self.offer.restart()
        self.wake.step(dt_ms, self.pilot.state, session.mode, allowed)
        self._fill(command)
        self._note(now_ms, readings)

    def _measure(self, dt_ms, readings, meter_ok):
        command = self.command
        # Own -12 V and an opened CP say nothing about the car: the last state stays.
        if command.pilot_mode != PILOT_F and command.cp_connect:
            self.pilot.step(
                dt_ms,
                readings.cp_high_mv,
                readings.cp_low_mv,
                command.pilot_mode == PILOT_PWM,
            )
        state = self.pilot.state
        if state == plateau.A:
            if self.plugged:
                self.plugged = False
                self.phase_switch.new_session()
                self.wake.new_session()
                self._limits_ms = _LIMITS_EVERY_MS
        elif state != plateau.E and not self.plugged:
            self.plugged = True
            self._limits_ms = _LIMITS_EVERY_MS  # the cable has just come in: read it now
        # Without a voltage the frequency cannot be told from a dead bus: treat it as dead.
        self.frequency.step(
            dt_ms, readings.edge_us, readings.edge_count, readings.l1_mv if meter_ok else 0
        )

    def _limit(self, dt_ms, now_ms, readings, meter_ok, running):
        self._limits_ms += dt_ms
        if self._limits_ms >= _LIMITS_EVERY_MS:
            self._limits_ms = 0
            self._offer_limits(now_ms, readings, meter_ok)
            self.limits.resolve(now_ms)
        self.offer.step(dt_ms, self.limits.limit_ma, self.limits.reason, self.grid, running)
        if self.session.contactor:
            self.offer.soft_start_over()

    def _offer_limits(self, now_ms, readings, meter_ok):
        if not self._cable_fixed_ma and self.command.cp_connect:
            cable_ma = pilot.cable_ma(readings.pp_ohm) if self.plugged else limits.NO_LIMIT
            if cable_ma != self.limits.of(limits.CABLE):
                self.limits.offer(limits.CABLE, cable_ma, now_ms)
        if self.pilot.simplified != (self.limits.of(limits.SIMPLIFIED) < limits.NO_LIMIT):
            if self.pilot.simplified:
                self.limits.offer(limits.SIMPLIFIED, pilot.SIMPLIFIED_MAX_MA, now_ms)
            else:
                self.limits.withdraw(limits.SIMPLIFIED)
        if meter_ok == (self.limits.of(limits.METER) < limits.NO_LIMIT):
            if meter_ok:
                self.limits.withdraw(limits.METER)
            else:
                self.limits.offer(limits.METER, METER_FLOOR_MA, now_ms)

    def _fill(self, command):
        mode = self.session.mode
        cp_connect = self.phase_switch.cp_connect
        if self.wake.mode >= 0:
            mode = self.wake.mode
        if not self.wake.cp_connect:
            cp_connect = 0
        if not cp_connect and not self._cp_switch:
            cp_connect = 1
            mode = PILOT_F  # no switch on this board: -12 V is what comes nearest to an unplug
        elif not cp_connect:
            mode = PILOT_X1
        if (cp_connect != command.cp_connect or mode != command.pilot_mode) and (
            mode == PILOT_F or command.pilot_mode == PILOT_F or not command.cp_connect
        ):
            self.pilot.blank()
        command.pilot_mode = mode
        command.cp_connect = cp_connect
        command.duty_ppm = pilot.duty_ppm(self.offer.offer_ma) if mode == PILOT_PWM else 0
        contactor = self.session.contactor if mode != PILOT_F and cp_connect else 0
        three_phase = 1 if self.phase_switch.phases == 3 else 0
        if contactor != command.contactor or three_phase != command.three_phase:
            self.frequency.blank()  # own switching shifts the phase of the voltage
        command.contactor = contactor
        command.three_phase = three_phase

    def _note(self, now_ms, readings):
        command = self.command
        state = (self.pilot.state << 2) + command.pilot_mode
        if state != self._noted_state:
            self._noted_state = state
            self.events.put(now_ms, events.STATE, self.pilot.state, command.pilot_mode)
        if command.contactor != self._noted_contactor:
            self._noted_contactor = command.contactor
            self.events.put(now_ms, events.CONTACTOR, command.contactor)
            if readings.guard_tripped:
                self.events.put(now_ms, events.GUARD, readings.guard_tripped)
        fault = self.protection.fault
        if fault != self._noted_fault:
            self.events.put(now_ms, events.FAULT, fault or self._noted_fault, 1 if fault else 0)
            self._noted_fault = fault
        offer_ma = self.offer.offer_ma if command.pilot_mode == PILOT_PWM else 0
        if offer_ma != self._noted_offer:
            self._noted_offer = offer_ma
            self.events.put(now_ms, events.OFFER, offer_ma, self.offer.reason)
        if self.phase_switch.state != self._noted_phases:
            self._noted_phases = self.phase_switch.state
            self.events.put(now_ms, events.PHASES, self._noted_phases, self.phase_switch.wanted)
        if self.wake.state != self._noted_wake:
            self._noted_wake = self.wake.state
            self.events.put(now_ms, events.WAKE, self._noted_wake)
        if self.session.under_load != self._noted_loads:
            self._noted_loads = self.session.under_load
            self.events.put(now_ms, events.UNDER_LOAD, readings.l1_ma)
