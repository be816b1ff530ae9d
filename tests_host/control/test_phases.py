# SPDX-License-Identifier: MIT
"""Phase switching: the safe order, every exit, and what forbids it."""

from control import phases
from control.readings import PILOT_F
from tests_host.control.rig import Rig, charging


def why(rig):
    return phases.WHY_NAMES[rig.charger.phase_switch.why]


def follow(rig, ms):
    """Run with a car that obeys the pilot; returns what moved, in order."""
    seen = []
    last = None
    rig.step_ms = 10 if ms < 30000 else 50
    for _ in range(ms // rig.step_ms):
        command = rig.charger.command
        now = (command.contactor, command.cp_connect, command.three_phase)
        if now != last:
            seen.append(now)
            last = now
        pwm = command.pilot_mode == 1 and command.cp_connect
        rig.pwm_ms = rig.pwm_ms + rig.step_ms if pwm else 0
        rig.car = "C" if rig.pwm_ms > 1000 else "B"
        rig.step()
    rig.step_ms = 10
    return seen


def test_three_to_one_in_the_safe_order():
    rig = charging()
    rig.charger.request_phases(1)
    seen = follow(rig, 20000)
    assert seen == [(1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 0, 0), (0, 1, 0), (1, 1, 0)], seen
    assert rig.charger.phases == 1 and rig.closed


def test_starts_again_at_6_a_and_rises_after_5_s():
    rig = charging()
    rig.charger.request_phases(1)
    while not rig.charger.command.cp_connect or rig.charger.phases == 3:
        follow(rig, 10)
        assert rig.t_ms < 100000
    while not rig.closed:
        follow(rig, 10)
        assert rig.charger.offer_ma in (0, 6000)
        assert rig.t_ms < 100000
    follow(rig, 4800)
    assert rig.charger.offer_ma == 6000
    follow(rig, 400)
    assert rig.charger.offer_ma == 14000
    follow(rig, 15000)
    assert rig.charger.offer_ma == 32000


def test_one_to_three_waits_longer():
    rig = charging(phases=1)
    rig.charger.request_phases(3)
    start_ms = rig.t_ms
    while not rig.closed or rig.charger.phases == 1:
        follow(rig, 10)
        assert rig.t_ms - start_ms < 60000
    assert rig.t_ms - start_ms > 20000


def test_relay_never_moves_with_the_main_contactor_closed():
    rig = charging()
    for turn in range(2):
        rig.charger.request_phases(1 if turn % 2 == 0 else 3)
        before = rig.charger.command.three_phase
        for _ in range(8000):
            closed = rig.charger.command.contactor or rig.readings.contactor_closed
            follow(rig, 10)
            if rig.charger.command.three_phase != before:
                assert not closed
                before = rig.charger.command.three_phase


def test_a_relay_that_sticks_leaves_the_old_phases_and_charging_goes_on():
    rig = charging()
    rig.phase_stuck = True
    rig.charger.request_phases(1)
    follow(rig, 30000)
    assert rig.charger.phases == 3 and rig.closed and why(rig) == "relay"
    opened_ms = rig.opened_ms
    follow(rig, 15000)
    assert rig.opened_ms == opened_ms  # it does not try again at once


def test_a_car_that_draws_on_is_not_opened_upon():
    rig = charging()
    rig.current_ma = 10000
    rig.charger.request_phases(1)
    rig.run(15000, "C")
    assert rig.charger.phases == 3 and rig.closed and rig.opened_ms < 0
    assert why(rig) == "car_draws" and rig.charger.session.under_load == 0
    rig.run(20000)
    assert rig.opened_ms < 0 and rig.state == "C2"
    start_ms = rig.t_ms
    rig.charger.authorise(False)
    rig.run(7000)
    assert 5900 <= rig.opened_ms - start_ms <= 6100  # and the next x1 begins anew


def test_a_welded_contactor_stops_the_switch_before_the_relay_moves():
    rig = charging()
    rig.weld = True
    rig.charger.request_phases(1)
    follow(rig, 15000)
    assert rig.charger.command.three_phase == 1 and rig.charger.phases == 3
    assert why(rig) in ("weld", "fault") and rig.charger.fault == 2


def test_current_that_flows_on_with_open_contacts_forbids_the_move():
    rig = charging()
    rig.leak_ma = 2000
    rig.charger.request_phases(1)
    rig.run(15000, "B")
    assert rig.charger.phases == 3 and rig.charger.command.three_phase and why(rig) == "timeout"


def test_a_car_that_opens_s2_under_load_waits_a_minute():
    rig = charging()
    rig.current_ma = 10000
    rig.charger.request_phases(1)
    rig.run(1000)
    rig.draws_in_b = True
    start_ms = rig.t_ms
    while rig.charger.command.cp_connect == 0 or rig.charger.phases == 3:
        rig.wait(50, "B")
        assert rig.t_ms - start_ms < 100000
    assert rig.t_ms - start_ms > 60000


def test_no_switch_without_a_meter_and_the_reason_is_told():
    rig = charging()
    rig.readings.meter_age_ms = 10000
    rig.charger.request_phases(1)
    follow(rig, 5000)
    assert rig.charger.phases == 3 and rig.closed and why(rig) == "no_meter"
    rig.readings.meter_age_ms = 0
    follow(rig, 20000)
    assert rig.charger.phases == 1 and why(rig) == "none"


def test_a_meter_that_falls_silent_in_the_middle_keeps_the_old_phases():
    rig = charging()
    rig.charger.request_phases(1)
    rig.run(200)
    rig.readings.meter_age_ms = 10000
    rig.run(200)
    follow(rig, 8000)
    assert rig.charger.phases == 3 and rig.closed and why(rig) == "no_meter"


def test_not_before_the_dwell():
    rig = charging()
    rig.charger.request_phases(1)
    follow(rig, 20000)
    rig.charger.request_phases(3)
    follow(rig, 20000)
    assert rig.charger.phases == 1 and why(rig) == "dwell"
    follow(rig, 90000)
    assert rig.charger.phases == 3


def test_cap_per_session():
    rig = charging()
    switches = 0
    for turn in range(8):
        rig.charger.request_phases(1 if turn % 2 == 0 else 3)
        before = rig.charger.phases
        follow(rig, 75000)
        switches += rig.charger.phases != before
    assert switches == 5 and why(rig) == "cap"
    rig.run(500, "A").run(1000, "B")
    rig.charger.request_phases(rig.charger.phases)
    rig.charger.request_phases(4 - rig.charger.phases)
    follow(rig, 75000)
    assert why(rig) == "none" and rig.charger.phase_switch.switches == 1


def test_a_board_that_cannot_says_so():
    rig = charging()
    rig.charger.phase_switch._can_switch = False
    rig.charger.request_phases(1)
    follow(rig, 1000)
    assert rig.charger.phases == 3 and rig.closed and why(rig) == "board"


def test_a_car_on_one_phase_is_left_alone():
    rig = charging()
    rig.current_ma = 16000
    rig.car_phases = 1
    rig.run(31000)
    assert rig.charger.learn.phases == 1
    rig.charger.request_phases(1)
    follow(rig, 2000)
    assert rig.charger.phases == 3 and rig.closed and why(rig) == "policy"


def test_another_wish_while_the_car_is_away_is_met_before_it_is_back():
    rig = charging()
    rig.charger.request_phases(1)
    follow(rig, 8000)
    assert rig.charger.phases == 1 and not rig.charger.command.cp_connect
    rig.charger.request_phases(3)
    seen = follow(rig, 120000)
    assert seen[0] == (0, 0, 0) and seen[-1] == (1, 1, 1), seen
    assert (0, 1, 0) not in seen  # the car was not called back to one phase in between
    assert rig.charger.phase_switch.switches == 2


def test_without_a_cp_switch_the_car_sees_f_instead():
    rig = charging(cp_switch=False)
    rig.charger.request_phases(1)
    modes = set()
    for _ in range(2000):
        follow(rig, 10)
        modes.add(rig.charger.command.pilot_mode)
        assert rig.charger.command.cp_connect
    assert PILOT_F in modes and rig.charger.phases == 1 and rig.closed


def test_unplugged_the_relay_moves_at_once_and_no_car_pays_for_it():
    rig = Rig(phases=1)
    rig.wait(3000, "A")
    rig.charger.request_phases(3)
    rig.run(1000)
    assert rig.charger.phases == 3 and rig.charger.phase_switch.state == phases.IDLE
    assert rig.charger.phase_switch.switches == 0
    rig.charger.authorise(True)
    rig.run(1000, "B").run(1000, "C")
    assert rig.charger.offer_ma == 32000


def test_unplugged_while_the_pilot_is_open_ends_the_wait():
    rig = charging()
    rig.charger.request_phases(1)
    follow(rig, 5000)
    assert rig.charger.phase_switch.state == phases.WAITING
    rig.car = "A"
    rig.readings.pp_ohm = 1 << 20
    rig.run(600)
    assert rig.charger.command.cp_connect and not rig.charger.plugged
    assert rig.charger.phase_switch.state == phases.IDLE and rig.charger.phases == 1


def test_two_by_two_wiring_switches_without_a_mirror():
    rig = charging(mirror=0, together=True)
    rig.charger.request_phases(1)
    seen = follow(rig, 20000)
    assert seen == [(1, 1, 1), (0, 1, 0), (0, 0, 0), (0, 1, 0), (1, 1, 0)], seen
    assert rig.charger.phases == 1 and rig.closed
