# SPDX-License-Identifier: MIT
"""The charger: one step from readings to command, read from top to bottom.

pilot (volts to state) -> protection (may we?) -> limits (how many amperes, and who said so)
-> offer -> phases and wake -> session (IEC 61851-1) -> command. Nothing here allocates, waits
or knows the hardware; time comes in with every call. What need not be looked at every 10 ms has
its turn in one of ten steps.
"""

from micropython import const

from control import care, events, limits, pilot, policy, protection
from control.limits import Limits
from control.notes import Notes, Pace
from control.offer import Offer
from control.pause import Pause
from control.phases import REJOINING
from control.plateau import Plateau
from control.protection import Protection
from control.rcd_test import RcdTest
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1, Command
from control.session import Session
from control.sources import Sources
from control.wake import GIVEN_UP, Wake

# Without an answer for this long the meter's numbers are not believed (peers: 1 to 11 s).
METER_STALE_MS = const(3000)

_A = const(0)  # as in control.plateau
_E = const(4)
_ROUND = const(10)
_MAX_DT_MS = const(1000)
# BMW plug-in hybrids show B for half a second after a duty change (WARP: 550 ms).
_BLINK_MS = const(550)
_BLINK_LOW_MV = const(7000)  # what the blink looks like: B and its edges, never an unplug
_BLINK_HIGH_MV = const(10500)

_NAMES = (("A1", "B1", "C1", "D1", "E", "F"), ("A2", "B2", "C2", "D2", "E", "F"))


