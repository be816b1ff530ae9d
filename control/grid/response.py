# SPDX-License-Identifier: MIT
"""The self-test step: how fast does this car follow, down and up, measured at its own meter.

IEC 61851-1 lets a car take 5 s; most need 1 to 2. Only what this car has shown counts. The
test lowers the offer by the capacity that is to be sold, waits for 90 % of it, goes back up (as
far as the services want to go), waits again, and returns.
"""

from micropython import const

IDLE = const(0)
DOWN = const(1)
LOW = const(2)
UP = const(3)
HIGH = const(4)
RETURN = const(5)
DONE = const(6)
FAILED = const(7)

_TIMEOUT_MS = const(10000)
# A plateau: long enough to settle, and for the 5 s between two duty changes that go up.
_PLATEAU_MS = const(5000)
_MOST_GAP_MA = const(1500)
_NEAR_MA = const(700)


class StepTest:
    """target_ma: what the offer must be now. down_ms, up_ms: times to 90 %, 0 if not measured.

    gap_ma: how much less than offered the car draws. seen_ma: the most it has drawn.
    The times end in the middle between the meter's last answer that did not show it and the first
    that did: the meter answers every 200 ms or so, and the later one alone would say up to that
    much too much.
    """

    def __init__(self):
        self.state = IDLE
        self.target_ma = 0
        self.down_ms = 0
        self.up_ms = 0
        self.gap_ma = 0
        self.seen_ma = 0
        self._base_ma = 0
        self._high_ma = 0
        self._from_ma = 0
        self._drawn_ma = 0
        self._ms = 0
        self._waiting_ms = 0
        self._before_ms = 0  # when the meter last answered, as _ms

    def start(self, drawn_ma, base_ma, low_ma, high_ma):
        """The car draws `drawn_ma` at `base_ma`; step to low_ma, then to high_ma (>= base)."""
        self._from_ma = drawn_ma
        self._drawn_ma = drawn_ma
        self._base_ma = base_ma
        self._high_ma = high_ma
        self.seen_ma = drawn_ma
        self.target_ma = low_ma - low_ma % 100
        self._go(DOWN)

    def stop(self):
        """Forget what is under way; results stay."""
        self.state = IDLE

    def step(self, dt_ms, measured_ma, offer_ma, grain_ma, age_ms=0):
        """Every 100 ms with the largest phase current and what the duty says.

        grain_ma: in what steps the offer moves for this car. age_ms: of measured_ma.
        """
        state = self.state
        if state == DOWN or state == UP:
            self._follow(dt_ms, measured_ma, offer_ma, grain_ma, age_ms)
            return
        self._ms += dt_ms
        if self._ms < _PLATEAU_MS:
            return
        if state == LOW:
            gap_ma = offer_ma - measured_ma
            self.gap_ma = min(max(gap_ma, 0), _MOST_GAP_MA)
            self._from_ma = measured_ma
            self.target_ma = self._high_ma - self._high_ma % 100
            self._go(UP)
        elif state == HIGH:
            if measured_ma > self.seen_ma:
                self.seen_ma = measured_ma
            self.target_ma = self._base_ma - self._base_ma % 100
            self._go(RETURN)
        elif state == RETURN:
            self._go(DONE)

    def _follow(self, dt_ms, measured_ma, offer_ma, grain_ma, age_ms):
        if not -grain_ma < offer_ma - self.target_ma < grain_ma:
            self._waiting_ms += dt_ms  # the pace of duty changes, or a limit
            if self._waiting_ms >= 6 * _TIMEOUT_MS:
                self._go(FAILED)
            return
        self._ms += dt_ms
        answered_ms = self._ms - age_ms
        middle_ms = max((answered_ms + self._before_ms) >> 1, dt_ms)
        self._before_ms = answered_ms
        if self.state == DOWN:
            # 90 % of the way, counted from what was really drawn.
            way_ma = self._from_ma - max(offer_ma, self.target_ma)
            if measured_ma <= self._from_ma - way_ma * 9 // 10:
                self.down_ms = middle_ms
                self._go(LOW)
        else:
            way_ma = min(offer_ma, self.target_ma) - self.gap_ma - self._from_ma
            if measured_ma >= self._from_ma + way_ma * 9 // 10:
                self.up_ms = middle_ms
                self._go(HIGH)
        if self._ms >= _TIMEOUT_MS:
            if self.state == UP and measured_ma >= self._drawn_ma - _NEAR_MA:
                self.up_ms = self._ms  # back where it was, but it cannot draw more
                self._go(HIGH)
            else:
                self._go(FAILED)

    def _go(self, state):
        self.state = state
        self._ms = 0
        self._waiting_ms = 0
        self._before_ms = 0
