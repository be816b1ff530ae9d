# SPDX-License-Identifier: MIT
"""Arming: may the reserves be promised? Only what is measured counts, never what is offered.

A charger can take off only what the car really draws. So: the current must be steady, the
offer is clamped to it, the car has shown in a step test how fast it follows, and the capacity
fits between 6 A and what flows. Every refusal has a name.
"""

from micropython import const

from control.grid import response
from control.grid.response import StepTest

ARMED = const(0)
NO_CAR = const(1)
SETTLING = const(2)
TESTING = const(3)
CAPACITY_UP = const(4)
CAPACITY_DOWN = const(5)
TOO_SLOW = const(6)
FREQUENCY = const(7)
VOLTAGE = const(8)
TAPER = const(9)
METER = const(10)
NOT_FOLLOWING = const(11)
WHY = (
    "armed",
    "no_car_charging",
    "settling",
    "testing",
    "capacity_up",
    "capacity_down",
    "too_slow",
    "frequency_invalid",
    "voltage",
    "taper",
    "meter",
    "not_following",
)

MIN_MA = const(6000)
# What frequency measurement, confirmation and the step itself take of a required time.
DETECT_MS = const(150)
_STEADY_MA = const(1000)  # +-0.5 A
_SNAP_MA = const(150)  # this near to the offer it is the offer
_TAPER_MA = const(1500)
_TAPER_MS = const(15000)
_RETRY_MS = const(300000)
_LEAST_STEP_MA = const(2000)
_LOW_PM = const(850)
# Time to 90 % that leaves room for measuring: FFR options A, B, C, "very fast" of the European
# demand connection code (2 s), dynamic FCR-D, everything slower that still follows.
_CLASSES = (
    (500, "ffr_a"),
    (800, "ffr_b"),
    (1100, "ffr_c"),
    (2000, "very_fast"),
    (3900, "fcr_d"),
    (10000, "fcr"),
)


