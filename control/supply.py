# SPDX-License-Identifier: MIT
"""Voltage of the supply: dips are ridden through, what lasts is a pause, what is dangerous opens.

| voltage                        | reaction                                                     |
|--------------------------------|--------------------------------------------------------------|
| below 0.80 of nominal for 3 s  | held: 0 A in order (the times of OVE R 37 as WARP has them)  |
| above 1.15 of nominal for 3 s  | held                                                         |
| 1.20 and more for 0.2 s        | severe: the contactor opens at once (no source; a choice)    |
| 0.90 to 1.09 for 60 s          | no longer held                                               |

Within the 3 s nothing changes: the car rides through as it can, and a reserve goes on.
Only phases in use are judged, and only while the meter answers.
"""

from micropython import const

_RIDE_THROUGH_MS = const(3000)
_BACK_MS = const(60000)
_NOMINAL_V = const(230)  # phase to neutral
_SEVERE_MV = const(1200 * 230)
_SEVERE_MS = const(200)
_BACK_LOW_MV = const(900 * 230)
_BACK_HIGH_MV = const(1090 * 230)


class Supply:
    """held: pause. severe: open. under_pm, over_pm: per mille of nominal."""

    def __init__(self, under_pm=800, over_pm=1150):
        self.held = False
        self.severe = False
        self._under_mv = _NOMINAL_V * under_pm
        self._over_mv = _NOMINAL_V * over_pm
        self._outside_ms = 0
        self._severe_ms = 0
        self._inside_ms = 0

    def step(self, dt_ms, readings, phases):
        """Now and then, with fresh voltages; phases: 1 or 3, those in use."""
        low_mv = high_mv = readings.l1_mv
        if phases == 3:
            low_mv = min(low_mv, readings.l2_mv, readings.l3_mv)
            high_mv = max(high_mv, readings.l2_mv, readings.l3_mv)
        if high_mv >= _SEVERE_MV:
            self._severe_ms += dt_ms
            if self._severe_ms >= _SEVERE_MS:
                self.severe = True
                self.held = True
        else:
            self._severe_ms = 0
            self.severe = False
        if low_mv < self._under_mv or high_mv > self._over_mv:
            if self._outside_ms < _RIDE_THROUGH_MS:
                self._outside_ms += dt_ms
            if self._outside_ms >= _RIDE_THROUGH_MS:
                self.held = True
        else:
            self._outside_ms = 0
        if low_mv < _BACK_LOW_MV or high_mv > _BACK_HIGH_MV:
            self._inside_ms = 0
        elif self.held:
            self._inside_ms += dt_ms
            if self._inside_ms >= _BACK_MS:
                self.held = False
                self._inside_ms = 0
