# SPDX-License-Identifier: MIT
"""Return to service after a grid event: range, delay, random delay, ramp.

Frequency and voltages must be in range for `delay_s` without a break; then comes a delay that
differs from device to device (DCC article 29: at most 5 minutes), then a ramp from 6 A. The
names are those of OCPP 2.1 EnterService.
"""

from micropython import const

from control.grid.identity import spread

IDLE = const(0)
WAITING = const(1)  # for a grid that is in range for long enough
DELAYED = const(2)
RAMPING = const(3)
NAMES = ("idle", "waiting", "delayed", "ramping")

_FROM_MA = const(6000)
NO_CAP = const(1000000)


class EnterService:
    """cap_ma: NO_CAP in normal service, 0 while out of it, then rising."""

    def __init__(self, ranges, delay_s, random_s, ramp_ma_min, number=0):
        """ranges: (low_mhz, high_mhz, low_pm, high_pm). number: device hash. ValueError."""
        low_mhz, high_mhz, low_pm, high_pm = ranges
        if low_mhz >= high_mhz or low_pm >= high_pm:
            raise ValueError("low_mhz, low_pm: expected less than high_mhz, high_pm")
        if not 0 <= delay_s <= 3600 or not 0 <= random_s <= 3600:
            raise ValueError("delay_s, random_s: expected 0 to 3600")
        if not 100 <= ramp_ma_min <= 1000000:
            raise ValueError("ramp_ma_min %r: expected 100 to 1000000" % ramp_ma_min)
        self.state = IDLE
        self.cap_ma = NO_CAP
        self.delayed = False  # a random delay has been served in this return
        self._low_mhz = low_mhz
        self._high_mhz = high_mhz
        self._low_pm = low_pm
        self._high_pm = high_pm
        self._delay_ms = delay_s * 1000
        self._random_s = random_s
        self._ramp_ma_min = ramp_ma_min
        self._number = number
        self._counter = 0
        self._ms = 0

    def leave(self, counter=0):
        """Out of service now. `counter` makes this delay differ from the last one."""
        self._counter = (self._counter + 1 + counter) & 0xFFFF
        self.delayed = False
        self.cap_ma = 0
        self._go(WAITING)

    def step(self, dt_ms, frequency, lowest_pm, highest_pm):
        """Every 100 ms."""
        state = self.state
        if state == IDLE:
            return
        good = (
            frequency.valid
            and self._low_mhz <= frequency.mhz <= self._high_mhz
            and self._low_pm <= lowest_pm
            and highest_pm <= self._high_pm
        )
        if not good and state != RAMPING:
            self._go(WAITING)
            return
        self._ms += dt_ms
        if state == WAITING:
            if self._ms >= self._delay_ms:
                self._go(DELAYED)
        elif state == DELAYED:
            if self._ms >= 1000 * spread(self._number, self._counter, self._random_s):
                self.delayed = True
                self.cap_ma = _FROM_MA
                self._go(RAMPING)
        else:
            self.cap_ma = _FROM_MA + self._ms // 100 * self._ramp_ma_min // 600
            if self.cap_ma > 80000:
                self.cap_ma = NO_CAP
                self._go(IDLE)

    def _go(self, state):
        self.state = state
        self._ms = 0
