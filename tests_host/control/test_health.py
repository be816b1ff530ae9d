# SPDX-License-Identifier: MIT
"""The charger's own health: self-test of the monitor, temperature, voltage."""

from control import events, limits, protection
from control.rcd_test import RcdTest
from control.supply import Supply
from control.thermal import Thermal
from tests_host.control.rig import Rig, charging

DAY_MS = 86400000


def fault(rig):
    return protection.NAMES[rig.charger.fault]


def told(rig):
    """What the log is about to be told: (code, a, b) of each event."""
    event = [0] * 4
    rows = []
    while rig.charger.events.get(event):
        rows.append(tuple(event[1:]))
    return rows


def rig_of(**options):
    rig = Rig(phases=1, rcd_test=True, **options)
    rig.charger.authorise(True)
    return rig


def test_no_close_before_the_monitor_has_passed():
    rig = rig_of()
    rig.run(1000, "C")
    assert not rig.closed
    rig.run(3000)
    assert rig.closed and rig.charger.rcd_test.passed == 1
    rig = rig_of()
    rig.monitor_works = False
    rig.wait(60000, "C")
    assert rig.closed_ms < 0 and fault(rig) == "rcd_test"


def test_the_test_itself_is_no_trip():
    rig = rig_of()
    for _ in range(300):
        rig.run(10, "A")
        assert fault(rig) == "none"
    assert rig.charger.rcd_test.passed == 1


def test_a_failed_monitor_is_latched_until_it_passes_without_a_car():
    rig = rig_of()
    rig.monitor_works = False
    rig.wait(5000, "B")
    rig.monitor_works = True
    rig.wait(100000, "C")
    assert fault(rig) == "rcd_test" and not rig.closed
    rig.charger.rcd_test.request()
    rig.wait(5000)
    assert fault(rig) == "rcd_test" and not rig.closed  # passed, but no automatic re-close
    rig.wait(5000, "A")
    assert fault(rig) == "none" and (events.FAULT, protection.RCD_TEST, 0) in told(rig)
    rig.wait(3000, "B").run(2000, "C")
    assert rig.closed


def test_after_each_session_and_each_day():
    rig = rig_of()
    rig.wait(5000, "B").run(2000, "C")
    assert rig.closed and rig.charger.rcd_test.passed == 1
    rig.run(500, "B")
    rig.wait(5000, "A")
    assert rig.charger.rcd_test.passed == 2
    rig.wait(5000, "B")
    rig.wait(5000, "A")
    assert rig.charger.rcd_test.passed == 2  # it had not closed
    rig.charger.rcd_test.since_ms = DAY_MS - 2000
    rig.wait(5000)
    assert rig.charger.rcd_test.passed == 3


def test_a_day_that_ends_while_charging_waits_for_the_opening():
    rig = rig_of()
    rig.wait(5000, "B").run(2000, "C")
    rig.charger.rcd_test.since_ms = DAY_MS - 2000
    rig.wait(10000)
    assert rig.closed and rig.charger.rcd_test.passed == 1
    rig.wait(5000, "B")
    assert rig.charger.rcd_test.passed == 2


def test_times_of_the_sequence():
    made = RcdTest()
    made.rest(100, 0, 1)
    for _ in range(11):
        made.rest(100, 0, 1)
    assert made.output == 1
    for _ in range(79):
        made.step(10, 1)
    assert made.output == 1 and not made.failed
    made.step(10, 1)
    assert made.output == 0 and made.failed and not made.ready
    made.request()
    made.rest(100, 0, 1)
    made.step(10, 0)
    assert made.output == 0 and made.state
    for _ in range(299):
        made.step(10, 0)
    assert not made.ready
    made.step(10, 0)
    assert made.failed and made.failures == 2


def test_derating_curve_with_hysteresis_and_stop():
    thermal = Thermal(60, 75, 32000)
    seen = []
    for dc in (200, 600, 650, 700, 740, 750):
        thermal.step(dc, 0)
        seen.append(thermal.limit_ma)
    assert seen == [32000, 32000, 19000, 6000, 6000, 0]
    for dc in (740, 700, 651):
        thermal.step(dc, 0)
        assert thermal.limit_ma == 0
    thermal.step(649, 0)
    assert 6000 <= thermal.limit_ma < 19000
    thermal.step(849, 0)
    assert not thermal.severe
    thermal.step(850, 0)
    assert thermal.severe


