# SPDX-License-Identifier: MIT
"""The schedule that follows from all charging profiles, worked out one change at a time.

One `step` looks at one moment at which something may change, so a long question can be answered
in many short pieces; between them the charger does its other work. Amperes become watts and back
with the phases the profiles name, 3 where they name none, never more than the charger has.
"""

from micropython import const

from control.profiles import AMPERES, MAX_PERIODS, NEVER, NO_LIMIT, NOMINAL_V

# Changes looked at before an answer is cut short. Twelve days of a 24-period day, for instance.
MAX_STEPS = const(288)


class Composite:
    """Fills `periods` with (offset_s, limit in 0.1, phases or 0) until `done`.

    Gaps carry the charger's own maximum `hardware_da`, which also caps the rest. The answer is
    good for `covered_s` seconds: less than asked for when it would have too many periods.
    """

    def __init__(self, profiles, now_s, begun_s, duration_s, unit, hardware_da, hardware_phases):
        self._profiles = profiles
        self._now_s = now_s
        self._begun_s = begun_s
        self._unit = unit
        self._hardware_da = hardware_da
        self._hardware_phases = hardware_phases
        self._at_s = now_s
        self._end_s = min(NEVER, now_s + duration_s)
        self._steps = 0
        self.periods = []
        self.covered_s = 0
        self.done = self._at_s >= self._end_s

    def step(self):
        """Look at one moment; a few milliseconds on a small chip."""
        if self.done:
            return
        profiles = self._profiles
        profiles.evaluate(self._at_s, self._begun_s)
        given = profiles.phases
        n = self._hardware_phases
        if 0 < given < n:
            n = given
        limit = profiles.limit(self._unit, n)
        top = self._hardware_da
        if self._unit != AMPERES:
            top = top * (NOMINAL_V * n)
        if limit == NO_LIMIT or limit > top:
            limit = top
        periods = self.periods
        changed = not periods or periods[-1][1] != limit or periods[-1][2] != given
        self.covered_s = self._at_s - self._now_s
        if changed and len(periods) == MAX_PERIODS:
            self.done = True
            return
        if changed:
            periods.append((self.covered_s, limit, given))
        self._at_s = min(profiles.next_s, self._end_s)
        self.covered_s = self._at_s - self._now_s
        self._steps += 1
        self.done = self._at_s >= self._end_s or self._steps >= MAX_STEPS

    def run(self):
        """All steps at once."""
        while not self.done:
            self.step()
        return self
