# SPDX-License-Identifier: MIT
"""What a car shows of itself while it charges, measured from the meter and the own offers.

All numbers are 0 while unknown. Times include the meter's own age (up to 0.3 s).

| number      | how it is found                                                             |
|-------------|-----------------------------------------------------------------------------|
| phases      | three phases on offer, L1 > 5 A for 30 s: the number of phases > 0.5 A (WARP) |
| most_ma     | highest steady current; `limited` once it stayed 1.5 A below the offer      |
| lowest_ma   | lowest steady current above 1 A                                             |
| dead_ms     | from a change of the offer to the first 0.3 A of movement                   |
| rate_ma_s   | from there to steady                                                        |
| lag_ms      | from a lower offer to steady below it: what over-current must wait for      |
| step_ma     | distance between currents the car can take; 100: no coarser than the meter  |
| pause_ok_s  | longest pause by the charger after which it charged again unaided           |
| slept_s     | shortest pause after which it needed a pulse; woken_by: which               |
"""

from micropython import const

_MOVE_MA = const(300)
_SAME_MA = const(150)
_STEADY_MS = const(1500)
_CHANGE_MA = const(500)  # smaller changes of the offer are not timed
_ANSWER_MS = const(12000)  # IEC 61851-1 sequence 6 gives the car 5 s
_LIMITED_MA = const(1500)
_PHASES_MS = const(30000)
_PHASE_L1_MA = const(5000)
_PHASE_MA = const(500)
_FALL_MS = const(2000)
_COARSE_MA = const(1000)  # VW group and Tesla; halves and quarters of it are tried, too
_FINE_MA = const(100)
_OFF_MA = const(60)
_MOST_MS = const(1 << 29)

_QUIET = const(0)
_DEAD = const(1)  # the offer has changed, the car has not
_RAMP = const(2)


