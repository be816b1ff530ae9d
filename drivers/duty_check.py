# SPDX-License-Identifier: MIT
"""Is the duty on the pilot the one that was asked for? Where a sense driver can read it back.

A driver stage that sticks, or a counter that was changed by somebody else, offers the car a
current that nobody has decided; the meter shows that late, and a car that draws little never.

    check = DutyCheck(pilot, sense)
    check.look()        # each 100 ms: 1 while it is right or cannot be told, 0 when it is not
"""

from micropython import const

_PWM = const(1)  # as in control.readings
_LOOKS = const(3)  # in a row, 200 periods of the pilot apart from first to last


class DutyCheck:
    """pilot: `mode` and `duty_ppm` as last driven. sense: duty_ppm() (-1: not wired).

    The sense's `duty_tolerance_ppm` is what its reading may be off.
    """

    def __init__(self, pilot, sense):
        self._pilot = pilot
        self._read = sense.duty_ppm
        self._tolerance_ppm = sense.duty_tolerance_ppm
        self._driven_ppm = -1
        self._wrong = 0

    def look(self):
        """Compare what has been driven since the last look with what is there."""
        pilot = self._pilot
        if pilot.mode != _PWM or pilot.duty_ppm != self._driven_ppm:
            # Static, or new since the last look: nothing to be compared yet.
            self._driven_ppm = pilot.duty_ppm if pilot.mode == _PWM else -1
            self._wrong = 0
            return 1
        seen_ppm = self._read()
        off_ppm = seen_ppm - self._driven_ppm
        if seen_ppm < 0 or -self._tolerance_ppm <= off_ppm <= self._tolerance_ppm:
            self._wrong = 0
        elif self._wrong < _LOOKS:
            self._wrong += 1
        return 0 if self._wrong >= _LOOKS else 1
