# SPDX-License-Identifier: MIT
"""Boot in any state: what is there is read, not assumed, and a car never pays for a power cut."""

from control import phases
from tests_host.control.rig import Rig
from tests_host.control.test_phases import follow
from tests_host.control.watch import Watch


def booted(letter, relay_closed=0, wanted=3, kept=0, bridged=True):
    """A charger that starts with a car in `letter` and its relay as it stood."""
    rig = Rig(phases=wanted)
    rig.readings.phase_closed = relay_closed
    rig.phase_stuck = True  # the first reading comes before the first command
    if kept:
        rig.charger.phase_switch.kept(kept)
    rig.charger.authorise(True)
    rig.run(20, letter)
    rig.phase_stuck = False
    return rig, Watch(rig, bridged=bridged)


def go(rig, watch, ms):
    """A car that obeys, under the eyes of the watch; True once it charges."""
    for _ in range(ms // 10):
        follow(rig, 10)
        watch.check()
        if rig.closed and rig.readings.contactor_closed:
            return True
    return False


def test_a_car_in_c_that_was_on_one_phase_gets_the_whole_wait():
    for letter in "BC":
        rig, watch = booted(letter)
        rig.pwm_ms = 0
        start_ms = rig.t_ms
        assert go(rig, watch, 60000)
        assert rig.charger.phases == 3 and rig.t_ms - start_ms > 20000


def test_a_car_that_was_on_three_phases_goes_on_at_once():
    for kept, relay in ((3, 0), (0, 1)):
        rig, watch = booted("C", relay, kept=kept, bridged=False)
        assert go(rig, watch, 10000)
        assert rig.charger.phases == 3


def test_one_phase_wanted_needs_no_wait():
    rig, watch = booted("C", wanted=1)
    assert go(rig, watch, 10000)
    assert rig.charger.phases == 1


def test_a_relay_that_stands_on_three_where_one_is_wanted_is_switched_like_any():
    rig, watch = booted("C", relay_closed=1, wanted=1, bridged=False)
    rig.readings.phase_closed = 1
    assert go(rig, watch, 60000)
    assert rig.charger.phases == 1 and not rig.readings.phase_closed


def test_without_a_car_the_relay_is_there_before_anybody_can_plug_in():
    rig, watch = booted("A", bridged=False)
    rig.run(600)
    assert rig.charger.phases == 3 and rig.charger.phase_switch.state == phases.IDLE


def test_without_a_meter_it_charges_on_what_it_has():
    rig, watch = booted("C")
    rig.readings.meter_age_ms = 1 << 28
    assert go(rig, watch, 15000)
    assert rig.charger.phases == 1 and rig.charger.offer_ma == 6000


def test_a_contact_that_touches_during_the_wait_does_not_shorten_it():
    for moment in (phases.MOVING, phases.WAITING):
        rig, watch = booted("B")
        rig.pwm_ms = 0
        while rig.charger.phase_switch.state != moment:
            assert not go(rig, watch, 10)
        rig.weld = True
        go(rig, watch, 100)
        rig.weld = False
        assert go(rig, watch, 120000)
        assert rig.charger.phases == 3 and rig.charger.fault == 0


def test_a_car_is_not_taken_for_one_without_s2_after_a_power_cut():
    rig, watch = booted("C", wanted=1)
    go(rig, watch, 10000)
    assert not rig.charger.pilot.simplified and rig.charger.offer_ma > 10000
