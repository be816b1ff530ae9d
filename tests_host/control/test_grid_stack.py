# SPDX-License-Identifier: MIT
"""Arming, the order of the services, a frequency that is lost: through the whole charger."""

from control import limits
from control.grid.arming import WHY, Arming
from control.grid.curve import Curve, Play
from control.grid.inertia import Inertia
from control.grid.reserve import PM_OF_BASE, Reserve
from control.grid.setpoint import Setpoint
from control.grid.stack import Grid
from tests_host.control.grid_rig import GridRig, armed, fcr_grid, latch, reserve, running
from tests_host.control.rig import ocpp_limit


def why(rig):
    return WHY[rig.grid.arming.why]


def test_settles_tests_and_arms_and_says_what_it_has_measured():
    rig = armed(fcr_grid(capacity_ma=2000, baseline_ma=14000))
    arming = rig.grid.arming
    assert rig.grid.armed() and why(rig) == "armed"
    assert arming.capacity_up_ma == 8000 and 1800 <= arming.capacity_down_ma <= 2200
    assert 300 <= arming.down_ms <= 600 and 300 <= arming.up_ms <= 800
    assert arming.car_class() in ("ffr_a", "ffr_b")
    assert rig.charger.offer_ma == 14000 and rig.grid.may_rise


def test_follows_the_curve_down_and_up_within_a_second_once_proven():
    rig = armed(fcr_grid(capacity_ma=2000))
    rig.mhz = 49900
    rig.run(300)
    assert 11900 <= rig.charger.offer_ma <= 12100
    rig.run(1500)
    assert rig.charger.offer_ma == 12000
    assert limits.REASONS[rig.charger.offer.reason] == "fcr"
    rig.mhz = 50100
    rig.run(2500)
    assert rig.charger.offer_ma == 16000
    rig.mhz = 50000
    rig.run(1500)
    assert 13900 <= rig.charger.offer_ma <= 14100


def test_the_offer_is_clamped_to_what_the_car_draws():
    rig = armed(fcr_grid("fcr_d_up", 3000, 16000), car_max_ma=10000)
    assert rig.grid.armed() and rig.grid.arming.capacity_up_ma == 4000
    assert rig.charger.offer_ma == 10500
    rig.mhz = 49500
    rig.run(2500)
    assert rig.charger.offer_ma == 7000 and rig.current_ma == 7000


def test_refuses_with_the_reason():
    rig = armed(fcr_grid("fcr_d_up", 5000, 16000), car_max_ma=10000)
    assert not rig.grid.armed() and why(rig) == "capacity_up"
    rig.mhz = 49500
    rig.run(3000)
    assert rig.charger.offer_ma == 16000  # nothing is promised, nothing is done
    rig = armed(fcr_grid("fcr_d_down", 4000, 10000), car_max_ma=11000)
    assert not rig.grid.armed() and why(rig) == "capacity_down"
    grid = Grid(14000)
    grid.ffr = latch("nordic_a")
    grid.ffr_capacity_ma = 4000
    rig = armed(grid, dead_ms=1200)
    assert not rig.grid.armed() and why(rig) == "too_slow"
    rig.mhz = 49300
    rig.run(2000)
    assert rig.grid.ffr.trips == 0


def test_a_car_that_does_not_follow_is_not_armed():
    grid = fcr_grid(capacity_ma=2000)
    grid.arming = Arming(5)
    rig = running(grid)
    rig.slope_ma = 1  # 0.1 A per second
    rig.run(30000)
    assert not rig.grid.armed() and why(rig) == "not_following"


def test_taper_and_unplugging_disarm():
    rig = armed(fcr_grid("fcr_d_up", 2000, 14000))
    assert rig.grid.armed()
    rig.car_max_ma = 9000
    rig.run(17000)
    assert not rig.grid.armed() and why(rig) == "taper"
    rig.run(3000, "B")
    assert why(rig) == "no_car_charging" and rig.grid.arming.capacity_up_ma == 0


def test_latch_acts_beside_the_droop_with_its_own_watts():
    grid = fcr_grid("fcr_d_up", 2000, 16000)
    grid.ffr = latch()
    grid.ffr_capacity_ma = 4000
    rig = armed(grid)
    assert rig.grid.armed()
    rig.mhz = 49690
    rig.run(300)
    assert grid.ffr.latched
    rig.run(1200)
    assert 10900 <= rig.charger.offer_ma <= 11000  # 52.5 % of FCR-D: 1.05 A, to 0.1 A
    assert limits.REASONS[rig.charger.offer.reason] == "ffr"


def test_the_time_of_the_latch_goes_on_in_every_step_of_a_calm_grid():
    grid = fcr_grid("fcr_d_up", 1000, 16000)
    grid.ffr = latch(support_ms=5000)
    grid.ffr_capacity_ma = 4000
    rig = armed(grid)
    rig.mhz = 49650
    held_ms = 0
    for _ in range(1000):
        rig.step()
        held_ms += 10 if grid.ffr.latched else 0
        if held_ms == 1000:
            rig.mhz = 50000
    assert held_ms == 5000 and grid.ffr.trips == 1


