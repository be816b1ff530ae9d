# SPDX-License-Identifier: MIT
"""The car: what it makes of the pilot, when it draws, how it stops, how it sleeps."""

from tools.bench.sim.car import Car
from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F
from tools.bench.sim.vehicle import check_vehicle, duty_to_ma

FULL = [1000, 1000, 1000]


class Trip:
    """A car, its time and the charger's side of the plug."""

    def __init__(self, **fields):
        self.car = Car()
        self.now_ms = 0
        self.live = False
        self.three = True
        self.v_pm = list(FULL)
        self.car.plug(check_vehicle(fields), 0)
        self.car.pilot(X1, 1000000, 0)

    def pilot(self, mode, duty_ppm=0):
        """The charger changes its pilot."""
        self.car.pilot(mode, duty_ppm, self.now_ms)

    def run(self, ms, follow=True):
        """Time passes; a charger that follows has its contactor closed in C2."""
        for _ in range(ms // 10):
            self.now_ms += 10
            if follow:
                self.live = self.car.s2 and self.car.mode == PWM
            self.car.step(self.now_ms, self.live, self.three, self.v_pm)
        return self

    def until(self, condition, limit_ms=120000):
        """Run until condition(); the time it took."""
        start = self.now_ms
        while not condition():
            assert self.now_ms - start < limit_ms, "never happened"
            self.run(10)
        return self.now_ms - start

    def charging(self, duty_ppm=266667):
        """Bring the car to its full current at `duty_ppm`."""
        self.pilot(PWM, duty_ppm)
        return self.run(40000)


def test_duty_table_of_the_cars_side():
    for ppm, ma in (
        (29999, 0), (50000, 0), (79999, 0), (80000, 6000), (99999, 6000), (100000, 6000),
        (266666, 15999), (533333, 31999), (850000, 51000), (860000, 55000), (960000, 80000),
        (970000, 80000), (970001, 0), (1000000, 0),
    ):  # fmt: skip
        assert duty_to_ma(ppm) == ma, ppm


def test_s2_closes_after_the_cars_delay_and_only_with_a_valid_duty():
    trip = Trip(ready_delay_ms=2000)
    trip.run(10000)
    assert not trip.car.s2
    trip.pilot(PWM, 50000)
    trip.run(10000)
    assert not trip.car.s2
    trip.pilot(PWM, 266667)
    assert 1990 <= trip.until(lambda: trip.car.s2) <= 2010


def test_current_starts_late_ramps_and_follows_the_duty():
    trip = Trip(start_delay_ms=5000, up_ma_s=2000, dead_ms=1500)
    trip.pilot(PWM, 266667)
    trip.until(lambda: trip.car.s2)
    assert 4980 <= trip.until(lambda: trip.car.i_ma[0]) <= 5050
    assert trip.car.i_ma[0] == 6000  # a charger starts at its minimum
    assert 4900 <= trip.until(lambda: trip.car.i_ma[0] == 16000) <= 5100
    assert trip.car.i_ma == [16000, 16000, 16000]
    trip.pilot(PWM, 166667)
    trip.run(1480)
    assert trip.car.i_ma[0] == 16000
    assert trip.until(lambda: trip.car.i_ma[0] == 10000) <= 1600  # 6 A at 4 A/s
    trip.run(10000)
    assert trip.car.i_ma == [10000, 10000, 10000]


def test_frequent_small_changes_do_not_hold_the_car_back():
    trip = Trip(dead_ms=1500).charging()
    for step in range(40):
        trip.pilot(PWM, 166667 + step % 2 * 1000)
        trip.run(200)
    assert trip.car.i_ma[0] in (9000, 10000)


def test_coarse_steps_and_offset():
    trip = Trip(step_ma=1000, offset_ma=-500).charging(216667)  # 13 A - 0.5 A
    assert trip.car.i_ma[0] == 12000
    trip = Trip(step_ma=100, offset_ma=-500).charging(216667)
    assert trip.car.i_ma[0] == 12500


def test_phases_of_the_car_and_of_the_charger():
    trip = Trip(phases=2).charging()
    assert trip.car.i_ma == [16000, 16000, 0]
    trip = Trip(phases=1, max_ma=32000).charging(533333)
    assert trip.car.i_ma == [32000, 0, 0]
    trip = Trip()
    trip.three = False
    trip.charging()
    assert trip.car.i_ma == [16000, 0, 0]


def test_below_its_minimum_a_car_draws_nothing():
    trip = Trip(min_ma=8000).charging(100000)
    assert trip.car.s2
    assert trip.car.i_ma[0] == 0


def test_x1_stops_the_car_in_its_time_then_opens_s2():
    trip = Trip(stop_ms=1500, s2_open_ms=200).charging()
    trip.live = True
    trip.pilot(X1, 1000000)
    trip.run(1000, follow=False)
    assert 0 < trip.car.i_ma[0] < 16000
    trip.run(500, follow=False)
    assert trip.car.i_ma[0] == 0
    assert trip.car.s2
    trip.run(250, follow=False)
    assert not trip.car.s2


def test_a_car_that_ignores_x1_draws_on_until_the_power_goes():
    trip = Trip(stop_ms=-1).charging()
    trip.live = True
    trip.pilot(X1, 1000000)
    trip.run(10000, follow=False)
    assert trip.car.i_ma[0] == 16000
    assert trip.car.s2
    trip.live = False
    trip.car.cut()
    trip.run(3000, follow=False)
    assert trip.car.i_ma[0] == 0
    assert not trip.car.s2


def test_minus_twelve_volts_and_no_pilot_stop_at_once():
    for mode in (F, DEAD):
        trip = Trip().charging()
        trip.live = True
        trip.pilot(mode)
        trip.run(10, follow=False)
        assert trip.car.i_ma[0] == 0
        assert not trip.car.s2


def test_a_driver_who_has_enough_ends_at_zero_current_before_s2_opens():
    trip = Trip().charging()
    trip.car.ready = False
    seen = []
    while trip.car.s2:
        trip.run(10)
        seen.append(trip.car.i_ma[0])
    assert seen[-1] == 0
    assert 3900 <= len(seen) * 10 <= 4500  # 16 A at 4 A/s and 0.2 s


def test_energy_taper_and_the_end():
    trip = Trip(need_wh=1000, step_ma=100).charging()
    trip.until(lambda: trip.car.energy_mwms > 980 * 3600000000, 600000)
    assert 6000 <= trip.car.i_ma[0] < 12000
    trip.until(lambda: not trip.car.s2, 600000)
    assert trip.car.full
    assert 1000 <= trip.car.energy_mwms // 3600000000 <= 1003
    trip.run(10000)
    assert not trip.car.s2


def test_energy_is_voltage_times_current_times_time():
    trip = Trip(phases=1).charging(100000)
    start = trip.car.energy_mwms
    trip.run(3600000 // 100)
    wh100 = (trip.car.energy_mwms - start) * 100 // 3600000000
    assert abs(wh100 - 1380) <= 1  # 6 A at 230 V for a hundredth of an hour, in 1/100 Wh


def test_voltage_dip_stops_the_charger_on_board():
    trip = Trip().charging()
    trip.v_pm[1] = 650
    trip.run(20)
    assert trip.car.i_ma == [16000, 0, 16000]
    trip.v_pm[0] = 500
    trip.run(20)
    assert trip.car.i_ma == [0, 0, 0]
    assert trip.car.s2
    trip.v_pm[0] = trip.v_pm[1] = 1000
    assert 4900 <= trip.until(lambda: trip.car.i_ma[0]) <= 5100


def asleep(wakes_on, hold_ms=3000):
    trip = Trip(sleep_s=60, wakes_on=wakes_on, wake_hold_ms=hold_ms)
    trip.run(59900)
    assert not trip.car.asleep
    trip.run(200)
    assert trip.car.asleep
    return trip


def test_a_sleeper_wakes_by_its_own_signal_only():
    trip = asleep("x2")
    trip.pilot(PWM, 166667)
    trip.run(3000)
    assert trip.car.s2
    for wakes_on, right in (("f", F), ("cp_break", DEAD)):
        for mode in (F, DEAD):
            trip = asleep(wakes_on)
            trip.pilot(PWM, 166667)
            trip.run(60000)
            assert not trip.car.s2
            trip.pilot(mode)
            trip.run(2900)
            assert trip.car.asleep
            trip.run(200)
            assert trip.car.asleep == (mode != right)
    trip = asleep("none")
    for mode in (PWM, F, DEAD):
        trip.pilot(mode, 166667)
        trip.run(60000)
    assert trip.car.asleep


def test_a_car_without_s2_goes_to_c_at_once_and_limits_itself_to_ten_ampere():
    trip = Trip(simplified=True)
    assert trip.car.s2
    assert trip.car.resistance() == 882
    trip.charging(266667)
    assert trip.car.i_ma[0] == 10000


def test_overcurrent_fault_draws_a_third_more():
    trip = Trip().charging(166667)
    trip.car.draw_more = True
    trip.run(10000)
    assert trip.car.i_ma[0] == 13000


def test_wrong_vehicles_are_named():
    for fields, word in (
        ({"phase": 3}, "vehicle.phase"),
        ({"phases": 4}, "vehicle.phases"),
        ({"max_ma": "16 A"}, "vehicle.max_ma"),
        ({"wakes_on": "kiss"}, "vehicle.wakes_on"),
        ({"step_ma": 0}, "vehicle.step_ma"),
    ):
        try:
            check_vehicle(fields)
            said = ""
        except ValueError as error:
            said = str(error)
        assert word in said, (fields, said)
