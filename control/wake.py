# SPDX-License-Identifier: MIT
"""Waking a car that sleeps through an offer: -12 V once, then a CP break, then honesty.

A car that does not close S2 within 30 s of B1 to B2 gets state F for 4 s and x1 for 0.75 s
(IEC 61851-1 A.5.3, informative; EV READY wants 0.5 to 1 s of x1). If it had charged or been
paused before, and is still in B 60 s later, the pilot is opened for 30 s as if unplugged.
After that the car is "not responding", and keeps its offer in B2. A car that opened S2 by
itself is never woken: it has its reasons.
"""

from micropython import const

from control import plateau
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1

IDLE = const(0)
WATCHING = const(1)  # B2 after B1, waiting for C
PULSE_F = const(2)
PULSE_X1 = const(3)
WATCHING_2 = const(4)
CP_OPEN = const(5)
WATCHING_3 = const(6)
GIVEN_UP = const(7)
NAMES = ("idle", "watching", "f", "x1", "watching_2", "cp_open", "watching_3", "not_responding")

_FIRST_MS = const(30000)
_F_MS = const(4000)
_X1_MS = const(750)
_SECOND_MS = const(60000)
_CP_OPEN_MS = const(30000)


class Wake:
    """Owner of the wake ladder. `mode` is -1, or the pilot mode that the ladder imposes."""

    def __init__(self, enabled, can_open_cp):
        self.state = IDLE
        self.mode = -1
        self.cp_connect = 1
        self.has_charged = False
        self._enabled = enabled
        self._can_open_cp = can_open_cp
        self._was_pwm = False
        self._state_ms = 0

    def new_session(self):
        """The car has left: forget it."""
        self.has_charged = False
        self._go(IDLE)

    def step(self, dt_ms, letter, mode, allowed):
        """One step with the debounced letter, the session's pilot mode and its permission."""
        if self.state:  # idle may last for weeks, which a small integer does not count
            self._state_ms += dt_ms
        started = mode == PILOT_PWM and not self._was_pwm
        self._was_pwm = mode == PILOT_PWM
        if letter == plateau.C or letter == plateau.D:
            self.has_charged = self.has_charged or mode == PILOT_PWM
            if self.state:
                self._go(IDLE)
        elif not allowed or not self._enabled:
            if self.state:
                self._go(IDLE)
        elif self.state == IDLE:
            if started and letter == plateau.B:
                self._go(WATCHING)
        else:
            self._climb()

    def _climb(self):
        state = self.state
        after_ms = self._state_ms
        if state == WATCHING and after_ms >= _FIRST_MS:
            self._go(PULSE_F, PILOT_F)
        elif state == PULSE_F and after_ms >= _F_MS:
            self._go(PULSE_X1, PILOT_X1)
        elif state == PULSE_X1 and after_ms >= _X1_MS:
            self._go(WATCHING_2 if self.has_charged else WATCHING_3)
        elif state == WATCHING_2 and after_ms >= _SECOND_MS:
            if self._can_open_cp:
                self._go(CP_OPEN, -1, 0)
            else:
                self._go(GIVEN_UP)
        elif state == CP_OPEN and after_ms >= _CP_OPEN_MS:
            self._go(WATCHING_3)
        elif state == WATCHING_3 and after_ms >= _SECOND_MS:
            # A car that never charged may simply be waiting for its own timer: not a failure.
            self._go(GIVEN_UP if self.has_charged else IDLE)

    def _go(self, state, mode=-1, cp_connect=1):
        self.state = state
        self._state_ms = 0
        self.mode = mode
        self.cp_connect = cp_connect
