# SPDX-License-Identifier: MIT
"""The charging session of IEC 61851-1: x1 or x2, and when the contactor may be closed.

The sequence numbers are those of Table A.6. Numbers marked "field" are what certified or
widely used chargers do where the standard's text was not at hand.
"""

from micropython import const

from control import plateau
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1

# Sequence 4: the contactor closes within 3 s of C. 500 ms of steady C come first, so that the
# 200-400 ms pulses of sequence 11 (ISO 15118-3 wake-up) never close it.
CLOSE_AFTER_MS = const(500)
# Field: do not chatter after the car has opened S2; stays inside the 3 s of sequence 4.
RECLOSE_MS = const(2000)
# Sequence 10.2: a car that ignores x1 is cut off after 6 s.
X1_IGNORED_MS = const(6000)
# Sequence 9.2: x1 stays for at least 3 s before the PWM returns.
X1_HOLD_MS = const(3000)
# Field (text to Table A.5): state F for at least 300 ms after a fault, then x1.
F_AFTER_FAULT_MS = const(500)

# Below this an opening does no harm to a contact.
_LOAD_MA = const(1000)

_LONG_MS = const(1 << 20)


class Session:
    """Owner of the pilot mode and of the wish for a closed contactor.

    mode: PILOT_X1, PILOT_PWM or PILOT_F. contactor: 0 or 1. operations: closings since the
    counter was made. under_load: how often it opened on a car that ignored x1 and drew current.
    """

    def __init__(self, ventilation=False):
        self.mode = PILOT_X1
        self.contactor = 0
        self.operations = 0
        self.under_load = 0
        self._ventilation = ventilation
        self._mode_ms = 0  # since the pilot mode last changed
        self._open_ms = 0  # since the contactor was last opened
        self._ignored_ms = 0  # x1 shown to a car that stays in C
        self._fault_ms = 0

    def live(self, letter):
        """True in the letters that may carry mains: C, and D where there is ventilation."""
        return letter == plateau.C or (self._ventilation and letter == plateau.D)

    def step(self, dt_ms, pilot_state, allowed, fault, ready=True, drawn_ma=0):
        """One step. `pilot_state` is the Plateau; `allowed`: energy may flow and is on offer.

        ready: the contactor may close (the residual-current monitor is tested). drawn_ma: the
        largest current the meter shows, for the count of openings under load.
        """
        letter = pilot_state.state
        if self.contactor and allowed and self.mode == PILOT_PWM and letter == plateau.C:
            if self._ignored_ms:  # x1 was taken back in time
                self._ignored_ms = 0
            return  # charging, and nothing new: the common case
        self._mode_ms += dt_ms if self._mode_ms < _LONG_MS else 0
        if not self.contactor and self._open_ms < _LONG_MS:
            self._open_ms += dt_ms
        if fault:
            self._stop_for_fault(dt_ms)
            return
        self._fault_ms = 0
        if letter != plateau.C and (self.contactor or self._ignored_ms) and not self.live(letter):
            self.open()
        if allowed or self.mode != PILOT_X1:
            self._choose_mode(letter, allowed)
        if self.mode == PILOT_PWM:
            self._ignored_ms = 0
            if ready and not self.contactor:
                self._close_when_ready(pilot_state)
        elif self.contactor:
            self._wait_for_the_car(dt_ms, drawn_ma)

    def _choose_mode(self, letter, allowed):
        if letter == plateau.A or letter == plateau.E or not allowed:
            self._set_mode(PILOT_X1)
        elif letter == plateau.D and not self._ventilation:
            self._set_mode(PILOT_X1)  # refused, and no fault: the car may come back to C
        elif self.mode != PILOT_PWM and self._mode_ms >= X1_HOLD_MS:
            self._set_mode(PILOT_PWM)

    def _close_when_ready(self, pilot_state):
        if (
            self.live(pilot_state.raw)
            and pilot_state.raw == pilot_state.state
            and pilot_state.held_ms >= CLOSE_AFTER_MS
            and pilot_state.diode == 1
            and self._open_ms >= RECLOSE_MS
        ):
            self.contactor = 1
            self.operations = (self.operations + 1) & 0x3FFFFFFF

    def _wait_for_the_car(self, dt_ms, drawn_ma):
        self._ignored_ms += dt_ms
        if self._ignored_ms >= X1_IGNORED_MS:
            if drawn_ma >= _LOAD_MA:
                self.under_load += 1
            self.open()

    def _stop_for_fault(self, dt_ms):
        self.open()
        if self._fault_ms < F_AFTER_FAULT_MS:
            self._fault_ms += dt_ms
            self._set_mode(PILOT_F)
        else:
            self._set_mode(PILOT_X1)

    def open(self):
        """Open without waiting for anything; the guard has perhaps done so already."""
        if self.contactor:
            self.contactor = 0
            self._open_ms = 0
        self._ignored_ms = 0

    def _set_mode(self, mode):
        if mode != self.mode:
            self.mode = mode
            self._mode_ms = 0
