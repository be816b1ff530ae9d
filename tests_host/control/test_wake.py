# SPDX-License-Identifier: MIT
"""The wake ladder: bounded, with memory, honest in the end, and never where it hurts."""

from control import policy, wake
from tests_host.control.rig import Rig, charging, ocpp_limit


def paused(**options):
    """A car that has charged and is held at 0 A."""
    rig = charging(**options)
    ocpp_limit(rig, 0)
    rig.run(1000).wait(10000, "B")
    return rig


def climb(rig, ms):
    """Step for `ms`; returns the steps of the ladder as (name, second)."""
    steps = []
    start_ms = rig.t_ms
    while rig.t_ms - start_ms < ms:
        rig.wait(50)
        name = wake.NAMES[rig.charger.wake.state]
        if not steps or steps[-1][0] != name:
            steps.append((name, (rig.t_ms - start_ms) // 1000))
    return steps


def wake_with(rig, pulse):
    """Go on until the pulse with that name ends, then the car closes S2."""
    start_ms = rig.t_ms
    while wake.PULSE_NAMES[rig.charger.wake.pulse] != pulse or rig.charger.wake.state != 1:
        rig.wait(50)
        assert rig.t_ms - start_ms < 300000
    rig.run(1000)
    rig.run(2000, "C")
    assert rig.closed


def test_all_three_pulses_then_not_responding():
    rig = paused()
    ocpp_limit(rig, 16000)
    steps = climb(rig, 250000)
    if steps[0][0] == "idle":
        steps.pop(0)  # x1 lasts 3 s
    assert [name for name, _ in steps] == [
        "watching",
        "f",
        "x1",
        "watching",
        "cp_open",
        "watching",
        "cp_open",
        "watching",
        "not_responding",
    ]
    times = [at for _, at in steps]
    assert 29 <= times[1] <= 31 and times[2] - times[1] == 4
    assert times[5] - times[4] == 4 and 44 <= times[7] - times[6] <= 45
    assert rig.charger.not_responding and rig.state == "B2"
    tries = rig.charger.wake.tries
    rig.wait(600000)
    assert rig.charger.wake.tries == tries == 3


def test_a_car_that_wakes_after_all_is_welcome():
    rig = paused()
    ocpp_limit(rig, 16000)
    rig.wait(250000)
    assert rig.charger.not_responding
    rig.run(2000, "C")
    assert rig.closed and not rig.charger.not_responding


def test_what_woke_it_last_time_is_tried_first_and_sooner():
    for name in ("f_4s", "cp_4s", "cp_45s"):
        rig = paused()
        ocpp_limit(rig, 16000)
        wake_with(rig, name)
        assert wake.PULSE_NAMES[rig.charger.wake.woken_by] == name
        ocpp_limit(rig, 0)
        rig.run(1000).wait(10000, "B")
        assert wake.PULSE_NAMES[rig.charger.learn.woken_by] == name
        ocpp_limit(rig, 16000)
        rig.wait(5000)
        assert rig.charger.wake.state == wake.WATCHING
        rig.wait(8000)
        assert wake.PULSE_NAMES[rig.charger.wake.pulse] == name


def test_never_during_a_phase_switch():
    rig = paused()
    ocpp_limit(rig, 16000)
    rig.wait(31000)
    assert rig.charger.wake.state == wake.PULSE_F
    rig.charger.request_phases(1)
    rig.run(20)
    assert rig.charger.wake.state == wake.IDLE
    while rig.charger.phase_switch.state:
        assert rig.charger.wake.state == wake.IDLE
        rig.wait(50)
    assert rig.charger.phases == 1


def test_a_pause_takes_the_pulse_back():
    rig = paused()
    ocpp_limit(rig, 16000)
    rig.wait(31000)
    assert rig.state == "F"
    ocpp_limit(rig, 0)
    rig.run(200)
    assert rig.state == "B1" and rig.charger.wake.state == wake.IDLE


def test_a_car_that_stopped_by_itself_is_left_alone():
    rig = charging()
    rig.wait(300000, "B")
    assert rig.charger.wake.state == wake.IDLE and rig.state == "B2"


def test_a_new_car_that_waits_for_its_timer_gets_one_pulse_only():
    rig = Rig()
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    pulses = 0
    was = ""
    rig.car = "B"
    rig.step_ms = 50
    for _ in range(6000):
        rig.step()
        pulses += rig.state == "F" and was != "F"
        was = rig.state
        assert rig.charger.command.cp_connect
    assert pulses == 1 and not rig.charger.not_responding


def test_a_car_known_from_before_gets_its_pulse_though_it_never_charged():
    rig = Rig(phases=1)
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(200, "B")
    rig.charger.wake.woken_by = wake.CP_45S
    rig.wait(20000)
    assert not rig.charger.command.cp_connect


def test_pulses_are_bounded_in_a_session():
    rig = paused()
    for _ in range(6):
        ocpp_limit(rig, 16000)
        rig.wait(200000)
        ocpp_limit(rig, 0)
        rig.wait(5000)
    assert rig.charger.wake.tries == wake.MOST_PULSES


def test_policy_and_settings_forbid_it():
    for options in ({"wake": False}, {"row": policy.row("no_wake")}):
        rig = paused(**options)
        ocpp_limit(rig, 16000)
        rig.wait(250000)
        assert rig.charger.wake.tries == 0 and rig.state == "B2"


def test_without_a_cp_switch_it_is_f_that_lasts():
    rig = paused(cp_switch=False)
    ocpp_limit(rig, 16000)
    longest = now = 0
    for _ in range(5000):
        rig.wait(50)
        now = now + 50 if rig.state == "F" else 0
        longest = max(longest, now)
        assert rig.charger.command.cp_connect
    assert 44000 <= longest <= 46000 and rig.charger.wake.tries == 2


def test_a_car_kept_waiting_for_a_minute_gets_the_whole_ladder():
    rig = Rig()
    rig.run(4000, "A")
    rig.run(61000, "B")
    rig.charger.authorise(True)
    pulses = 0
    for _ in range(30000):
        before = rig.charger.wake.state
        rig.step()
        after = rig.charger.wake.state
        pulses += before != after and after in (wake.PULSE_F, wake.CP_OPEN)
    assert pulses == 3 and rig.charger.not_responding


def test_a_car_found_at_power_up_gets_the_whole_ladder():
    rig = Rig()
    rig.charger.authorise(True)
    rig.car = "B"
    for _ in range(30000):
        rig.step()
    assert rig.charger.not_responding
