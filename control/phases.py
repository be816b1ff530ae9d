# SPDX-License-Identifier: MIT
"""Switching between three phases and one, in an order that cannot hurt the car.

Some cars bridge their inputs when supplied on one phase; energising L2 and L3 again with the
bridge closed is a short between phases (field reports: older Hyundai and Kia, and warnings in
EVerest's manual). Therefore: stop the car, prove zero current and then the main contactor open,
make the car believe it was unplugged, move the relay, wait, reconnect, start at 6 A.

| step      | waits for                                   | at most    | otherwise              |
|-----------|---------------------------------------------|------------|------------------------|
| stopping  | no current, contactor open                  | 5.5 / 12 s | old phases: car_draws, |
|           |                                             |            | weld, no_meter, timeout|
| parting   | 0.5 s with CP open, contactor still open    | 0.5 s      | old phases: weld, fault|
| moving    | the relay's own contact                     | 0.5 s      | returning              |
| returning | the relay's own contact, back where it was  | 0.5 s      | fault phase_relay      |
| waiting   | the car's time to open its bridge; unplug   | its time   | weld, relay            |
| rejoining | the pilot's first readings                  | 0.1 s      | -                      |

A car that still draws 5.5 s after x1 is not opened upon: the switch is given up, charging goes on.
"""

from micropython import const

IDLE = const(0)
STOPPING = const(1)
PARTING = const(2)
MOVING = const(3)
RETURNING = const(4)
WAITING = const(5)
REJOINING = const(6)
FAILED = const(7)  # a step ran out of time; noted, then IDLE on the old phases
REFUSED = const(8)  # not started
_IN_ORDER = ("idle", "stopping", "parting", "moving", "returning", "waiting", "rejoining")
NAMES = _IN_ORDER + ("failed", "refused")

NONE = const(0)
BOARD = const(1)  # the hardware cannot
NO_METER = const(2)  # zero current cannot be proven
DWELL = const(3)  # too soon after the last switch
CAP = const(4)  # switched often enough in this session
POLICY = const(5)  # this car must not be switched, or would not use it
CAR_DRAWS = const(6)  # still draws current 5.5 s after x1
WELD = const(7)  # main contacts closed without their coil
RELAY = const(8)  # the relay did not follow
FAULT = const(9)  # a fault of protection came in between
TIMEOUT = const(10)
_REFUSALS = ("none", "board", "no_meter", "dwell", "cap", "policy")
WHY_NAMES = _REFUSALS + ("car_draws", "weld", "relay", "fault", "timeout")

# Half a second before the session would open a contactor under load (sequence 10.2, 6 s).
_DRAWS_LIMIT_MS = const(5500)
# The session opens 6 s after x1 at the latest; then feedback, and the meter's next answer.
_STOP_LIMIT_MS = const(12000)
_ZERO_MA = const(500)
# More than a meter's lag of 0.3 s explains in a car that ramps down: it opened under load.
_LOADED_MA = const(3000)
_PART_MS = const(500)
_MOVE_LIMIT_MS = const(500)
_REJOIN_MS = const(100)
_UNDER_LOAD_WAIT_MS = const(60000)  # WARP: at least 60 s if the contactor opened under load
_RETRY_MS = const(60000)
_BOOT_MS = const(3000)  # for the meter's first answer, before charging starts on fewer phases
_LOOK_MS = const(300)  # of it: is there a car? (the pilot needs its debounce)
_LONG_MS = const(0x3FFFFFFF)