class Charger:
    """Owner of all control state. Built once from checked settings (see firmware/app.py).

    board_ma: what the hardware can carry. phases: a control.phases.Phases. options: what it is
    fitted with, by the names of control/fitted.py.
    """

    def __init__(self, board_ma, phases, **options):
        from control.fitted import Fitted  # not needed again (firmware/app.py)

        fitted = Fitted(options)
        self.pilot = Plateau()
        self.protection = Protection(fitted.together)
        self.limits = Limits()
        self.sources = Sources(self.limits, fitted.cable_fixed_ma, fitted.thermal, fitted.supply)
        self.offer = Offer()
        self.phase_switch = phases
        self.policy = fitted.row
        self.wake = Wake(fitted.wake and self.policy[policy.WAKE], fitted.cp_switch)
        self.pause = fitted.pause or Pause()
        self.learn = None  # a Learn while somebody keeps what the car shows (firmware/cars.py)
        self.rcd_test = RcdTest(fitted.rcd_test)
        self.session = Session(fitted.ventilation)
        self.frequency = None
        self.grid = fitted.grid
        self.notes = Notes()
        self.events = self.notes.events
        self.command = Command()
        self.authorised = False
        self.plugged = False
        self._nominal_mhz = fitted.nominal_mhz
        self._pace = Pace(_ROUND - 1)
        self._blink_ms = self._duty_of_ma = self._operations = 0
        self.limits.offer(limits.BOARD, board_ma, 0)
        if self.grid:
            self.measure_frequency()

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
            self.events.put(max(self._pace.last_ms, 0), events.AUTHORISED, 1 if on else 0)

    def measure_frequency(self):
        """From now on; needed before `grid` is set. Loads 5 KB, so never in a step."""
        if self.frequency is None:
            from control.frequency import Frequency

            self.frequency = Frequency(self._nominal_mhz)

    def request_phases(self, phases):
        """Ask for 1 or 3 phases; the sequencer decides when and whether."""
        self.phase_switch.request(phases)

    def acknowledge(self):
        """A person says that the cause of a latched fault is repaired; the monitor is tested."""
        self.protection.acknowledge()
        self.rcd_test.request()

    def step(self, now_ms, readings):
        """One step, every 10 ms: readings in, `self.command` out. Allocates nothing."""
        pace = self._pace
        dt_ms = (now_ms - pace.last_ms) & 0x3FFFFFFF if pace.last_ms >= 0 else 0
        pace.last_ms = now_ms
        if dt_ms > _MAX_DT_MS:
            dt_ms = _MAX_DT_MS
        command = self.command
        guarded = self.protection
        session = self.session
        switch = self.phase_switch
        offer = self.offer
        grid = self.grid
        seen = self.pilot
        running = command.pilot_mode == PILOT_PWM
        meter_ok = readings.meter_age_ms < METER_STALE_MS
        self._measure(dt_ms, readings, meter_ok, running, command, seen)
        if grid:
            grid.step(dt_ms, self)
        offer_ma = offer.offer_ma if running else 0
        letter = seen.state
        guarded.step(dt_ms, readings, command, letter, seen.diode, offer_ma if meter_ok else 0)
        fault = guarded.fault
        pace.sum_ms += dt_ms
        turn = pace.turn + 1
        pace.turn = turn
        if not turn & 1 or turn == 5:
            self._take_turn(turn, now_ms, readings, meter_ok, offer_ma)
        offer.step(dt_ms, self.limits.limit_ma, self.limits.reason, grid, running)
        quiet = switch.quiet
        allowed = (
            self.authorised and fault == 0 and offer.offer_ma > 0 and (quiet or not switch.busy())
        )
        if session.contactor and (offer.soft_start or readings.guard_tripped):
            offer.soft_start_over()
            if readings.guard_tripped:
                session.open()
        test = self.rcd_test
        session.step(
            dt_ms, seen, allowed, fault, test.ready, readings.l1_ma if meter_ok else 80000
        )
        if not quiet:
            switch.step(dt_ms, readings, session, self.plugged, meter_ok, fault)
            if switch.state == REJOINING and self.plugged:
                offer.restart()
        mode = session.mode
        made_of = (
            letter + 8 * mode + 32 * session.contactor + 64 * test.output + 128 * guarded.fault
        )
        moved = made_of != pace.made_of or not quiet
        wake = self.wake
        if moved or not wake.still:
            wake.step(dt_ms, letter, mode, allowed)
            moved = moved or wake.mode >= 0 or wake.state != pace.wake
        if moved or offer.offer_ma != self._duty_of_ma or command.blink:
            # Else all is as in the last step, the command and what is noted, too.
            self._fill(command, made_of)
            self.notes.step(now_ms, self, readings)

    def _measure(self, dt_ms, readings, meter_ok, running, command, seen):
        # Own -12 V and an opened CP say nothing about the car: the last state stays.
        if command.pilot_mode != PILOT_F and command.cp_connect:
            high_mv = readings.cp_high_mv
            if self._blink_ms <= 0 or not _BLINK_LOW_MV < high_mv < _BLINK_HIGH_MV:
                seen.step(dt_ms, high_mv, readings.cp_low_mv, running)
            state = seen.state
            if state == _A:
                if self.plugged:
                    self.unplugged()
            elif state != _E and not self.plugged:
                self.plugged = True
                if self.learn:
                    self.learn.forget()
                self._pace.turn = _ROUND - 1  # the cable has just come in: read it now
        if self._blink_ms > 0:
            self._blink_ms -= dt_ms
        frequency = self.frequency
        if frequency:
            # Without a voltage the frequency cannot be told from a dead bus: treat it as dead.
            lowest_mv = readings.l1_mv if meter_ok else 0
            frequency.step(dt_ms, readings.edge_us, readings.edge_count, lowest_mv)
        if self.rcd_test.state:
            self._test(dt_ms, readings)

    def unplugged(self):
        """The car has gone: what belongs to it is forgotten when the next one comes."""
        if not self.plugged:
            return
        self.plugged = False
        self.phase_switch.new_session()
        self.wake.new_session()
        self.pause.new_session()
        if self.session.operations != self._operations:
            self._operations = self.session.operations
            self.rcd_test.request()
        self._pace.turn = _ROUND - 1

    def _test(self, dt_ms, readings):
        test = self.rcd_test
        test.step(dt_ms, readings.rcd_ok)
        self.protection.testing = test.state != 0
        if test.state == 0 and test.failed:
            self.protection.restore(protection.RCD_TEST)

    def _take_turn(self, turn, now_ms, readings, meter_ok, offer_ma):
        """A part of what is looked at each 100 ms."""
        pace = self._pace
        if turn >= _ROUND:
            pace.turn = 0
            pace.round_ms = pace.sum_ms
            pace.sum_ms = 0
            self.sources.cable(now_ms, readings, self.plugged, self.command.cp_connect)
            self.sources.car(now_ms, self.pilot.simplified, meter_ok)
            self.limits.resolve(now_ms)
        elif turn == 2:
            care.learn_from(pace.round_ms, self, readings, meter_ok, offer_ma)
        elif turn == 4:
            found = self.sources.board(pace.round_ms, now_ms, readings, meter_ok, self.phases)
            if found:
                self.protection.found = found
        elif turn == 5:
            if self.grid:
                self.grid.look(pace.round_ms, now_ms, readings, meter_ok, self)
        elif turn == 6:
            care.treat(pace.round_ms, self)
        elif turn == 8:
            care.look_after(pace.round_ms, self, readings)
            if self.sources.cable_gone(pace.round_ms, readings, self.command.cp_connect):
                self.unplugged()
            self.notes.rest(now_ms, self, readings)

    def _fill(self, command, made_of):
        session = self.session
        wake = self.wake
        self._pace.made_of = made_of
        self._pace.wake = wake.state
        switch = self.phase_switch
        mode = wake.mode if wake.mode >= 0 else session.mode
        cp_connect = switch.cp_connect if wake.cp_connect else 0
        if not cp_connect:
            if wake.can_open_cp:
                mode = PILOT_X1
            else:
                cp_connect = 1
                mode = PILOT_F  # no switch: -12 V is what comes nearest to an unplug
        if mode != command.pilot_mode or cp_connect != command.cp_connect:
            if mode == PILOT_F or command.pilot_mode == PILOT_F or not command.cp_connect:
                self.pilot.blank()  # the charger's own doing is no news of the car
            command.pilot_mode = mode
            command.cp_connect = cp_connect
        self._duty_of_ma = self.offer.offer_ma
        duty_ppm = pilot.duty_ppm(self._duty_of_ma) if mode == PILOT_PWM else 0
        contactor = session.contactor if mode != PILOT_F and cp_connect else 0
        if duty_ppm != command.duty_ppm:
            command.duty_ppm = duty_ppm
            if contactor and duty_ppm and self.policy[policy.BLINK]:
                self._blink_ms = _BLINK_MS
        command.blink = 1 if self._blink_ms > 0 else 0
        may_stand = contactor or not self.protection.together
        three_phase = 1 if switch.phases == 3 and may_stand else 0
        if contactor != command.contactor or three_phase != command.three_phase:
            command.contactor = contactor
            command.three_phase = three_phase
            if self.frequency:
                self.frequency.blank()  # own switching shifts the phase of the voltage
        command.rcd_test = self.rcd_test.output
