# SPDX-License-Identifier: MIT
"""Volt-watt, ride-through, island detection, return to service, the United Kingdom's delay."""

from control import limits
from control.grid import enter_service
from control.grid.curve import Curve
from control.grid.enter_service import EnterService
from control.grid.island import Island
from control.grid.random_delay import RandomDelay
from control.grid.ridethrough import RideThrough
from control.grid.setpoint import Setpoint
from control.grid.stack import Grid
from control.grid.voltwatt import VoltWatt
from tests_host.control.grid_rig import running

RANGES = (49900, 50100, 900, 1090)


class Mains:
    """What a Frequency would say."""

    def __init__(self):
        self.valid = True
        self.mhz = self.fast_mhz = 50000
        self.rocof_mhz_s = 0


def refused(make, *values):
    try:
        make(*values)
    except ValueError as error:
        return str(error)
    assert False, values
    return ""


def test_volt_watt_falls_fast_and_rises_slowly():
    unit = VoltWatt(Curve([[850, 0], [900, 400], [950, 1000]]), 16000, 1000, 50)
    for _ in range(100):
        unit.step(100, 900)
    assert unit.cap_ma == 6400
    for _ in range(100):
        unit.step(100, 1000)
    assert unit.cap_ma == 6900
    assert "per mille" in refused(VoltWatt, Curve([[0, 0], [1, 2000]]), 16000, 1, 1)


def test_volt_watt_is_a_limit_with_its_own_name():
    grid = Grid(16000)
    grid.watch.volt_watt = VoltWatt(Curve([[850, 0], [900, 400], [950, 1000]]), 16000, 5000, 1000)
    rig = running(grid)
    assert rig.charger.offer_ma == 16000
    rig.volts_pm = 920
    rig.run(3000)
    assert 10000 <= rig.charger.offer_ma <= 10300
    assert limits.REASONS[rig.charger.offer.reason] == "voltage"
    rig.volts_pm = 1000
    rig.run(15000)
    assert rig.charger.offer_ma == 16000


def test_ride_through_holds_as_long_as_the_curve_says_then_gives_up():
    unit = RideThrough(Curve([[0, 150], [500, 600], [850, 3000]]))
    for i in range(30):
        unit.step(100, 840, 850)
        assert unit.hold == (i < 29), i
    assert unit.failed
    unit.step(100, 1000, 850)
    assert not unit.hold and not unit.failed and unit.cap_ma > 80000
    unit.step(100, 0, 850)
    assert unit.hold
    unit.step(100, 0, 850)
    assert unit.failed
    assert "rise" in refused(RideThrough, Curve([[0, 150], [500, 100]]))


def test_after_a_deep_dip_the_current_comes_back_from_6_a():
    unit = RideThrough(Curve([[0, 500], [850, 3000]]), 1000)
    unit.step(100, 400, 850)
    unit.step(100, 1000, 850)
    assert unit.cap_ma == 6000
    for _ in range(50):
        unit.step(100, 1000, 850)
    assert unit.cap_ma == 11000
    for _ in range(800):
        unit.step(100, 1000, 850)
    assert unit.cap_ma > 80000


def test_a_dip_holds_offer_and_contactor():
    grid = Grid(16000)
    grid.watch.ride_through = RideThrough(Curve([[0, 150], [500, 1000], [850, 3000]]))
    grid.watch.enter = EnterService(RANGES, 1, 0, 60000)
    grid.watch.volt_watt = VoltWatt(Curve([[850, 0], [950, 1000]]), 16000, 5000, 1000)
    rig = running(grid)
    rig.volts_pm = 800
    rig.run(1500)
    assert grid.hold and rig.charger.offer_ma == 16000 and rig.closed
    rig.run(2500)
    assert not grid.hold and rig.charger.offer_ma == 0


