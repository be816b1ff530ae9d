# SPDX-License-Identifier: MIT
"""May we? Faults that forbid charging, with what it takes to clear each.

| fault       | seen as                                              | cleared by            |
|-------------|------------------------------------------------------|-----------------------|
| rcd         | residual-current input not healthy                   | healthy and unplugged |
| weld        | contacts closed 250 ms after the coil was let go     | a person (acknowledge)|
| no_close    | contacts open 250 ms after the coil was driven       | unplugging            |
| diode       | low plateau not at -12 V while the PWM runs          | unplugging            |
| short       | high plateau at 0 V (state E)                        | gone for 30 s, or A   |
| overcurrent | a phase above (offer + 0.5 A) x 1.10 for longer than | unplugging            |
|             | the car needs to follow                              |                       |
| phase_relay | L2/L3 contacts not as commanded for 1 s (0.1 s while | right again; unplugged|
|             | closed), or current in L2 or L3 on one phase         | if it came while closed|
| rcd_test    | residual-current monitor failed its self-test        | a passed test, or a   |
|             |                                                      | person                |
| pe          | earth monitor not healthy for 50 ms                  | healthy and unplugged |
| temperature | 10 K above the stop of the derating curve            | cooled, and 30 s      |
| overvoltage | 1.20 of nominal for 0.2 s                            | gone for 60 s         |
| pilot       | duty read back from the pin differs, three times in  | unplugging            |
|             | a row, 100 ms apart (where the board can read it)    |                       |

docs/protection.md has reaction, time and test of each.
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
RCD_TEST = const(8)
PE = const(9)
TEMPERATURE = const(10)
OVERVOLTAGE = const(11)
PILOT = const(12)
NAMES = (
    "none",
    "rcd",
    "weld",
    "no_close",
    "diode",
    "short",
    "overcurrent",
    "phase_relay",
    "rcd_test",
    "pe",
    "temperature",
    "overvoltage",
    "pilot",
)
# What a power cut must not clear: somebody has to look, or at least to unplug (firmware/alarms).
KEPT = (RCD, WELD, RCD_TEST, PE)

# Mirror contacts follow the coil within tens of milliseconds; WARP's table allows 250 ms.
_FEEDBACK_MS = const(250)
_PHASE_FEEDBACK_MS = const(1000)
_DROPPED_MS = const(100)
_PE_MS = const(50)
# EVerest's default: the 5 s a car may take to follow a duty change (sequence 6) and 2 s more.
OVERCURRENT_MS = const(7000)
_AFTER_LAG_MS = const(2000)
_SHORTEST_MS = const(6000)  # EVerest allows no less
_LONGEST_MS = const(15000)
# A car whose current falls is following; a limit all the same.
_FALLING_MS = const(30000)
# Wait after a short (WARP: at least 30 s after E before a car may be closed onto again).
_SHORT_LOCK_MS = const(30000)
_STRAY_MA = const(1000)
_BOOT_MS = const(1000)


class Protection:
    """Owner of `fault`. While it is not NONE the contactor must be open.

    Inputs set from outside: testing (the monitor is being tested, its output means nothing),
    falling (the car's current is on its way down), and found (a fault that another module has
    found, taken up in the next step). together: L2/L3 close with the main contactor.
    """

    def __init__(self, together=False):
        self.fault = NONE
        self.together = together
        self.testing = False
        self.falling = False
        self.found = NONE
        self.over_limit_ms = OVERCURRENT_MS
        self._signalled_ma = 0  # the highest offer of the last 15 s
        self._lower_ms = 0
        self._late_ma = 0  # what a car of unknown lag may draw until it has had its time
        self._mismatch_ms = 0
        self._phase_ms = 0
        self._over_ms = 0
        self._following_ms = 0
        self._pe_ms = 0
        self._lock_ms = 0
        self._stray = False
        self._stirred = False  # something is being timed
        self._boot_ms = 0

    def follow_car(self, dt_ms, lag_ms, offer_ma):
        """Fit the over-current window to the car's measured lag (0: not known).

        A car of unknown lag that still draws what it was offered a moment ago has not disobeyed
        yet: some need 8 s and more (evcc #33963).
        """
        if offer_ma >= self._signalled_ma:
            self._signalled_ma = offer_ma
            self._lower_ms = 0
        elif self._lower_ms < _LONGEST_MS:
            self._lower_ms += dt_ms
        else:
            self._signalled_ma = offer_ma
        window_ms = lag_ms + _AFTER_LAG_MS if lag_ms else OVERCURRENT_MS
        self.over_limit_ms = min(max(window_ms, _SHORTEST_MS), _LONGEST_MS)
        self._late_ma = 0 if lag_ms else (self._signalled_ma + 500) * 11 // 10

    def restore(self, fault):
        """A kept alarm at boot. A closed contact or a tripped input outranks it."""
        if self.fault == NONE:
            self.fault = fault
            self._boot_ms = _BOOT_MS

    def acknowledge(self):
        """A person says that the cause of a weld or of a failed self-test is repaired."""
        if self.fault == WELD or self.fault == RCD_TEST:
            self.fault = NONE
            self._mismatch_ms = 0

    def step(self, dt_ms, readings, command, state, diode, offer_ma):
        """Look at one picture; `command` is what was applied before it was taken.

        offer_ma: what the duty says, 0 when the measured currents are too old to be judged.
        """
        if (
            readings.rcd_ok
            and readings.pe_ok
            and readings.contactor_closed == command.contactor
            and readings.phase_closed == command.three_phase
            and state != plateau.E
            and diode
            and not (self._stirred or self.fault or self.found)
        ):
            # The common case, on the path of every step: all well, and no current too high.
            if not offer_ma:
                return
            most_ma = (offer_ma + 500) * 11 // 10
            stray_ma = most_ma if command.three_phase else _STRAY_MA
            if (
                readings.l1_ma <= most_ma
                and readings.l2_ma < stray_ma
                and readings.l3_ma < stray_ma
            ):
                return
        self._examine(dt_ms, readings, command, state, diode, offer_ma)
        self._stirred = (
            self._mismatch_ms + self._phase_ms + self._over_ms + self._following_ms + self._pe_ms
        ) > 0

    def _examine(self, dt_ms, readings, command, state, diode, offer_ma):
        if self.fault:
            self._try_clear(dt_ms, readings, command, state)
        found = self.found
        if found:
            self.found = NONE
        if readings.contactor_closed == command.contactor:
            self._mismatch_ms = 0
        else:
            self._mismatch_ms += dt_ms
        if self._phase_relay(dt_ms, readings, command, offer_ma):
            found = PHASE_RELAY
        if command.contactor and offer_ma:
            if self._over(dt_ms, readings, offer_ma):
                found = OVERCURRENT
        elif self._over_ms:
            self._over_ms = 0
        found = self._look(dt_ms, readings, state, diode) or found
        # The first fault stays named until it clears; only a weld, the worst, overrides it.
        if found and (self.fault == NONE or found == WELD):
            self.fault = found
            if found == TEMPERATURE or found == OVERVOLTAGE:
                self._lock_ms = _SHORT_LOCK_MS

    def _look(self, dt_ms, readings, state, diode):
        """What is wrong in this one picture; the worst first."""
        if not readings.rcd_ok and not self.testing:
            return RCD
        if self._mismatch_ms >= _FEEDBACK_MS:
            return WELD if readings.contactor_closed else NO_CLOSE
        if not readings.pe_ok or self._pe_ms:
            self._pe_ms = 0 if readings.pe_ok else self._pe_ms + dt_ms
            if self._pe_ms >= _PE_MS:
                return PE
        if state == plateau.E:
            self._lock_ms = _SHORT_LOCK_MS
            return SHORT
        return DIODE if diode == 0 else NONE

    def _try_clear(self, dt_ms, readings, command, state):
        fault = self.fault
        if self._boot_ms > 0:
            self._boot_ms -= dt_ms  # an A before the first readings is no unplugging
            return
        gone = state == plateau.A
        if fault == SHORT:
            if state != plateau.E and self._lock_ms > 0:
                self._lock_ms -= dt_ms
            gone = gone or self._lock_ms <= 0
        elif fault == RCD:
            gone = gone and readings.rcd_ok
        elif fault == PE:
            gone = gone and readings.pe_ok
        elif fault == WELD or fault == RCD_TEST:
            gone = False
        elif fault == PHASE_RELAY:
            gone = readings.phase_closed == command.three_phase and (gone or not self._stray)
        elif fault == TEMPERATURE or fault == OVERVOLTAGE:
            # Whoever has found it tells again each 100 ms while it lasts.
            self._lock_ms = _SHORT_LOCK_MS if self.found == fault else self._lock_ms - dt_ms
            gone = self._lock_ms <= 0
        if gone:
            self.fault = NONE
            self._over_ms = 0
            self._stray = False

    def _over(self, dt_ms, readings, offer_ma):
        most_ma = (offer_ma + 500) * 11 // 10
        if readings.l1_ma > most_ma or readings.l2_ma > most_ma or readings.l3_ma > most_ma:
            if self.falling and self._following_ms < _FALLING_MS:
                self._following_ms += dt_ms
                return False
            self._over_ms += dt_ms
            late_ma = self._late_ma
            if readings.l1_ma <= late_ma and readings.l2_ma <= late_ma >= readings.l3_ma:
                return self._over_ms >= _LONGEST_MS
            return self._over_ms >= self.over_limit_ms
        if self._over_ms or self._following_ms:
            self._over_ms = 0
            self._following_ms = 0
        return False

    def _phase_relay(self, dt_ms, readings, command, offer_ma):
        # The sequencer judges a move, this judges what stays wrong afterwards.
        limit_ms = _PHASE_FEEDBACK_MS
        if readings.phase_closed == command.three_phase:
            if (
                command.three_phase
                or not offer_ma
                or (readings.l2_ma < _STRAY_MA and readings.l3_ma < _STRAY_MA)
            ):
                if self._phase_ms:
                    self._phase_ms = 0
                return False
        elif command.contactor and not self.together:
            # Dropped out under voltage: be away before it comes back on a car that has bridged.
            limit_ms = _DROPPED_MS
        self._phase_ms += dt_ms
        if self._phase_ms < limit_ms:
            return False
        if command.contactor:
            self._stray = True  # opening hides it, or the car is not what it was
        return True
