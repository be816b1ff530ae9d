# SPDX-License-Identifier: MIT
"""May we? Faults that forbid charging, with what it takes to clear each.

| fault       | seen as                                             | cleared by           |
|-------------|-----------------------------------------------------|----------------------|
| rcd         | residual-current input not healthy                  | healthy and unplugged|
| weld        | contacts closed 250 ms after the coil was let go    | power cycle          |
| no_close    | contacts open 250 ms after the coil was driven      | unplugging           |
| diode       | low plateau not at -12 V while the PWM runs         | unplugging           |
| short       | high plateau at 0 V (state E)                       | gone for 30 s, or A  |
| overcurrent | a phase above (offer + 0.5 A) x 1.10 for 7 s        | unplugging           |
| phase_relay | L2/L3 feedback is not what was commanded, 1 s       | feedback right again |
"""

from micropython import const

from control import plateau

NONE = const(0)
RCD = const(1)
WELD = const(2)
NO_CLOSE = const(3)
DIODE = const(4)
SHORT = const(5)
OVERCURRENT = const(6)
PHASE_RELAY = const(7)
NAMES = ("none", "rcd", "weld", "no_close", "diode", "short", "overcurrent", "phase_relay")

# Mirror contacts follow the coil within tens of milliseconds; WARP's table allows 250 ms.
_FEEDBACK_MS = const(250)
_PHASE_FEEDBACK_MS = const(1000)
# EVerest's default: the 5 s a car may take to follow a duty change (sequence 6) and 2 s more.
_OVERCURRENT_MS = const(7000)
# Wait after a short (WARP: at least 30 s after E before a car may be closed onto again).
_SHORT_LOCK_MS = const(30000)


class Protection:
    """Owner of `fault`. While it is not NONE the contactor must be open."""

    def __init__(self):
        self.fault = NONE
        self._mismatch_ms = 0
        self._phase_ms = 0
        self._over_ms = 0
        self._lock_ms = 0

    def step(self, dt_ms, readings, command, state, diode, offer_ma):
        """Look at one picture; `command` is what was applied before it was taken.

        offer_ma: what the duty says, 0 when the measured currents are too old to be judged.
        """
        if self.fault:
            self._try_clear(dt_ms, readings, command, state)
        found = NONE
        if not readings.rcd_ok:
            found = RCD
        elif self._contacts(dt_ms, readings.contactor_closed, command.contactor):
            found = WELD if readings.contactor_closed else NO_CLOSE
        elif state == plateau.E:
            found = SHORT
            self._lock_ms = _SHORT_LOCK_MS
        elif diode == 0:
            found = DIODE
        elif self._over(dt_ms, readings, command.contactor, offer_ma):
            found = OVERCURRENT
        elif self._phase_relay(dt_ms, readings.phase_closed, command):
            found = PHASE_RELAY
        # The first fault stays named until it clears; only a weld, the worst, overrides it.
        if found and (self.fault == NONE or found == WELD):
            self.fault = found

    def _try_clear(self, dt_ms, readings, command, state):
        fault = self.fault
        gone = state == plateau.A
        if fault == SHORT:
            if state != plateau.E and self._lock_ms > 0:
                self._lock_ms -= dt_ms
            gone = gone or self._lock_ms <= 0
        elif fault == RCD:
            gone = gone and readings.rcd_ok
        elif fault == WELD:
            gone = False
        elif fault == PHASE_RELAY:
            gone = readings.phase_closed == command.three_phase
        if gone:
            self.fault = NONE
            self._over_ms = 0

    def _contacts(self, dt_ms, closed, commanded):
        if closed == commanded:
            self._mismatch_ms = 0
            return False
        self._mismatch_ms += dt_ms
        return self._mismatch_ms >= _FEEDBACK_MS

    def _over(self, dt_ms, readings, closed, offer_ma):
        if not closed or offer_ma == 0:
            self._over_ms = 0
            return False
        most_ma = (offer_ma + 500) * 11 // 10
        if readings.l1_ma > most_ma or readings.l2_ma > most_ma or readings.l3_ma > most_ma:
            self._over_ms += dt_ms
        else:
            self._over_ms = 0
        return self._over_ms >= _OVERCURRENT_MS

    def _phase_relay(self, dt_ms, closed, command):
        # The relay's contacts are told apart only where they carry a mirror contact of their
        # own; the sequencer judges a move, this judges what stays wrong afterwards.
        if closed == command.three_phase:
            self._phase_ms = 0
            return False
        self._phase_ms += dt_ms
        return self._phase_ms >= _PHASE_FEEDBACK_MS