def test_island_by_frequency_voltage_and_rate():
    for field, value in (("fast_mhz", 47000), ("fast_mhz", 52000), ("rocof_mhz_s", -3000)):
        mains = Mains()
        unit = Island(47500, 51500, 800, 1150, 2500, 500)
        for _ in range(20):
            unit.step(100, mains, 1000, 1000)
            assert not unit.tripped
        setattr(mains, field, value)
        trips = 0
        for _ in range(50):
            unit.step(100, mains, 1000, 1000)
            trips += unit.tripped
        assert trips == 1, field
    unit = Island(47500, 51500, 800, 1150, 2500, 500)
    trips = 0
    for _ in range(10):
        unit.step(100, Mains(), 790, 1000)
        trips += unit.tripped
    assert trips == 1
    assert "less" in refused(Island, 51500, 47500, 800, 1150, 0, 0)


def returning(number, mains=None, delay_s=60, random_s=300):
    unit = EnterService(RANGES, delay_s, random_s, 60000, number)
    unit.leave()
    assert unit.cap_ma == 0
    waited = 0
    while unit.cap_ma == 0:
        unit.step(100, mains or Mains(), 1000, 1000)
        waited += 1
        assert waited < 4000
    return waited // 10


def test_return_waits_for_the_range_the_delay_and_a_random_delay_of_its_own():
    waits = [returning(i * 7919) for i in range(12)]
    assert min(waits) >= 60 and max(waits) <= 361 and len(set(waits)) >= 8, waits


def test_return_starts_again_when_the_range_is_left_and_ramps():
    unit = EnterService(RANGES, 10, 0, 6000)
    unit.leave()
    mains = Mains()
    for _ in range(95):
        unit.step(100, mains, 1000, 1000)
    mains.mhz = 49890
    unit.step(100, mains, 1000, 1000)
    mains.mhz = 50000
    for _ in range(95):
        unit.step(100, mains, 1000, 1000)
    assert unit.cap_ma == 0
    for _ in range(10):
        unit.step(100, mains, 1000, 1000)
    assert enter_service.NAMES[unit.state] == "ramping" and unit.cap_ma >= 6000
    for _ in range(600):
        unit.step(100, mains, 1000, 1000)
    assert 11000 <= unit.cap_ma <= 12100
    for _ in range(8000):
        unit.step(100, mains, 1000, 1000)
    assert unit.cap_ma > 80000 and unit.state == enter_service.IDLE


def test_an_island_stops_the_car_and_the_return_is_a_limit_named_grid():
    grid = Grid(16000)
    grid.watch.island = Island(47500, 51500, 800, 1150, 0, 200)
    grid.watch.enter = EnterService(RANGES, 2, 0, 60000)
    rig = running(grid)
    rig.mhz = 52000
    rig.run(1500)
    assert rig.charger.offer_ma == 0
    assert limits.REASONS[rig.charger.limits.reason] == "grid"
    rig.car = "B"
    rig.mhz = 50000
    rig.run(4500)
    assert rig.charger.limits.limit_ma >= 6000


def test_random_delay_at_each_start_but_not_for_response_nor_twice():
    unit = RandomDelay(600, 12345)
    waits = []
    for start in range(6):
        unit.step(100, False, False, start)
        unit.step(100, True, False, start)
        ms = 0
        while unit.holding:
            unit.step(100, True, False, start)
            ms += 100
        assert ms % 1000 in (0, 900) and ms <= 600000
        waits.append(ms // 1000)
    assert len(set(waits)) >= 4, waits
    unit.step(100, False, False, 99)
    unit.step(100, True, True, 99)
    assert not unit.holding
    unit = RandomDelay(1800, 777)
    unit.step(100, True, False, 5)
    assert unit.holding
    unit.override()
    unit.step(100, True, False, 5)
    assert not unit.holding
    assert "1800" in refused(RandomDelay, 1801)


def test_random_delay_keeps_the_car_waiting():
    grid = Grid(16000)
    grid.watch.random = RandomDelay(20, 4242)
    from tests_host.control.grid_rig import GridRig

    rig = GridRig(grid)
    rig.run(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B")
    assert rig.charger.limits.limit_ma == 0 and rig.state == "B1"
    rig.run(21000)
    assert rig.charger.limits.limit_ma >= 6000


def test_set_points_out_of_range_are_refused():
    unit = Setpoint(100)
    assert "setpoint" in refused(unit.request, -1, 1000)
    assert "time" in refused(unit.request, 6000, 0)
    assert "ramp" in refused(unit.request, 6000, 1000, -1)
    assert "ramp_ma_s" in refused(Setpoint, 0)