def test_after_the_latch_no_more_than_a_quarter_is_made_up():
    grid = fcr_grid("fcr_d_up", 1000, 0)
    grid.ffr = latch(support_ms=5000)
    grid.ffr_capacity_ma = 4000
    rig = armed(grid)
    ocpp_limit(rig, 14000)
    rig.run(10000)
    assert rig.grid.armed() and rig.charger.offer_ma == 14000
    rig.mhz = 49650
    rig.run(500)
    assert grid.ffr.latched
    rig.mhz = 50000
    rig.charger.limits.withdraw(limits.OCPP)
    most = 0
    for _ in range(4000):
        rig.step()
        most = max(most, rig.charger.offer_ma)
    assert grid.ffr.trips == 1 and most <= 15000


def test_reserves_never_exceed_a_limit_and_lose_their_room_with_it():
    rig = armed(fcr_grid(capacity_ma=2000))
    rig.mhz = 50100
    ocpp_limit(rig, 15000)
    rig.run(2000)
    assert rig.charger.offer_ma <= 15000
    ocpp_limit(rig, 7000)
    rig.run(500)
    assert rig.charger.offer_ma <= 7000 and not rig.grid.armed()


def test_lost_frequency_is_held_for_1_s_then_back_to_the_baseline_and_disarmed():
    rig = armed(fcr_grid(capacity_ma=4000, baseline_ma=12000))
    rig.mhz = 49900
    rig.run(1500)
    assert rig.charger.offer_ma == 8000
    rig.edges = False
    rig.run(1100)
    assert rig.grid.frozen == 1 and rig.charger.offer_ma == 8000
    rig.run(300)
    assert rig.grid.frozen == 2 and not rig.grid.armed()
    rig.run(10000)
    assert rig.grid.shift_ma == 0 and rig.charger.offer_ma == 12000
    assert why(rig) == "frequency_invalid"


def test_low_voltage_disarms():
    rig = armed(fcr_grid(capacity_ma=2000))
    rig.volts_pm = 840
    rig.run(300)
    assert not rig.grid.armed() and why(rig) == "voltage"


def test_a_set_point_moves_the_baseline_by_its_ramp_expires_and_leaves_room():
    grid = fcr_grid("fcr_d_up", 2000, 14000)
    grid.frr = Setpoint(1000)
    rig = armed(grid)
    grid.frr.request(6000, 10000)
    rig.run(3000)
    assert 10500 <= rig.charger.offer_ma <= 12000
    assert limits.REASONS[rig.charger.offer.reason] == "frr"
    rig.run(6500)
    assert rig.charger.offer_ma == 8000  # 6 A and the 2 A of FCR-D stay armed
    rig.run(20000)
    assert rig.charger.offer_ma == 14000 and not grid.frr.active


def test_lfsm_acts_without_arming_and_only_where_it_asks_for_more():
    grid = fcr_grid("fcr_d_up", 2000, 12000)
    curve = Curve([[47300, -1000], [49800, 0]])
    grid.lfsm = (Reserve(curve, Play(50000), PM_OF_BASE, limits.LFSM),)
    rig = running(grid)
    rig.mhz = 49300
    rig.run(3000)
    assert grid.shift_ma == -2400
    rig = armed(grid)
    rig.mhz = 49500
    rig.run(2000)
    assert grid.shift_ma == -2000 and grid.reason == limits.FCR


def test_inertia_answers_the_rate_of_change_only_with_a_gain():
    term = Inertia(2000, 3000)
    term.step(-500)
    assert term.shift_ma == -1000
    term.step(5000)
    assert term.shift_ma == 3000
    term = Inertia(0, 3000)
    term.step(-5000)
    assert term.shift_ma == 0


def test_with_inertia_alone_armed_means_that_it_may_act():
    grid = Grid(11000)
    grid.inertia = Inertia(2000, 3000)
    grid.arming = Arming(steady_s=2)
    rig = running(grid)
    assert not grid.armed() and not grid.arming.armed
    rig.run(40000)
    assert grid.armed() and grid.arming.armed


def test_pause_below_6_a_only_where_allowed():
    for allowed in (False, True):
        grid = Grid(10000, (reserve("fcr_d_up", 9000),), pause=allowed)
        rig = running(grid)
        rig.mhz = 49500
        rig.run(3000)
        assert rig.charger.offer_ma == (0 if allowed else 6000)


def test_a_small_phase_step_moves_no_offer_by_much_and_trips_nothing():
    grid = fcr_grid("fcr_d_up", 2000, 16000)
    grid.ffr = latch()
    grid.ffr_capacity_ma = 4000
    rig = armed(grid)
    rig.mhz = 49720
    rig.run(3000)
    offer_ma = rig.charger.offer_ma
    for step_us in (250, 299, 320, 555):
        rig.phase_step_us = step_us
        rig.run(1000)
        assert grid.ffr.trips == 0, step_us
        assert abs(rig.charger.offer_ma - offer_ma) <= 200


def test_the_rig_without_a_grid_still_charges():
    rig = GridRig(None)
    rig.run(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(3000, "C")
    assert rig.closed
