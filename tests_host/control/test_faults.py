# SPDX-License-Identifier: MIT
"""Each fault opens in time, keeps the charger open, and clears only as its table says."""

from control import protection
from tests_host.control.rig import Rig, charging


def fault(rig):
    return protection.NAMES[rig.charger.fault]


def test_residual_current_opens_at_once_and_waits_for_the_unplug():
    rig = charging()
    rig.readings.rcd_ok = 0
    rig.run(10)
    assert not rig.closed and fault(rig) == "rcd"
    rig.readings.rcd_ok = 1
    rig.run(60000, "C")
    assert not rig.closed  # no automatic re-closing
    rig.run(200, "A")
    assert fault(rig) == "none"


def test_welded_contactor_is_seen_and_stays_known():
    rig = charging()
    rig.weld = True
    rig.run(100, "B")
    rig.run(400)
    assert fault(rig) == "weld"
    rig.run(5000, "A")
    rig.run(5000, "B")
    assert fault(rig) == "weld" and rig.state == "B1"


def test_contactor_that_does_not_close():
    rig = Rig()
    rig.no_close = True
    rig.run(4000, "A")
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
    rig.run(20000)
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
    rig = Rig()
    rig.phase_stuck = True
    rig.readings.phase_closed = 0
    rig.run(4000, "A")
    rig.charger.authorise(True)
    rig.run(2000, "B").run(2000, "C")
    assert fault(rig) == "phase_relay" and not rig.closed
    rig.readings.phase_closed = 1
    rig.run(5000)
    assert fault(rig) == "none" and rig.closed


def test_currents_of_a_silent_meter_are_not_judged():
    rig = charging()
    rig.current_ma = 32000
    rig.run(1000)
    rig.readings.meter_age_ms = 4000
    rig.run(20000)
    assert fault(rig) == "none" and rig.closed and rig.charger.offer_ma == 6000