class Learn:
    """`step` every 100 ms. falling: the current has gone down within the last 2 s."""

    def __init__(self):
        self.forget()

    def forget(self):
        """Another car."""
        self.phases = 0
        self.most_ma = 0
        self.limited = False
        self.lowest_ma = 0
        self.dead_ms = 0
        self.rate_ma_s = 0
        self.lag_ms = 0
        self.step_ma = 0
        self.pause_ok_s = 0
        self.slept_s = 0
        self.woken_by = 0
        self.falling = False
        self._phases_ms = 0
        self._whole_ma = _COARSE_MA  # all movements were whole numbers of this
        self._moves = 0
        self._gap_low_ma = 0  # offer minus current, when the offer is what binds
        self._gap_high_ma = 0
        self._gaps = 0
        self._pause_ms = 0
        self._rest()

    def _rest(self):
        self._state = _QUIET
        self._base_ma = 0
        self._steady_ms = 0
        self._levelled = False
        self._timer_ms = 0
        self._from_ma = 0
        self._offer_ma = 0
        self._move_ms = 0
        self._fall_ms = 0
        self.falling = False

    def step(self, dt_ms, readings, offer_ma, closed, relay):
        """Take a picture; relay: 1 or 3. Call only with fresh currents."""
        if not closed or offer_ma == 0:
            if self._steady_ms or self._state or self._base_ma:
                self._rest()
            self._phases_ms = 0
            return
        l1_ma = readings.l1_ma
        if relay == 3 and not self.phases:
            self._count_phases(dt_ms, readings, l1_ma)
        moved = not -_SAME_MA < l1_ma - self._base_ma < _SAME_MA
        if moved:
            self._fall(l1_ma < self._base_ma - _SAME_MA)
            self._base_ma = l1_ma
            self._steady_ms = 0
            self._levelled = False
        elif self._steady_ms < _MOST_MS:
            self._steady_ms += dt_ms
        if self._fall_ms > 0:
            self._fall_ms -= dt_ms
            self.falling = self._fall_ms > 0
        if offer_ma != self._offer_ma:
            self._offer_changed(offer_ma, l1_ma)
        elif self._state:
            self._follow(dt_ms, l1_ma)
        elif self._steady_ms >= _STEADY_MS and not self._levelled and l1_ma > 1000:
            self._level(l1_ma)

    def _fall(self, down):
        self._fall_ms = _FALL_MS if down else 0
        self.falling = down

    def _count_phases(self, dt_ms, readings, l1_ma):
        if l1_ma <= _PHASE_L1_MA:
            self._phases_ms = 0
            return
        self._phases_ms += dt_ms
        if self._phases_ms >= _PHASES_MS:
            self.phases = 1
            if readings.l2_ma > _PHASE_MA:
                self.phases += 1
            if readings.l3_ma > _PHASE_MA:
                self.phases += 1

    def _offer_changed(self, offer_ma, l1_ma):
        before_ma = self._offer_ma
        change_ma = offer_ma - before_ma
        self._offer_ma = offer_ma
        big = not -_CHANGE_MA < change_ma < _CHANGE_MA
        # Up counts only for a car that the old offer held back, down only if it must follow.
        binds = offer_ma < l1_ma - _CHANGE_MA or (
            change_ma > 0 and l1_ma > before_ma - _LIMITED_MA and not self.limited
        )
        if before_ma and big and binds and self._steady_ms >= _STEADY_MS:
            self._state = _DEAD
            self._timer_ms = 0
            self._from_ma = l1_ma
        else:
            self._state = _QUIET

    def _follow(self, dt_ms, l1_ma):
        self._timer_ms += dt_ms
        moved_ma = l1_ma - self._from_ma
        if moved_ma < 0:
            moved_ma = -moved_ma
        if self._state == _DEAD:
            if moved_ma >= _MOVE_MA:
                self.dead_ms = self._blend(self.dead_ms, self._timer_ms)
                self._move_ms = 0
                self._state = _RAMP
            elif self._timer_ms >= _ANSWER_MS:
                self._state = _QUIET
            return
        self._move_ms += dt_ms
        if self._steady_ms >= _STEADY_MS:
            ramp_ms = max(self._move_ms - _STEADY_MS, dt_ms)
            if ramp_ms < 100000:
                self.rate_ma_s = self._blend(self.rate_ma_s, moved_ma * 100 // (ramp_ms // 10))
            if l1_ma < self._from_ma:
                self.lag_ms = max(self.lag_ms, self._timer_ms - _STEADY_MS)
            self._fit(moved_ma)
            self._state = _QUIET
            self._level(l1_ma)

    def _fit(self, moved_ma):
        """Which of the usual steps are these movements whole numbers of?"""
        step_ma = self._whole_ma
        while step_ma > _FINE_MA:
            off_ma = moved_ma % step_ma
            if off_ma <= _OFF_MA or off_ma >= step_ma - _OFF_MA:
                break
            step_ma = step_ma // 2 if step_ma > 250 else _FINE_MA
        self._whole_ma = step_ma
        self._moves += 1

    @staticmethod
    def _blend(old, new):
        return (3 * old + new) >> 2 if old else new

    def _level(self, l1_ma):
        """A steady current: what does it say about the car's range and steps?"""
        self._levelled = True
        gap_ma = self._offer_ma - l1_ma
        if not self.lowest_ma or l1_ma < self.lowest_ma:
            self.lowest_ma = l1_ma
        if l1_ma > self.most_ma:
            self.most_ma = l1_ma
        if gap_ma >= _LIMITED_MA:
            self.limited = True
            return
        if not self._gaps or gap_ma < self._gap_low_ma:
            self._gap_low_ma = gap_ma
        if not self._gaps or gap_ma > self._gap_high_ma:
            self._gap_high_ma = gap_ma
        self._gaps += 1
        if self._gaps >= 3 and self._moves >= 3:
            # The gap to the offer of a car with steps varies by up to one of them.
            coarse = self._gap_high_ma - self._gap_low_ma >= self._whole_ma // 3
            self.step_ma = self._whole_ma if coarse else _FINE_MA

    def paused(self, dt_ms):
        """The charger holds a car that had charged at x1; dt_ms more of it, -1: forget that."""
        if dt_ms < 0:
            self._pause_ms = 0
        elif self._pause_ms < _MOST_MS:
            self._pause_ms += dt_ms

    def resumed(self, woken_by):
        """It has closed S2 again; woken_by: the pulse that it took, 0 for none."""
        if not self._pause_ms:
            return
        pause_s = self._pause_ms // 1000
        self._pause_ms = 0
        if woken_by:
            self.woken_by = woken_by
            if not self.slept_s or pause_s < self.slept_s:
                self.slept_s = pause_s
        elif pause_s > self.pause_ok_s:
            self.pause_ok_s = pause_s
