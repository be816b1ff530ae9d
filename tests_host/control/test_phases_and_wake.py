# SPDX-License-Identifier: MIT
"""Phase switching in its safe order, 0 A pauses, and the wake ladder."""

from control import phases, wake
from control.readings import PILOT_F
from tests_host.control.rig import Rig, charging, ocpp_limit


def follow(rig, ms):
    """Run with a car that obeys the pilot; returns what moved, in order."""
    seen = []
    last = None
    for _ in range(ms // 10):
        command = rig.charger.command
        now = (command.contactor, command.cp_connect, command.three_phase)
        if now != last:
            seen.append(now)
            last = now
        pwm = command.pilot_mode == 1 and command.cp_connect
        rig.pwm_ms = rig.pwm_ms + 10 if pwm else 0
        rig.car = "C" if rig.pwm_ms > 1000 else "B"
        rig.step()
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
    for turn in range(6):
        rig.charger.request_phases(1 if turn % 2 == 0 else 3)
        before = rig.charger.command.three_phase
        for _ in range(9000):
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
    assert rig.charger.phases == 3 and rig.closed
    opened_ms = rig.opened_ms
    follow(rig, 25000)
    assert rig.opened_ms == opened_ms  # it does not try again at once


def test_current_that_does_not_stop_aborts_before_the_relay_moves():
    rig = charging()
    rig.weld = True
    rig.current_ma = 10000
    rig.charger.request_phases(1)
    rig.run(15000, "C")
    assert rig.charger.command.three_phase == 1


def test_no_switch_without_a_meter_and_not_before_the_dwell():
    rig = charging()
    rig.readings.meter_age_ms = 10000
    rig.charger.request_phases(1)
    follow(rig, 5000)
    assert rig.charger.phases == 3 and rig.charger.phase_switch.state == phases.IDLE
    rig = charging()
    rig.charger.request_phases(1)
    follow(rig, 20000)
    rig.charger.request_phases(3)
    follow(rig, 20000)
    assert rig.charger.phases == 1
    follow(rig, 120000)
    assert rig.charger.phases == 3


def test_cap_per_session():
    rig = charging()
    switches = 0
    for turn in range(10):
        rig.charger.request_phases(1 if turn % 2 == 0 else 3)
        before = rig.charger.phases
        follow(rig, 75000)
        switches += rig.charger.phases != before
    assert switches == 5


def test_without_a_cp_switch_the_car_sees_f_instead():
    rig = charging(cp_switch=False)
    rig.charger.request_phases(1)
    modes = set()
    for _ in range(2000):
        follow(rig, 10)
        modes.add(rig.charger.command.pilot_mode)
        assert rig.charger.command.cp_connect
    assert PILOT_F in modes and rig.charger.phases == 1 and rig.closed


def test_wake_ladder_after_a_pause():
    rig = charging()
    ocpp_limit(rig, 0)
    rig.run(1000).run(10000, "B")
    ocpp_limit(rig, 16000)
    start_ms = rig.t_ms
    steps = []
    for _ in range(26000):
        state = rig.charger.wake.state
        if not steps or steps[-1][0] != state:
            steps.append((state, (rig.t_ms - start_ms) // 1000))
        rig.step()
    names = [wake.NAMES[state] for state, _ in steps]
    assert names == [
        "idle",
        "watching",
        "f",
        "x1",
        "watching_2",
        "cp_open",
        "watching_3",
        "not_responding",
    ]
    times = [at for _, at in steps]
    assert 29 <= times[2] - times[1] <= 31 and times[3] - times[2] == 4
    assert rig.charger.not_responding and rig.state == "B2"


def test_a_car_that_wakes_at_f_charges():
    rig = charging()
    ocpp_limit(rig, 0)
    rig.run(1000).run(10000, "B")
    ocpp_limit(rig, 16000)
    while rig.state != "F":
        rig.step()
        assert rig.t_ms < 100000
    rig.run(6000).run(2000, "C")
    assert rig.closed and rig.charger.wake.state == wake.IDLE


def test_a_car_that_stopped_by_itself_is_left_alone():
    rig = charging()
    rig.run(300000, "B")
    assert rig.charger.wake.state == wake.IDLE and rig.state == "B2"


def test_a_new_car_that_waits_for_its_timer_gets_one_pulse_only():
    rig = Rig()
    rig.run(4000, "A")
    rig.charger.authorise(True)
    pulses = 0
    was = ""
    rig.car = "B"
    for _ in range(30000):
        rig.step()
        pulses += rig.state == "F" and was != "F"
        was = rig.state
        assert rig.charger.command.cp_connect
    assert pulses == 1 and not rig.charger.not_responding
