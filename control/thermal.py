# SPDX-License-Identifier: MIT
"""Derating by temperature: full current, a straight line down to 6 A, and a stop.

With start 60 and stop 75 degrees: full up to 60, 6 A at 70, 0 A from 75, back below 65; 85 is a
fault. On the way down the curve is followed 3 K later, so that it does not hunt (OpenEVSE steps
at 65, 68 and 71 with the same 3 K). A sensor that is silent for 10 s (EVerest) counts as 6 A.
"""

from micropython import const

from control import pilot

STALE_MS = const(10000)
_STEP_DC = const(30)  # tenths of a degree
_FLOOR_BELOW_STOP_DC = const(50)
_BACK_BELOW_STOP_DC = const(100)
_FAULT_ABOVE_STOP_DC = const(100)


class Thermal:
    """limit_ma: what the temperature allows. severe: so hot that the contactor must open."""

    def __init__(self, start_c=60, stop_c=75, full_ma=32000):
        self.limit_ma = full_ma
        self.severe = False
        self._start_dc = start_c * 10
        self._stop_dc = stop_c * 10
        self._full_ma = full_ma
        self._felt_dc = -1000  # the temperature with its hysteresis
        self._stopped = False

    def step(self, temperature_dc, age_ms):
        """Now and then. temperature_dc: tenths of a degree Celsius; age_ms: of that number."""
        if age_ms >= STALE_MS:
            self.limit_ma = min(self.limit_ma, pilot.MIN_MA)
            return
        if temperature_dc > self._felt_dc:
            self._felt_dc = temperature_dc
        elif temperature_dc < self._felt_dc - _STEP_DC:
            self._felt_dc = temperature_dc + _STEP_DC
        self.severe = self._felt_dc >= self._stop_dc + _FAULT_ABOVE_STOP_DC
        if self._felt_dc >= self._stop_dc:
            self._stopped = True
        elif temperature_dc < self._stop_dc - _BACK_BELOW_STOP_DC:
            self._stopped = False
        self.limit_ma = 0 if self._stopped else self._curve_ma(self._felt_dc)

    def _curve_ma(self, felt_dc):
        span_dc = self._stop_dc - _FLOOR_BELOW_STOP_DC - self._start_dc
        above_dc = felt_dc - self._start_dc
        if above_dc <= 0:
            return self._full_ma
        if above_dc >= span_dc:
            return min(self._full_ma, pilot.MIN_MA)
        return self._full_ma - (self._full_ma - pilot.MIN_MA) * above_dc // span_dc
