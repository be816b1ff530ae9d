# SPDX-License-Identifier: MIT
"""Habits of cars: sleep, memory of phases, glitches, cooling, refusal. Each can be seen here."""

from tests_host.bench.test_car import Trip
from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F
from tools.bench.sim.vehicle import check_vehicle


def slept(seconds_of_charge, **fields):
    """A car that charged, was paused and is asleep."""
    trip = Trip(sleep_s=60, **fields)
    trip.pilot(PWM, 266667)
    trip.run(10000 + seconds_of_charge * 1000)
    trip.pilot(X1, 1000000)
    trip.run(70000)
    assert trip.car.asleep
    return trip


def wakes(trip):
    """Does it take energy when it is offered?"""
    trip.pilot(PWM, 266667)
    trip.run(30000)
    return trip.car.i_ma[0] > 0


def test_a_sleeper_that_has_charged_before_the_pause_sleeps_lightly():
    assert wakes(slept(60, wakes_on="none", light_sleep_after_s=60))
    assert not wakes(slept(20, wakes_on="none", light_sleep_after_s=60))
    assert not wakes(slept(60, wakes_on="none"))


def test_a_cp_break_wakes_only_when_it_is_long_enough():
    for hold_ms, broken_ms, awake in (
        (4000, 3900, False), (4000, 4100, True), (30000, 4100, False), (30000, 30100, True),
        (45000, 30100, False), (45000, 45100, True),
    ):  # fmt: skip
        trip = slept(20, wakes_on="cp_break", wake_hold_ms=hold_ms)
        trip.pilot(DEAD)
        trip.run(broken_ms)
        trip.pilot(X1, 1000000)
        assert wakes(trip) == awake, (hold_ms, broken_ms)


def test_a_sleep_that_takes_long():
    trip = Trip(sleep_s=1800, wakes_on="f")
    trip.run(1799000)
    assert not trip.car.asleep
    trip.run(2000)
    assert trip.car.asleep


def test_a_car_that_cools_opens_s2_by_itself_and_comes_back():
    trip = Trip(cool_after_s=40, cool_s=30)
    trip.pilot(PWM, 266667)
    trip.until(lambda: trip.car.i_ma[0])
    assert 39000 <= trip.until(lambda: not trip.car.s2) <= 46000
    assert trip.car.i_ma[0] == 0
    assert 20000 <= trip.until(lambda: trip.car.i_ma[0]) <= 40000


def test_a_car_may_need_long_to_come_back_after_a_pause_unless_the_pilot_was_gone():
    for broken, comes_back in ((False, False), (True, True)):
        trip = Trip(resume_delay_ms=900000).charging()
        trip.pilot(X1, 1000000)
        trip.run(10000)
        if broken:
            trip.pilot(DEAD)
            trip.run(4000)
        assert wakes(trip) == comes_back
    trip.run(900000)
    assert trip.car.i_ma[0] > 0
    assert wakes(Trip(resume_delay_ms=900000)), "the first start is not delayed"
    trip = Trip(resume_delay_ms=900000).charging()
    trip.car.ready = False
    trip.run(20000)
    assert not trip.car.s2
    trip.car.ready = True
    trip.run(20000)
    assert trip.car.i_ma[0] > 0, "the car has stopped by itself: that is no pause"


def letters(trip, ms):
    """[(ms, ohm)] of every change of what the charger sees."""
    seen = []
    ohm = trip.car.resistance()
    for t_ms in range(0, ms, 10):
        trip.run(10)
        if trip.car.resistance() != ohm:
            ohm = trip.car.resistance()
            seen.append((t_ms + 10, ohm))
    return seen


def test_c_for_250_ms_after_a_cp_break():
    trip = Trip(c_blip_ms=250, ready_delay_ms=3000).charging()
    trip.pilot(X1, 1000000)
    trip.run(3000)
    trip.pilot(DEAD)
    trip.run(10000)
    trip.pilot(X1, 1000000)
    trip.run(3000)
    trip.pilot(PWM, 100000)
    assert letters(trip, 2000) == [(300, 882), (550, 2740)]
    assert not trip.car.s2, "only a blip: S2 stays open"
    trip.run(1500)
    assert trip.car.s2


def test_no_c_blip_without_a_cp_break():
    trip = Trip(c_blip_ms=250, ready_delay_ms=3000)
    trip.pilot(PWM, 100000)
    assert letters(trip, 2900) == []


def test_b_for_a_moment_after_a_change_of_the_duty():
    trip = Trip(b_blip_ms=40, b_blip_after_ms=500).charging()
    trip.pilot(PWM, 166667)
    assert letters(trip, 2000) == [(500, 2740), (540, 882)]
    assert trip.car.i_ma[0] > 0
    assert Trip(b_blip_ms=0).charging().car.habits.blip == ""


