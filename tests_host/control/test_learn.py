# SPDX-License-Identifier: MIT
"""What a car shows is measured right, and used where the table in control/care.py says."""

from control.learn import Learn
from control.readings import Readings
from tests_host.control.rig import charging, ocpp_limit


class Bench:
    """A car of numbers in front of Learn alone: dead time, rate, step, highest current."""

    def __init__(self, dead_ms=1000, rate_ma_s=2000, step_ma=100, most_ma=16000, phases=3):
        self.learn = Learn()
        self.readings = Readings()
        self.dead_ms, self.rate_ma_s, self.step_ma = dead_ms, rate_ma_s, step_ma
        self.most_ma, self.phases = most_ma, phases
        self.level_ma = 0
        self.goal_ma = 0
        self.changes = []

    def run(self, ms, offer_ma):
        readings = self.readings
        for at_ms in range(0, ms, 100):
            if at_ms == 0:
                self.changes.append([self.dead_ms, min(offer_ma, self.most_ma)])
            for change in self.changes:
                change[0] -= 100
                if change[0] <= 0:
                    self.goal_ma = change[1] - change[1] % self.step_ma
            most = self.rate_ma_s // 10
            gap = self.goal_ma - self.level_ma
            self.level_ma += max(-most, min(most, gap))
            readings.l1_ma = self.level_ma - self.level_ma % self.step_ma
            readings.l2_ma = readings.l1_ma if self.phases > 1 else 0
            readings.l3_ma = readings.l1_ma if self.phases > 2 else 0
            self.learn.step(100, readings, offer_ma, 1, 3)
        return self.learn


def test_dead_time_rate_and_lag():
    for dead_ms, rate in ((500, 4000), (1500, 2000), (4000, 1000)):
        bench = Bench(dead_ms, rate)
        bench.run(30000, 16000)
        learn = bench.run(30000, 10000)
        assert dead_ms - 100 <= learn.dead_ms <= dead_ms + 600, (dead_ms, learn.dead_ms)
        assert rate * 7 // 10 <= learn.rate_ma_s <= rate * 13 // 10, (rate, learn.rate_ma_s)
        lag_ms = dead_ms + 6000 * 1000 // rate
        assert lag_ms - 500 <= learn.lag_ms <= lag_ms + 800, (lag_ms, learn.lag_ms)


def test_highest_and_lowest_current():
    bench = Bench(most_ma=10000)
    learn = bench.run(20000, 16000)
    assert learn.most_ma == 10000 and learn.limited
    learn = bench.run(20000, 7000)
    assert learn.lowest_ma == 7000
    bench = Bench(most_ma=32000)
    assert not bench.run(20000, 16000).limited


def test_coarse_and_fine_steps():
    offers = (16000, 14300, 12900, 11200, 9600, 8100, 9900)
    for step_ma in (1000, 500):
        bench = Bench(step_ma=step_ma)
        for offer_ma in offers:
            learn = bench.run(12000, offer_ma)
        assert learn.step_ma == step_ma, (step_ma, learn.step_ma)
    bench = Bench()
    for offer_ma in offers:
        learn = bench.run(12000, offer_ma)
    assert learn.step_ma == 100


def test_phases_after_30_s_above_5_a():
    for phases in (1, 2, 3):
        bench = Bench(phases=phases)
        assert bench.run(25000, 16000).phases == 0
        assert bench.run(15000, 16000).phases == phases
    bench = Bench(most_ma=4500, phases=1)
    assert bench.run(60000, 16000).phases == 0  # too little to tell


def test_falling_lasts_2_s_after_the_last_movement_down():
    bench = Bench(dead_ms=0, rate_ma_s=1000)
    bench.run(20000, 16000)
    assert not bench.learn.falling
    bench.run(1000, 6000)
    assert bench.learn.falling
    bench.run(14000, 6000)
    assert not bench.learn.falling


def test_the_overcurrent_window_follows_the_lag():
    rig = charging()
    rig.run(200)
    assert rig.charger.protection.over_limit_ms == 7000
    for lag_ms, window_ms in ((1000, 6000), (9000, 11000), (30000, 15000)):
        rig.charger.learn.lag_ms = lag_ms
        rig.run(200)
        assert rig.charger.protection.over_limit_ms == window_ms


def test_the_offer_follows_the_step():
    rig = charging()
    rig.charger.learn.step_ma = 1000
    ocpp_limit(rig, 9700)
    rig.run(300)
    assert rig.charger.offer_ma == 9000
    ocpp_limit(rig, 6400)
    rig.run(300)
    assert rig.charger.offer_ma == 6000


def test_a_pause_survived_and_a_pause_slept_through():
    rig = charging()
    ocpp_limit(rig, 0)
    rig.run(500).wait(60000, "B")
    ocpp_limit(rig, 16000)
    rig.wait(4000).run(2000, "C")
    assert 55 <= rig.charger.learn.pause_ok_s <= 65 and rig.charger.learn.slept_s == 0
    ocpp_limit(rig, 0)
    rig.run(500).wait(120000, "B")
    ocpp_limit(rig, 16000)
    while rig.state != "F":
        rig.wait(50)
    rig.wait(6000).run(2000, "C")
    assert rig.closed and 115 <= rig.charger.learn.slept_s <= 125
    assert rig.charger.learn.woken_by == 1


def test_another_car_is_another_story():
    rig = charging()
    rig.current_ma = 16000
    rig.run(31000)
    assert rig.charger.learn.phases == 3
    rig.run(500, "A")
    assert rig.charger.learn.phases == 3  # for whoever keeps it
    rig.run(500, "B")
    assert rig.charger.learn.phases == 0 and rig.charger.learn.most_ma == 0