def test_curve_is_monotone_and_does_not_hunt():
    thermal = Thermal(60, 75, 32000)
    last = 32000
    for dc in range(500, 760):
        thermal.step(dc, 0)
        assert thermal.limit_ma <= last
        last = thermal.limit_ma
    thermal = Thermal(60, 75, 32000)
    thermal.step(640, 0)
    limit = thermal.limit_ma
    for dc in (635, 630, 640, 625, 615):
        thermal.step(dc, 0)
        assert thermal.limit_ma == limit


def test_heat_pauses_in_order_and_beyond_opens():
    rig = charging(phases=1, thermal=Thermal(full_ma=32000))
    rig.readings.temperature_age_ms = 0
    rig.readings.temperature_dc = 300
    rig.run(21000)
    assert rig.charger.offer_ma == 32000
    rig.readings.temperature_dc = 700
    rig.run(300)
    assert rig.charger.offer_ma == 6000
    assert limits.REASONS[rig.charger.limits.reason] == "temperature"
    rig.readings.temperature_dc = 750
    rig.run(300)
    assert rig.state == "C1" and rig.closed
    rig.readings.temperature_dc = 860
    rig.run(300)
    assert fault(rig) == "temperature" and not rig.closed
    rig.readings.temperature_dc = 300
    rig.wait(29000)
    assert fault(rig) == "temperature"
    rig.wait(5000)
    assert fault(rig) == "none"


def test_a_silent_sensor_is_6_a():
    rig = charging(phases=1, thermal=Thermal(full_ma=32000))
    assert rig.charger.offer_ma == 6000
    rig.readings.temperature_age_ms = 0
    rig.run(21000)
    assert rig.charger.offer_ma == 32000
    rig.readings.temperature_age_ms = 10000
    rig.run(300)
    assert rig.charger.offer_ma == 6000


def test_a_dip_is_ridden_through_and_a_sag_is_a_pause():
    rig = charging(supply=Supply())
    rig.readings.l2_mv = 100000
    rig.run(2700)
    assert rig.state == "C2"
    rig.readings.l2_mv = 230000
    rig.run(3000)
    assert rig.state == "C2"
    rig.readings.l2_mv = 183000
    rig.run(3400)
    assert rig.state == "C1" and fault(rig) == "none"
    assert limits.REASONS[rig.charger.limits.reason] == "supply"
    rig.run(1000, "B")
    rig.readings.l2_mv = 200000  # better, not good
    rig.wait(90000)
    assert rig.state == "B1"
    rig.readings.l2_mv = 215000
    rig.wait(58000)
    assert rig.state == "B1"
    rig.wait(4000)
    assert rig.state == "B2"


def test_phases_not_in_use_are_not_judged():
    rig = charging(phases=1, supply=Supply())
    rig.readings.l2_mv = rig.readings.l3_mv = 0
    rig.wait(10000)
    assert rig.state == "C2"


def test_a_surge_opens_within_500_ms():
    rig = charging(supply=Supply())
    rig.readings.l3_mv = 280000
    rig.run(100)
    assert rig.closed
    rig.run(400)
    assert fault(rig) == "overvoltage" and not rig.closed
    rig.readings.l3_mv = 230000
    rig.wait(40000, "B")
    assert fault(rig) == "none" and rig.state == "B1"  # held for 60 s
    rig.wait(30000)
    assert rig.state == "B2"


def test_voltages_of_a_silent_meter_are_not_judged():
    rig = charging(supply=Supply())
    rig.readings.meter_age_ms = 4000
    rig.readings.l1_mv = 0
    rig.wait(10000)
    assert rig.state == "C2" and rig.charger.offer_ma == 6000


def test_another_duty_on_the_pilot_than_asked_for_opens_until_unplugged():
    rig = charging()
    rig.readings.pilot_ok = 0
    rig.run(200)
    assert fault(rig) == "pilot" and not rig.closed
    rig.readings.pilot_ok = 1  # x1 and F are not compared
    rig.run(60000)
    assert fault(rig) == "pilot" and not rig.closed
    rig.run(3000, "A")
    assert fault(rig) == "none"
