# SPDX-License-Identifier: MIT
"""Each fault opens in time, keeps the charger open, and clears only as its table says."""

from control import protection
from tests_host.control.rig import Rig, charging, ocpp_limit


def fault(rig):
    return protection.NAMES[rig.charger.fault]


def test_residual_current_opens_at_once_and_waits_for_the_unplug():
    rig = charging()
    rig.residual = True
    rig.run(10)
    assert not rig.closed and fault(rig) == "rcd"
    rig.residual = False
    rig.wait(60000, "C")
    assert not rig.closed  # no automatic re-closing
    rig.run(200, "A")
    assert fault(rig) == "none"


def test_welded_contactor_is_seen_and_stays_known():
    rig = charging()
    rig.weld = True
    rig.run(100, "B")
    rig.run(400)
    assert fault(rig) == "weld"
    rig.wait(5000, "A")
    rig.wait(5000, "B")
    assert fault(rig) == "weld" and rig.state == "B1"


def test_weld_is_cleared_by_a_person_and_comes_back_while_it_lasts():
    rig = charging()
    rig.weld = True
    rig.run(600, "B")
    rig.charger.acknowledge()
    rig.run(400)
    assert fault(rig) == "weld"
    rig.weld = False
    rig.run(400)
    assert fault(rig) == "weld"  # open again by itself: not to be trusted
    rig.charger.acknowledge()
    rig.run(4000, "B").run(1000, "C")
    assert fault(rig) == "none" and rig.closed


def test_contactor_that_does_not_close():
    rig = Rig()
    rig.no_close = True
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(3000, "C")
    assert fault(rig) == "no_close" and not rig.closed
    rig.run(300, "A")
    assert fault(rig) == "none"


def test_diode_that_fails_while_charging_opens_within_200_ms():
    rig = charging()
    start_ms = rig.t_ms
    rig.diode = False
    rig.run(1000)
    assert rig.opened_ms - start_ms <= 200 and fault(rig) == "diode"


def test_overcurrent_after_7_s_and_not_for_a_car_that_follows_within_5():
    rig = charging()
    rig.current_ma = 35749  # (32 A + 0.5 A) x 1.1 = 35.75 A
    rig.wait(20000)
    assert rig.closed
    rig.current_ma = 35751
    rig.run(5000)
    rig.current_ma = 32000
    rig.run(1000)
    assert rig.closed
    start_ms = rig.t_ms
    rig.current_ma = 35751
    rig.run(8000)
    assert fault(rig) == "overcurrent"
    assert 6900 <= rig.opened_ms - start_ms <= 7100


def test_guard_trip_is_followed_by_control():
    rig = charging()
    rig.readings.guard_tripped = 1
    rig.run(10)
    assert not rig.closed


def test_relay_that_stands_wrong_forbids_charging():
    rig = charging()
    rig.phase_drops = True
    rig.run(120)
    assert fault(rig) == "phase_relay" and not rig.closed
    rig.phase_drops = False
    rig.wait(60000)
    assert not rig.closed  # the car may have bridged its inputs
    rig.run(300, "A")
    assert fault(rig) == "none"


def test_relay_that_stands_wrong_with_the_contactor_open_may_come_right():
    rig = charging()
    rig.run(1000, "B")
    rig.phase_drops = True
    rig.run(1100)
    assert fault(rig) == "phase_relay"
    rig.phase_drops = False
    rig.run(1000, "B").run(3000, "C")
    assert fault(rig) == "none" and rig.closed


def test_current_in_l2_on_one_phase_is_a_welded_relay_and_waits_for_the_unplug():
    rig = charging(phases=1)
    rig.current_ma = 10000
    rig.run(5000)
    assert rig.closed
    rig.charger.phase_switch.phases = 1
    rig.phase_stuck = True  # its mirror says open, its contacts are not
    rig.readings.l2_ma = 0
    rig.stray_ma = 3000
    rig.run(1200)
    assert fault(rig) == "phase_relay" and not rig.closed
    rig.wait(60000)
    assert not rig.closed
    rig.run(300, "A")
    assert fault(rig) == "none"


def test_currents_of_a_silent_meter_are_not_judged():
    rig = charging()
    rig.current_ma = 32000
    rig.run(1000)
    rig.readings.meter_age_ms = 4000
    rig.wait(20000)
    assert fault(rig) == "none" and rig.closed and rig.charger.offer_ma == 6000


def test_a_car_that_is_still_coming_down_is_no_overcurrent():
    rig = charging()
    rig.current_ma = 32000
    rig.run(6000)
    ocpp_limit(rig, 6000)
    rig.run(1500)
    while rig.current_ma > 6000:  # 1 A a second: 26 s
        rig.current_ma -= 500
        rig.run(500)
    rig.run(3000)
    assert rig.closed and fault(rig) == "none"


def test_a_car_that_stops_coming_down_is_one():
    rig = charging()
    rig.current_ma = 32000
    rig.run(6000)
    ocpp_limit(rig, 6000)
    for _ in range(8):
        rig.current_ma -= 1000
        rig.run(500)
    rig.run(10000)
    assert fault(rig) == "none"  # it draws what it was offered a moment ago: not yet
    rig.run(8000)
    assert fault(rig) == "overcurrent"


def test_lost_earth_opens_within_100_ms_and_waits_for_the_unplug():
    rig = charging()
    rig.readings.pe_ok = 0
    rig.run(40)
    assert rig.closed
    rig.run(50)
    assert not rig.closed and fault(rig) == "pe"
    rig.readings.pe_ok = 1
    rig.wait(40000)
    assert not rig.closed
    rig.run(300, "A")
    assert fault(rig) == "none"


def test_a_kept_alarm_holds_after_the_reboot():
    for number in (protection.RCD, protection.PE):
        rig = Rig(phases=1)
        rig.charger.protection.restore(number)
        rig.charger.authorise(True)
        rig.wait(10000, "C")
        assert not rig.closed and rig.charger.fault == number
        rig.run(300, "A").run(2500, "B").run(1000, "C")
        assert rig.closed
    rig = Rig(phases=1)
    rig.charger.protection.restore(protection.WELD)
    rig.charger.authorise(True)
    rig.wait(2000, "A").wait(2000, "B").wait(3000, "C")
    assert not rig.closed and fault(rig) == "weld"


def test_two_by_two_wiring_closes_l2_and_l3_with_the_main_contactor_only():
    rig = charging(mirror=0, together=True)
    assert rig.charger.command.three_phase == 1
    rig.run(500, "B")
    assert rig.charger.command.three_phase == 0 and fault(rig) == "none"
    rig.run(3000, "C")
    assert rig.charger.command.three_phase == 1 and rig.closed
    rig.phase_stuck = True
    rig.readings.phase_closed = 0
    rig.run(1100)
    assert fault(rig) == "phase_relay" and not rig.closed
