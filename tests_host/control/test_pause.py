# SPDX-License-Identifier: MIT
"""Confirm charge and mini-charges: they lift soft limits only, and end by themselves."""

from control import limits, pause
from control.pause import Pause
from tests_host.control.rig import Rig, charging, ocpp_limit


def step(rig):
    return pause.NAMES[rig.charger.pause.state]


def obey(rig, ms):
    """A car that closes S2 one second after the PWM comes; returns how long it was supplied."""
    closed_ms = 0
    for _ in range(ms // 50):
        command = rig.charger.command
        rig.pwm_ms = rig.pwm_ms + 50 if command.pilot_mode == 1 else 0
        rig.car = "C" if rig.pwm_ms > 1000 else "B"
        rig.wait(50)
        closed_ms += 50 * rig.closed
    return closed_ms


def held(**options):
    """A car just plugged in, on a charger whose central system offers 0 A."""
    rig = Rig(phases=1, **options)
    rig.wait(3000, "A")
    rig.charger.authorise(True)
    ocpp_limit(rig, 0)
    rig.pwm_ms = 0
    return rig


def test_confirm_charge_once_after_plug_in():
    rig = held(pause=Pause(confirm_ms=60000))
    closed_ms = obey(rig, 100000)
    assert 58000 <= closed_ms <= 63000
    assert step(rig) == "paused" and rig.state == "B1"
    assert obey(rig, 100000) == 0
    rig.run(500, "A")
    assert 58000 <= obey(rig, 100000) <= 63000  # the next car


def test_it_offers_6_a_under_a_name_of_its_own():
    rig = held(pause=Pause(confirm_ms=60000))
    obey(rig, 20000)
    assert rig.charger.offer_ma == 6000
    assert limits.REASONS[rig.charger.limits.reason] == "awake"


def test_a_hard_limit_is_never_lifted():
    for source in (limits.SETTINGS, limits.VOLTAGE, limits.GRID, limits.TEMPERATURE):
        rig = held(pause=Pause(confirm_ms=60000, keep_awake_ms=60000))
        rig.charger.limits.offer(source, 5000, rig.now_ms)
        assert obey(rig, 200000) == 0
        assert rig.charger.limits.limit_ma == 0


def test_not_without_authorisation():
    rig = held(pause=Pause(confirm_ms=60000))
    rig.charger.authorise(False)
    assert obey(rig, 100000) == 0


def test_a_car_that_does_not_come_is_not_waited_for():
    rig = held(pause=Pause(confirm_ms=60000))
    rig.wait(170000, "B")
    assert step(rig) == "confirming"
    rig.wait(20000)
    assert step(rig) == "paused" and rig.state == "B1"


def test_mini_charges_keep_it_awake():
    rig = charging(phases=1, pause=Pause(keep_awake_ms=300000))
    ocpp_limit(rig, 0)
    rig.run(500, "C")
    rig.pwm_ms = 0
    closed_ms = obey(rig, 1000000)
    assert 2 * 58000 <= closed_ms <= 3 * 63000
    assert rig.charger.pause.count in (2, 3)


def test_off_by_default():
    rig = held()
    assert obey(rig, 400000) == 0
    assert step(rig) == "paused"


def test_a_limit_that_returns_ends_the_pause():
    rig = held(pause=Pause(confirm_ms=60000))
    obey(rig, 20000)
    ocpp_limit(rig, 16000)
    obey(rig, 10000)
    assert step(rig) == "idle" and rig.charger.offer_ma == 16000 and rig.closed
