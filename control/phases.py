# SPDX-License-Identifier: MIT
"""Switching between three phases and one, in an order that cannot hurt the car.

Some cars bridge their inputs when supplied on one phase; energising L2 and L3 again with the
bridge closed is a short between phases (field reports: older Hyundai and
Kia, and warnings in EVerest's manual). Therefore: stop the
car, prove the main contactor open and the current zero, make the car believe it was unplugged,
move the relay, wait, reconnect, start at 6 A. Every step has a time limit; on any failure the
old phase count stays and charging goes on.
"""

from micropython import const

IDLE = const(0)
STOPPING = const(1)  # x1 shown, waiting for an open contactor and no current
PARTING = const(2)  # CP open, 0.5 s before the relay moves
MOVING = const(3)  # relay commanded, waiting for its feedback
WAITING = const(4)  # the car's time to open its bridge
REJOINING = const(5)  # CP back, the session holds x1 and then starts
FAILED = const(6)  # a step ran out of time; noted, then IDLE
REFUSED = const(7)  # not started: dwell, cap, no meter, or the board cannot
NAMES = ("idle", "stopping", "parting", "moving", "waiting", "rejoining", "failed", "refused")

# The session opens 6 s after x1 at the latest; then feedback, and the meter's next answer.
_STOP_LIMIT_MS = const(12000)
_ZERO_MA = const(500)
_PART_MS = const(500)
_MOVE_LIMIT_MS = const(500)
_REJOIN_MS = const(100)
_UNDER_LOAD_WAIT_MS = const(60000)  # WARP: at least 60 s if the contactor opened under load
_RETRY_MS = const(60000)  # after a refusal, before the wish is looked at again
_LONG_MS = const(0x3FFFFFFF)


class Phases:
    """Owner of the phase relay's position. `phases` is 3 or 1 as the relay stands.

    busy: charging must not be allowed. cp_connect: 0 while the car is to see an unplug.
    """

    def __init__(self, phases, can_switch, cap, dwell_ms, wait_down_ms, wait_up_ms):
        """cap: switches per session; dwell_ms between switches; waits with the CP open."""
        self.phases = phases
        self.wanted = phases
        self.state = IDLE
        self.cp_connect = 1
        self._can_switch = can_switch
        self._cap = cap
        self._dwell_ms = dwell_ms
        self._wait_down_ms = wait_down_ms
        self._wait_up_ms = wait_up_ms
        self._count = 0
        self._since_switch_ms = _LONG_MS
        self._state_ms = 0
        self._hold_off_ms = 0
        self._loads = 0
        self._failed = False

    def busy(self):
        """True while the sequence needs the contactor open."""
        return STOPPING <= self.state <= REJOINING

    def request(self, phases):
        """Ask for 1 or 3 phases; acted upon in the next steps. Raises ValueError otherwise."""
        if phases != 1 and phases != 3:
            raise ValueError("phases %r: expected 1 or 3" % phases)
        if phases != self.wanted:
            self.wanted = phases
            self._hold_off_ms = 0

    def new_session(self):
        """A car has been unplugged: its count of switches does not burden the next one."""
        self._count = 0
        self._hold_off_ms = 0

    def step(self, dt_ms, readings, contactor, plugged, meter_ok, under_load):
        """One step; `contactor` is what the session commands, `under_load` its counter."""
        self._count_time(dt_ms)
        state = self.state
        if state == IDLE:
            if self.wanted != self.phases and self._hold_off_ms <= 0:
                self._begin(plugged, meter_ok, under_load)
        elif state == STOPPING:
            self._stopping(readings, contactor, meter_ok)
        elif state == MOVING:
            self._moving(readings)
        elif state == WAITING:
            if not plugged or self._state_ms >= self._wait_ms(under_load):
                self.cp_connect = 1
                self._go(REJOINING)
        elif state == PARTING:
            self._parting(readings)
        elif state != REJOINING or self._state_ms >= _REJOIN_MS:
            self._go(IDLE)

    def _count_time(self, dt_ms):
        if self.state:  # idle may last for weeks, which a small integer does not count
            self._state_ms += dt_ms
        if self._since_switch_ms < _LONG_MS - dt_ms:
            self._since_switch_ms += dt_ms
        if self._hold_off_ms > 0:
            self._hold_off_ms -= dt_ms

    def _begin(self, plugged, meter_ok, under_load):
        too_soon = plugged and self._since_switch_ms < self._dwell_ms
        if not self._can_switch or not meter_ok or too_soon or self._count >= self._cap:
            self._hold_off_ms = _RETRY_MS
            self._go(REFUSED)
            return
        self._loads = under_load
        self._go(STOPPING)

    def _stopping(self, readings, contactor, meter_ok):
        zero = readings.l1_ma < _ZERO_MA and readings.l2_ma < _ZERO_MA
        zero = zero and readings.l3_ma < _ZERO_MA and meter_ok
        if not contactor and not readings.contactor_closed and zero:
            self.cp_connect = 0
            self._go(PARTING)
        elif self._state_ms >= _STOP_LIMIT_MS:
            self._fail()

    def _parting(self, readings):
        if readings.contactor_closed:
            self._fail()  # closed without its coil: nothing may move
        elif self._state_ms >= _PART_MS:
            self.phases = self.wanted
            self._go(MOVING)

    def _moving(self, readings):
        if readings.phase_closed == (1 if self.phases == 3 else 0):
            self._count += 1
            self._since_switch_ms = 0
            self._go(WAITING)
        elif self._state_ms >= _MOVE_LIMIT_MS:
            # Let go of the move: the relay is told to stay where its feedback says it is.
            self.phases = 3 if readings.phase_closed else 1
            self._fail()

    def _wait_ms(self, under_load):
        wait_ms = self._wait_up_ms if self.phases == 3 else self._wait_down_ms
        if under_load != self._loads and wait_ms < _UNDER_LOAD_WAIT_MS:
            wait_ms = _UNDER_LOAD_WAIT_MS
        return wait_ms

    def _fail(self):
        # A failed try counts and waits like a switch: a relay that sticks must not stop the
        # car again and again.
        self.cp_connect = 1
        self._count += 1
        self._hold_off_ms = max(self._dwell_ms, _RETRY_MS)
        self._go(FAILED)

    def _go(self, state):
        self.state = state
        self._state_ms = 0
