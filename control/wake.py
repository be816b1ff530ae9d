# SPDX-License-Identifier: MIT
"""Waking a car that sleeps through an offer: a ladder of three pulses, then honesty.

| pulse  | what the car sees                       | where from                                  |
|--------|-----------------------------------------|---------------------------------------------|
| f_4s   | -12 V for 4 s, x1 for 0.75 s, PWM       | IEC 61851-1 A.5.3 (informative), EV READY   |
| cp_4s  | pilot open for 4 s, as if unplugged     | WARP, openWB                                |
| cp_45s | pilot open for 45 s                     | field: iX3, Tavascan need 45 s; WARP 30 s   |

It starts 30 s after B1 to B2 without an answer, 10 s where it is known what this car needs, and
that pulse is then tried first. Every pulse has 45 s to work. A car that has not charged since it
was plugged in gets one pulse: it may be waiting for its own timer. Not so when the charger kept it
waiting for a minute, or found it plugged in at power-up: then it may have fallen asleep, and gets
the ladder. A car that opened S2 by itself is never woken: it has its reasons. In the end the car
is "not responding" and keeps its offer.
"""

from micropython import const

from control import plateau
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1

IDLE = const(0)
WATCHING = const(1)  # B2, waiting for C
PULSE_F = const(2)
PULSE_X1 = const(3)
CP_OPEN = const(4)
GIVEN_UP = const(5)
NAMES = ("idle", "watching", "f", "x1", "cp_open", "not_responding")

NONE = const(0)
F_4S = const(1)
CP_4S = const(2)
CP_45S = const(3)
PULSES = const(4)
PULSE_NAMES = ("none", "f_4s", "cp_4s", "cp_45s")

_FIRST_MS = const(30000)
_KNOWN_MS = const(10000)
_F_MS = const(4000)
_X1_MS = const(750)
_WATCH_MS = const(45000)
_CP_SHORT_MS = const(4000)
_CP_LONG_MS = const(45000)
# Without an offer for so long a car may have fallen asleep over it.
_WITHHELD_MS = const(60000)
_GONE_MS = const(2000)
# More than this in one session and the pulses are part of the problem (evcc stops after 6).
MOST_PULSES = const(12)


class Wake:
    """Owner of the wake ladder. `mode` is -1, or the pilot mode that the ladder imposes.

    woken_by: the pulse that woke this car last, NONE if none is known; set from what was kept.
    took: the pulse that preceded the last C, NONE when it came unaided. tries: pulses given in
    this session.
    """

    def __init__(self, enabled, can_open_cp):
        self.state = IDLE
        self.mode = -1
        self.cp_connect = 1
        self.pulse = NONE
        self.tries = 0
        self.woken_by = NONE
        self.took = NONE
        self.has_charged = False
        self.still = False  # a step would change nothing while letter and mode stay
        self.enabled = enabled
        self.can_open_cp = can_open_cp
        self._was_pwm = False
        self._withheld_ms = _WITHHELD_MS  # a car that is there at power-up was interrupted
        self._gone_ms = 0
        self._tried = 0  # bit per pulse
        self._wait_ms = 0
        self._state_ms = 0

    def new_session(self):
        """The car has left: forget it."""
        self.has_charged = False
        self.still = False
        self.woken_by = NONE
        self.tries = 0
        self.pulse = NONE
        self._go(IDLE)

    def step(self, dt_ms, letter, mode, allowed):
        """One step with the debounced letter, the session's pilot mode and its permission."""
        pwm = mode == PILOT_PWM
        started = pwm and not self._was_pwm
        self._was_pwm = pwm
        state = self.state
        self.still = False
        if letter == plateau.C or letter == plateau.D:
            if pwm and not self.has_charged:
                self.has_charged = True
            if state:
                self._answered(pwm)
            self.still = True
        elif letter == plateau.A or not allowed or not self.enabled:
            self.still = self._withhold(dt_ms, letter)
            if state:
                self._rest()
        elif state == IDLE:
            if started and letter == plateau.B:
                self._tried = 0
                self._go(WATCHING, _FIRST_MS)
        elif state != GIVEN_UP:  # that may last for weeks, which a small integer does not count
            self._wait(dt_ms, state)

    def _withhold(self, dt_ms, letter):
        """Returns True when a car has been away for so long that there is nothing to count."""
        if letter != plateau.A:
            self._gone_ms = 0
            if self._withheld_ms < _WITHHELD_MS:
                self._withheld_ms += dt_ms
        elif self._gone_ms < _GONE_MS:  # the first moment after power-up reads like no car
            self._gone_ms += dt_ms
        elif self._withheld_ms:
            self._withheld_ms = 0
        else:
            return True
        return False

    def _interrupted(self):
        return self.has_charged or self._withheld_ms >= _WITHHELD_MS

    def _answered(self, pwm):
        if pwm:
            self.took = self.pulse
            self.woken_by = self.pulse or self.woken_by
        self._rest()

    def _rest(self):
        self.pulse = NONE
        self._go(IDLE)

    def _wait(self, dt_ms, state):
        self._state_ms += dt_ms
        known = self.woken_by and not self._tried
        if self._state_ms < (_KNOWN_MS if known else self._wait_ms):
            return
        if state == WATCHING:
            self._next_pulse()
        elif state == PULSE_F:
            self._go(PULSE_X1, _X1_MS, PILOT_X1)
        else:
            self._go(WATCHING, _WATCH_MS)

    def _next_pulse(self):
        pulse = self._choose()
        if pulse == NONE:
            # A car that never charged may simply be waiting for its own timer: no failure.
            self.pulse = NONE
            self._go(GIVEN_UP if self._interrupted() else IDLE)
            return
        self.pulse = pulse
        self.tries += 1
        self._tried |= 1 << pulse
        if pulse == F_4S:
            self._go(PULSE_F, _F_MS, PILOT_F)
        else:
            self._go(CP_OPEN, _CP_SHORT_MS if pulse == CP_4S else _CP_LONG_MS, -1, 0)

    def _choose(self):
        if self.tries >= MOST_PULSES:
            return NONE
        if self.woken_by and not self._tried:
            return self.woken_by
        if self._tried and not self._interrupted():
            return NONE
        for pulse in range(F_4S, PULSES):
            # Without the switch an open CP is replaced by F; a short one would be the first again.
            if not self._tried & (1 << pulse) and (self.can_open_cp or pulse != CP_4S):
                return pulse
        return NONE

    def _go(self, state, wait_ms=0, mode=-1, cp_connect=1):
        self.state = state
        self._wait_ms = wait_ms
        self._state_ms = 0
        self.mode = mode
        self.cp_connect = cp_connect