class Phases:
    """Owner of the phase relay's position. `phases` is 3 or 1 as the relay stands.

    why: of the last refusal or failure (WHY_NAMES). cp_connect: 0 while the car is to see an
    unplug. may_switch: 0 when the car's policy forbids it. quiet: a step would change nothing.
    """

    def __init__(self, phases, can_switch, cap, dwell_ms, wait_down_ms, wait_up_ms, mirror=1):
        """cap: switches per session; dwell_ms between switches; waits with the CP open.

        mirror: 0 on boards whose L2/L3 contactor closes with the main one ("2+2"): then
        there is nothing to be seen of a move before the next closing.
        """
        self.phases = phases
        self.wanted = phases
        self.state = IDLE
        self.quiet = False
        self.why = NONE
        self.cp_connect = 1
        self.may_switch = 1
        self.switches = 0
        self._can_switch = can_switch
        self._cap = cap
        self._dwell_ms = dwell_ms
        self._wait_down_ms = wait_down_ms
        self._wait_up_ms = wait_up_ms
        self._mirror = mirror
        self._since_switch_ms = _LONG_MS
        self._state_ms = self._hold_off_ms = self._loads = 0
        self._loaded = False
        self._owes = False  # a wait, to the car that is plugged in
        self._booted = not can_switch
        self._boot_ms = 0  # left for the relay to get where it is wanted, after a start

    def busy(self):
        """True while the sequence needs the contactor open."""
        return self._boot_ms > 0 or self._owes or STOPPING <= self.state <= REJOINING

    def request(self, phases):
        """Ask for 1 or 3 phases; acted upon in the next steps. Raises ValueError otherwise."""
        if phases != 1 and phases != 3:
            raise ValueError("phases %r: expected 1 or 3" % phases)
        if phases != self.wanted:
            self.wanted = phases
            self.quiet = False
            self._hold_off_ms = 0
            self.why = NONE

    def kept(self, phases):
        """Before the first step: where the relay stood when the power went (1 or 3).

        A car that was on three phases cannot have bridged its inputs since: no long wait. Without
        this the relay's feedback tells, and a car that is plugged in gets the whole sequence.
        """
        if phases == self.wanted and self._can_switch:
            self.phases = phases
            self._booted = True

    def new_session(self):
        """A car has been unplugged: its count of switches does not burden the next one."""
        self._owes = False
        self.switches = 0
        self._hold_off_ms = 0
        self.why = NONE

    def rest(self, dt_ms):
        """Time passes; called now and then, in any state."""
        if self._since_switch_ms < _LONG_MS - dt_ms:
            self._since_switch_ms += dt_ms
        if self._hold_off_ms > 0:
            self._hold_off_ms -= dt_ms

    def step(self, dt_ms, readings, session, plugged, meter_ok, fault):
        """One step. `session` is the Session, `fault` protection's number."""
        state = self.state
        if state == IDLE:
            if not self._booted or self._boot_ms > 0:
                self._boot(dt_ms, readings)
            self.quiet = self.wanted == self.phases and not self._owes
            if not (self.quiet or fault):
                self._idle(readings, session, plugged, meter_ok)
            return
        self._state_ms += dt_ms
        if state == STOPPING:
            self._stopping(readings, session, plugged, meter_ok, fault)
        elif state == PARTING:
            self._parting(readings, fault)
        elif state == MOVING:
            self._moving(readings, plugged)
        elif state == WAITING:
            self._waiting(readings, plugged)
        elif state == RETURNING:
            self._returning(readings)
        elif state != REJOINING or self._state_ms >= _REJOIN_MS:
            self._go(IDLE)

    def _idle(self, readings, session, plugged, meter_ok):
        if self._owes:
            self._wait_again(readings, plugged)
        elif self._hold_off_ms <= 0 and self._boot_ms <= _BOOT_MS - _LOOK_MS:
            self._begin(session, plugged, meter_ok)

    def _boot(self, dt_ms, readings):
        if not self._booted:
            self._booted = True
            self._boot_ms = _BOOT_MS
            self.phases = 3 if self._mirror and readings.phase_closed else 1
        self._boot_ms = self._boot_ms - dt_ms if self.wanted != self.phases else 0

    def _begin(self, session, plugged, meter_ok):
        why = NONE
        if not self._can_switch:
            why = BOARD
        elif not meter_ok:
            why = NO_METER
        elif plugged:
            if not self.may_switch:
                why = POLICY
            elif self.switches >= self._cap:
                why = CAP
            elif self._since_switch_ms < self._dwell_ms:
                why = DWELL
        if why:
            # Said once, looked at again later; what cannot change now, with the next wish or car.
            self._hold_off_ms = _LONG_MS if why in (BOARD, CAP, POLICY) else 500
            if why != self.why:
                self.why = why
                self._go(REFUSED)
            return
        self.why = NONE
        self._boot_ms = 0
        self._loads = session.under_load
        self._loaded = False
        self._go(STOPPING)

    def _stopping(self, readings, session, plugged, meter_ok, fault):
        most_ma = max(readings.l1_ma, readings.l2_ma, readings.l3_ma)
        if session.contactor:
            if fault:
                self._fail(FAULT)
            elif not meter_ok:
                self._fail(NO_METER)
            elif self._state_ms >= _DRAWS_LIMIT_MS and most_ma >= _ZERO_MA:
                self._fail(CAR_DRAWS)
            self._loaded = most_ma >= _LOADED_MA
        elif fault or not meter_ok:
            self._fail(FAULT if fault else NO_METER)
        elif not readings.contactor_closed and most_ma < _ZERO_MA:
            if session.under_load != self._loads:
                self._loaded = True
            if plugged:
                self.cp_connect = 0
                self._go(PARTING)
            else:
                self._move()
        elif self._state_ms >= _STOP_LIMIT_MS:
            self._fail(WELD if readings.contactor_closed else TIMEOUT)

    def _parting(self, readings, fault):
        if readings.contactor_closed:
            self._fail(WELD)  # closed without its coil: nothing may move
        elif fault:
            self._fail(FAULT)
        elif self._state_ms >= _PART_MS:
            self._move()

    def _move(self):
        self.phases = self.wanted
        self._go(MOVING)

    def _stands(self, readings):
        return not self._mirror or readings.phase_closed == (1 if self.phases == 3 else 0)

    def _moving(self, readings, plugged):
        if readings.contactor_closed:
            self._owes = plugged
            self._fail(WELD)  # the relay stays where it is told: nothing moves under voltage
        elif self._stands(readings):
            if plugged:
                self.switches += 1
                self._since_switch_ms = 0
            self._owes = plugged
            self._go(WAITING)
        elif self._state_ms >= _MOVE_LIMIT_MS:
            self.phases = 4 - self.phases  # let go of the move
            self._note_failure(RELAY)
            self._go(RETURNING)

    def _returning(self, readings):
        if readings.contactor_closed:
            self._fail(WELD)
        elif self._stands(readings) or self._state_ms >= _MOVE_LIMIT_MS:
            self._go(WAITING)

    def _waiting(self, readings, plugged):
        if readings.contactor_closed:
            self._fail(WELD)
        elif not plugged or self._state_ms >= self._wait_ms():
            again = plugged and self.wanted != self.phases and self.switches < self._cap
            if again and not self.why:
                self._move()  # another wish came meanwhile: before the car is back
            else:
                self._owes = False
                self.cp_connect = 1
                self._go(REJOINING)

    def _wait_again(self, readings, plugged):
        # The relay has moved, but the car has not had its time: nothing closes before that.
        if not plugged:
            self._owes = False
        elif not readings.contactor_closed:
            self.cp_connect = 0
            self._go(WAITING)

    def _wait_ms(self):
        # After a failed move the car meets what it has left: the short wait will do.
        up = self.phases == 3 and self.why != RELAY
        wait_ms = self._wait_up_ms if up else self._wait_down_ms
        return max(wait_ms, _UNDER_LOAD_WAIT_MS) if self._loaded else wait_ms

    def _note_failure(self, why):  # counts and waits like a switch: no stop after stop
        self.why = why
        self.switches += 1
        self._hold_off_ms = max(self._dwell_ms, _RETRY_MS)

    def _fail(self, why):
        self.cp_connect = 1
        self._note_failure(why)
        self._go(FAILED)

    def _go(self, state):
        self.state = state
        self._state_ms = 0
