# SPDX-License-Identifier: MIT
"""The house connection: what the meter there leaves for the car, and silence."""

from control import limits
from control.readings import Readings
from firmware.site_limit import STALE_MS, SiteLimit
from tests_host.firmware.fake_app import FakeCharger
from tests_host.firmware.fake_network import Events


class Meter:
    """Answers when the test says so."""

    error = "not connected yet"

    def __init__(self, app):
        self.app = app
        self.answers = 0
        self.answered_ms = -1
        self.l1_ma = self.l2_ma = self.l3_ma = 0

    def age_ms(self, now_ms):
        return 1 << 28 if self.answered_ms < 0 else now_ms - self.answered_ms

    def answer(self, *currents):
        self.l1_ma, self.l2_ma, self.l3_ma = currents
        self.answers += 1
        self.answered_ms = self.app.time_ms
        self.error = None


class App:
    """Charger, readings and a clock."""

    site_limit_ma = 35000
    site_floor_ma = 6000

    def __init__(self):
        self.time_ms = 1000
        self.settings = self.log = self.board = self
        self.charger = FakeCharger()
        self.charger.limits.offer(limits.BOARD, 32000, 0)
        self.readings = Readings()
        self.event = Events()
        self.meter = Meter(self)
        self.site = SiteLimit(self, self.meter)

    def now_ms(self):
        return self.time_ms

    def limit(self):
        return self.charger.limits.resolve(self.time_ms)

    def second(self, *currents):
        if currents:
            self.meter.answer(*currents)
        for _ in range(5):
            self.site.poll()
            self.time_ms += 200
        return self.limit()


def test_before_the_first_answer_the_floor_counts():
    app = App()
    assert app.second() == 6000
    assert limits.NAMES[app.charger.limits.reason] == "site"


def test_the_phase_with_the_least_left_counts_without_the_car_itself():
    app = App()
    app.readings.l1_ma = app.readings.l2_ma = app.readings.l3_ma = 10000
    for _ in range(3):
        left_ma = app.second(15000, 24000, 12000)
    assert left_ma == 35000 - 14000
    app.charger.phases = 1
    for _ in range(3):
        left_ma = app.second(15000, 24000, 12000)
    assert left_ma == 35000 - 5000


def test_a_fall_counts_at_once_and_a_rise_when_it_lasts():
    app = App()
    for _ in range(3):
        app.second(5000, 5000, 5000)
    assert app.limit() == 30000
    assert app.second(28000, 5000, 5000) == 7000
    assert app.second(5000, 5000, 5000) == 7000
    assert app.second(5000, 5000, 5000) == 7000
    assert app.second(5000, 5000, 5000) == 30000


def test_a_house_beyond_its_fuse_leaves_nothing():
    app = App()
    assert app.second(40000, 0, 0) == 0


def test_silence_leaves_the_floor_and_never_more_than_before():
    app = App()
    for _ in range(3):
        app.second(5000, 5000, 5000)
    app.meter.error = "no answer within 3 s"
    for _ in range(STALE_MS // 1000 - 1):
        assert app.limit() == 30000
        app.second()
    app.second()
    assert app.limit() == 6000
    assert app.event.seen[-1] == ("site_meter", {"error": "no answer within 3 s"})
    low = App()
    low.second(32000, 0, 0)
    assert low.limit() == 3000
    low.time_ms += 2 * STALE_MS
    assert low.limit() == 3000


def test_a_meter_that_answers_without_currents_counts_as_silent():
    app = App()
    for _ in range(3):
        app.second(5000, 5000, 5000)
    for _ in range(STALE_MS // 1000 + 1):
        app.meter.answers += 1
        app.second()
    assert app.limit() == 6000