class Arming:
    """armed: reserves in proportion may act; ffr_armed: the fast latch may. why: see WHY.

    base_ma: the offer at which the car draws what it draws now. gap_ma: offered less drawn.
    capacity_up_ma, capacity_down_ma: what could be sold now. Times in ms, 0: not known.
    """

    def __init__(self, steady_s=60, self_test=True, response_ms=0, clamp_ma=500):
        """Raises ValueError when a value is out of range."""
        if not 1 <= steady_s <= 3600:
            raise ValueError("steady_s %r: expected 1 to 3600" % steady_s)
        if not 0 <= response_ms <= 60000 or not 0 <= clamp_ma <= 5000:
            raise ValueError("response_ms: expected 0 to 60000, clamp_ma 0 to 5000")
        self.test = StepTest()
        self.steady = False
        self.armed = False
        self.ffr_armed = False
        self.why = NO_CAR
        self.base_ma = 0
        self.clamp_ma = clamp_ma
        self.capacity_up_ma = 0
        self.capacity_down_ma = 0
        self.proven = False
        self.down_ms = self.up_ms = 0
        self._steady_ms = steady_s * 1000
        self._self_test = self_test
        self._declared_ms = response_ms
        self._phases = 0
        self._ms = 0
        self._low_ma = self._high_ma = 0
        self._taper_ms = 0
        self._retry_ms = 0

    def inherit(self, other):
        """Take over what another Arming knows of the same car: its response."""
        if other.proven and self._self_test:
            self.proven = True
            self.down_ms = other.down_ms
            self.up_ms = other.up_ms
            self._phases = other._phases
            self.test.gap_ma = other.test.gap_ma
            self.test.seen_ma = other.test.seen_ma

    def testing(self):
        """True while the self-test says what to offer."""
        return self.why == TESTING

    def active(self):
        """True while the offer is clamped to what the car draws."""
        return self.armed or self.ffr_armed or self.why == TESTING

    def car_class(self):
        """What this car's response is good for, by the Nordic FFR options and beyond."""
        if not self.proven:
            return "unknown"
        for most_ms, name in _CLASSES:
            if self.down_ms <= most_ms:
                return name
        return "none"

    def step(self, dt_ms, charging, measured_ma, offer_ma, phases, wants):
        """Every 100 ms. wants: see control/grid/watch.py."""
        if self._retry_ms > 0:
            self._retry_ms -= dt_ms
        if phases != self._phases:
            self._phases = phases
            self.proven = False  # another current limit, another response
            self.test.stop()
            self._settle(measured_ma)
        if not charging:
            self.proven = False  # the next car is another one
            self.capacity_up_ma = self.capacity_down_ma = 0
            self._refuse(NO_CAR, measured_ma)
        elif not wants.meter_ok:
            self._refuse(METER, measured_ma)
        elif not wants.frequency_ok:
            self._refuse(FREQUENCY, measured_ma)
        elif wants.lowest_pm < _LOW_PM:
            self._refuse(VOLTAGE, measured_ma)
        elif self.testing():
            self._test(dt_ms, measured_ma, offer_ma, wants)
        elif not self.steady:
            self._watch_steady(dt_ms, measured_ma, offer_ma, wants)
        else:
            self._watch_taper(dt_ms, measured_ma, offer_ma)
            if self.steady:
                self._judge(wants)

    def _refuse(self, why, measured_ma):
        self.test.stop()
        self._settle(measured_ma)
        self.why = why

    def _settle(self, measured_ma):
        self.steady = self.armed = self.ffr_armed = False
        self.why = SETTLING
        self._ms = 0
        self._low_ma = self._high_ma = measured_ma

    def _watch_steady(self, dt_ms, measured_ma, offer_ma, wants):
        """At the baseline, unmoved by anything, for long enough."""
        self._ms += dt_ms
        if measured_ma < self._low_ma:
            self._low_ma = measured_ma
        if measured_ma > self._high_ma:
            self._high_ma = measured_ma
        away_ma = offer_ma - wants.offer_ma
        moving = self._high_ma - self._low_ma > _STEADY_MA
        moving = moving or not -wants.grain_ma < away_ma < wants.grain_ma
        if moving or measured_ma < 1000:
            if self.why != TAPER:
                self.why = SETTLING
            self._ms = 0
            self._low_ma = self._high_ma = measured_ma
            return
        if self._ms < self._steady_ms:
            return
        # To 0.1 A, as the duty: a car with steps of 1 A shall not lose one to the meter's noise.
        drawn_ma = (self._low_ma + self._high_ma + 100) // 200 * 100
        gap_ma = self.test.gap_ma if self.proven else 0
        if not self.proven and offer_ma - drawn_ma < _STEADY_MA:
            gap_ma = max(0, offer_ma - drawn_ma)
        base_ma = drawn_ma + gap_ma
        self.base_ma = offer_ma if base_ma + _SNAP_MA >= offer_ma else base_ma
        self.steady = True
        self._taper_ms = 0
        self._judge(wants)

    def _judge(self, wants):
        """Steady: what could be sold, and may it be?"""
        base_ma = min(self.base_ma, wants.limit_ma)
        self.capacity_up_ma = max(0, base_ma - MIN_MA)
        if self.proven and self._self_test:
            top_ma = min(wants.limit_ma, self.test.seen_ma + self.test.gap_ma + _SNAP_MA)
        else:
            top_ma = wants.limit_ma  # nobody has seen it: at most this
        self.capacity_down_ma = max(0, top_ma - base_ma)
        self.armed = self.ffr_armed = False
        if wants.up_ma > self.capacity_up_ma + _SNAP_MA:
            self.why = CAPACITY_UP
        elif self._self_test and not self.proven:
            self._begin_test(base_ma, wants)
        elif wants.down_ma > self.capacity_down_ma + _SNAP_MA:
            self.why = CAPACITY_DOWN
        else:
            self._arm(wants)

    def _arm(self, wants):
        if not self._self_test:
            self.down_ms = self.up_ms = self._declared_ms
            self.proven = True
        slowest_ms = max(self.down_ms, self.up_ms if wants.down_ma else 0)
        self.armed = slowest_ms + DETECT_MS <= wants.full_ms
        fast_ms = self.up_ms if wants.ffr_over else self.down_ms
        self.ffr_armed = wants.ffr_ms > 0 and fast_ms + DETECT_MS <= wants.ffr_ms
        refused = not self.armed or (wants.ffr_ms and not self.ffr_armed)
        self.why = TOO_SLOW if refused else ARMED

    def _begin_test(self, base_ma, wants):
        if self._retry_ms > 0:
            self.why = NOT_FOLLOWING
            return
        way_ma = max(wants.up_ma, _LEAST_STEP_MA)
        if way_ma > base_ma - MIN_MA:
            way_ma = base_ma - MIN_MA
        if way_ma < _STEADY_MA:
            self.why = CAPACITY_UP
            return
        high_ma = min(base_ma + wants.down_ma, wants.limit_ma)
        drawn_ma = (self._low_ma + self._high_ma) >> 1
        self.test.start(drawn_ma, base_ma, base_ma - way_ma, high_ma)
        self.why = TESTING

    def _test(self, dt_ms, measured_ma, offer_ma, wants):
        test = self.test
        test.step(dt_ms, measured_ma, offer_ma, wants.grain_ma, wants.age_ms)
        if test.state == response.DONE:
            self.down_ms = test.down_ms
            self.up_ms = test.up_ms
            self.proven = True
            self.why = SETTLING
        elif test.state == response.FAILED:
            self._retry_ms = _RETRY_MS
            self.why = NOT_FOLLOWING

    def _watch_taper(self, dt_ms, measured_ma, offer_ma):
        """The battery is nearly full: the car draws less than it did at this offer."""
        expected_ma = min(offer_ma - self.test.gap_ma, self.base_ma - self.test.gap_ma)
        if measured_ma >= expected_ma - _TAPER_MA:
            self._taper_ms = 0
            return
        self._taper_ms += dt_ms
        if self._taper_ms >= _TAPER_MS:
            self._settle(measured_ma)
            self.why = TAPER