def test_two_phases_below_eight_ampere():
    trip = Trip(two_phase_below_ma=8000).charging(100000)
    assert trip.car.i_ma == [6000, 6000, 0]
    trip.pilot(PWM, 133333)
    trip.run(10000)
    assert trip.car.i_ma == [8000, 8000, 8000]
    trip.pilot(PWM, 166667)
    trip.run(10000)
    assert trip.car.i_ma == [10000, 10000, 10000]


def test_a_large_step_stops_the_car_and_a_small_or_slow_one_does_not():
    trip = Trip(trip_step_ma=8000, trip_window_ms=4000).charging(100000)
    trip.pilot(PWM, 266667)
    trip.run(100)
    assert "10000 mA" in trip.car.habits.trouble
    trip.run(1000)
    assert trip.car.i_ma[0] == 0
    assert not trip.car.s2
    trip.run(60000)
    assert not trip.car.s2, "it has had enough"
    trip.pilot(DEAD)
    trip.run(3100)
    assert wakes(trip), "a CP break is a new session"
    trip = Trip(trip_step_ma=8000, trip_window_ms=4000).charging(100000)
    for ppm in (183333, 266667):  # 5 A each, 5 s apart
        trip.pilot(PWM, ppm)
        trip.run(5000)
    assert trip.car.i_ma[0] == 16000
    trip = Trip(trip_step_ma=8000, trip_window_ms=4000).charging(100000)
    for ppm in (183333, 266667):  # the same within a second
        trip.pilot(PWM, ppm)
        trip.run(500)
    assert trip.car.habits.trouble


def test_a_car_that_is_nagged_refuses_until_it_is_unplugged():
    trip = Trip(most_pulses=2, ready_delay_ms=600000)
    for pulse in range(3):
        trip.pilot(F if pulse else DEAD)
        trip.run(4000)
        trip.pilot(X1, 1000000)
        trip.run(1000)
        assert bool(trip.car.habits.trouble) == (pulse == 2)
    trip.pilot(PWM, 266667)
    trip.run(700000)
    assert not trip.car.s2
    trip = Trip(most_pulses=2)
    for _ in range(3):  # with energy in between nobody is nagged
        trip.pilot(DEAD)
        trip.run(4000)
        trip.pilot(X1, 1000000)
        trip.charging()
    assert trip.car.i_ma[0] == 16000


def test_a_car_may_stay_in_c_when_the_pilot_is_gone():
    for hold_ms, stays in ((0, False), (20000, True)):
        trip = Trip(hold_c_ms=hold_ms).charging()
        trip.live = False
        trip.car.cut()
        trip.pilot(DEAD)
        trip.run(5000, follow=False)
        assert trip.car.s2 == stays
        assert trip.car.i_ma[0] == 0
        trip.pilot(X1, 1000000)
        trip.run(5000, follow=False)
        assert trip.car.s2 == stays
    trip.run(20000, follow=False)
    assert not trip.car.s2


def single(**fields):
    """A car that has charged on one phase and has stopped."""
    trip = Trip(rejoin_s=30, **fields)
    trip.three = False
    trip.charging()
    assert trip.car.i_ma == [16000, 0, 0]
    trip.pilot(X1, 1000000)
    trip.run(5000)
    assert not trip.car.s2
    assert trip.car.habits.single
    return trip


def test_a_car_forgets_its_one_phase_only_after_its_time_without_pilot_and_power():
    trip = single()
    trip.run(60000)
    assert trip.car.habits.single, "x1 is no unplug"
    for mode in (DEAD, F):
        trip = single()
        trip.pilot(mode)
        trip.run(29900)
        assert trip.car.habits.single
        trip.run(200)
        assert not trip.car.habits.single
    trip = single()
    for _ in range(3):  # three breaks of 15 s are not one of 45 s
        trip.pilot(DEAD)
        trip.run(15000)
        trip.pilot(X1, 1000000)
        trip.run(1000)
    assert trip.car.habits.single


def test_a_car_that_draws_on_three_phases_has_not_settled_on_one():
    trip = Trip(rejoin_s=30).charging()
    assert not trip.car.habits.single


def test_mood_is_told_in_one_word():
    assert Trip().car.habits.mood() == "none"
    assert slept(10, wakes_on="none").car.habits.mood() == "asleep"
    assert single().car.habits.mood() == "settled on one phase"


def test_contradicting_fields_are_named():
    for fields, words in (
        ({"bridges": True, "phases": 1, "rejoin_s": 5}, "vehicle.bridges"),
        ({"bridges": True}, "vehicle.rejoin_s"),
        ({"two_phase_below_ma": 8000, "phases": 2}, "vehicle.two_phase_below_ma"),
        ({"simplified": True, "sleep_s": 5}, "vehicle.simplified"),
        ({"rejoin_s": -1}, "vehicle.rejoin_s: got -1, expected a whole number from 0"),
        ({"bridges": 1}, "vehicle.bridges: got 1, expected true or false"),
        ({"cool_s": 0}, "vehicle.cool_s"),
    ):
        try:
            check_vehicle(fields)
            said = ""
        except ValueError as error:
            said = str(error)
        assert words in said, (fields, said)
