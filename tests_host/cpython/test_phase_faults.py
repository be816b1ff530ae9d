# SPDX-License-Identifier: MIT
"""Every fault in every step of the sequencers, exhaustively: no harm, and always back to rest.

A step is every state that phase switch, wake ladder, pause, self-test and session pass in an
undisturbed run. In each of them each fault comes once for good and once for a moment, and in each
the power is cut and returns. What may never happen is judged by Watch from contacts and readings.
"""

import copy

import pytest

from control import limits, phases, rcd_test, wake
from control.pause import Pause
from control.supply import Supply
from control.thermal import Thermal
from tests_host.control.rig import Rig, ocpp_limit
from tests_host.control.watch import Watch

LONG_MS = 400000
RESUME_MS = 150000  # how long the pauses of the stories last


class Car:
    """A car that obeys: S2 one second after the PWM, open one second after its end."""

    def __init__(self, rig, asleep=False):
        self.rig = rig
        self.asleep = asleep  # wakes on nothing but a CP break of 30 s
        self.plugged = True
        self.draws_on = False
        self.pwm_ms = self.x1_ms = self.open_ms = 0

    def step(self):
        """Follow the pilot for one step of the rig."""
        rig = self.rig
        command = rig.charger.command
        pwm = command.pilot_mode == 1 and command.cp_connect
        self.pwm_ms = self.pwm_ms + rig.step_ms if pwm else 0
        self.x1_ms = 0 if pwm else self.x1_ms + rig.step_ms
        self.open_ms = 0 if command.cp_connect else self.open_ms + rig.step_ms
        if self.open_ms >= 30000:
            self.asleep = False
        was_c = rig.car == "C"
        if not self.plugged:
            rig.car = "A"
        elif self.draws_on and was_c and rig.readings.contactor_closed:
            return
        elif pwm and not self.asleep:
            rig.car = "C" if self.pwm_ms > 1000 or was_c else "B"
        else:
            rig.car = "C" if was_c and self.x1_ms < 1000 and command.cp_connect else "B"
        if not self.draws_on:
            rig.current_ma = rig.charger.offer_ma


FAULTS = {
    "residual": lambda rig, car, on: setattr(rig, "residual", on),
    "weld": lambda rig, car, on: setattr(rig, "weld", on),
    "no_close": lambda rig, car, on: setattr(rig, "no_close", on),
    "diode": lambda rig, car, on: setattr(rig, "diode", not on),
    "short": lambda rig, car, on: setattr(rig, "short", on),
    "stuck": lambda rig, car, on: setattr(rig, "phase_stuck", on),
    "drops": lambda rig, car, on: setattr(rig, "phase_drops", on),
    "meter": lambda rig, car, on: setattr(rig.readings, "meter_age_ms", 60000 if on else 0),
    "earth": lambda rig, car, on: setattr(rig.readings, "pe_ok", 0 if on else 1),
    "heat": lambda rig, car, on: setattr(rig.readings, "temperature_dc", 900 if on else 200),
    "dip": lambda rig, car, on: setattr(rig.readings, "l1_mv", 100000 if on else 230000),
    "surge": lambda rig, car, on: setattr(rig.readings, "l1_mv", 290000 if on else 230000),
    "guard": lambda rig, car, on: setattr(rig.readings, "guard_tripped", 2 if on else 0),
    "monitor": lambda rig, car, on: setattr(rig, "monitor_works", not on),
    "draws_on": lambda rig, car, on: setattr(car, "draws_on", on),
    "unplug": lambda rig, car, on: setattr(car, "plugged", not on),
    "deauthorise": lambda rig, car, on: rig.charger.authorise(not on),
    "no_limit": lambda rig, car, on: rig.charger.limits.offer(
        limits.USER, 0 if on else limits.NO_LIMIT, rig.now_ms
    ),
    "other_wish": lambda rig, car, on: rig.charger.request_phases(3 if on else 1),
    "sleep": lambda rig, car, on: setattr(car, "asleep", on),
}


def build(phase_count, cp_switch=True, old=None):
    """A rig with everything fitted; `old`: the rig before a power cut, whose world goes on."""
    rig = Rig(
        phases=phase_count,
        cp_switch=cp_switch,
        rcd_test=True,
        pause=Pause(60000, 100000),
        thermal=Thermal(full_ma=32000),
        supply=Supply(),
    )
    rig.readings.temperature_age_ms = 0
    if old:
        for name in ("weld", "no_close", "diode", "short", "phase_stuck", "phase_drops"):
            setattr(rig, name, getattr(old, name))
        rig.residual, rig.monitor_works = old.residual, old.monitor_works
        rig.car = old.car
        for name in ("meter_age_ms", "pe_ok", "temperature_dc", "l1_mv", "guard_tripped"):
            setattr(rig.readings, name, getattr(old.readings, name))
    return rig


def story(phase_count, wish, asleep=False, cp_switch=True):
    """Plugged in, charging, then a wish for other phases or a pause; returns (rig, car, watch)."""
    rig = build(phase_count, cp_switch)
    rig.wait(5000, "A")
    watch = Watch(rig)
    car = Car(rig)
    rig.charger.authorise(True)
    go(rig, car, watch, 6000, 10)
    assert rig.closed
    if wish == "pause":
        ocpp_limit(rig, 0)
        car.asleep = asleep
    else:
        rig.charger.request_phases(wish)
    return rig, car, watch


def go(rig, car, watch, ms, step_ms=50, until=None):
    """Let time pass; stops early when `until` says so and returns True then."""
    rig.step_ms = step_ms
    for _ in range(ms // step_ms):
        if until and until():
            return True
        car.step()
        rig.step()
        watch.check()
    return False


def state_of(rig):
    """What the sequencers are at, as one name."""
    charger = rig.charger
    if charger.phase_switch.state:
        return "phases:" + phases.NAMES[charger.phase_switch.state]
    if charger.rcd_test.state:
        return "rcd_test:" + rcd_test.NAMES[charger.rcd_test.state]
    if charger.wake.state:
        return "wake:%s:%s" % (wake.NAMES[charger.wake.state], charger.wake.pulse)
    return "pause:%d" % charger.pause.state if charger.pause.state else charger.state_name


STORIES = {
    "down": (3, 1, False, True),
    "up": (1, 3, False, True),
    "down_without_switch": (3, 1, False, False),
    "awake": (1, "pause", False, True),
    "asleep": (1, "pause", True, True),
}


def rest(rig, car, watch, welded):
    """Everything repaired, the car leaves, the next one charges; a weld waits for a person."""
    for undo in FAULTS.values():
        undo(rig, car, False)
    rig.charger.authorise(True)
    ocpp_limit(rig, 16000)
    car.plugged = False
    go(rig, car, watch, 60000 + 30000, 100)
    assert state_of(rig) == "A1" or rig.charger.fault == 2, state_of(rig)
    if welded:
        rig.charger.acknowledge()
        go(rig, car, watch, 1000)
    car.plugged = True
    closed = go(rig, car, watch, 100000, until=lambda: rig.closed)
    assert closed, (state_of(rig), rig.charger.fault, watch.what)


def snapshots(name):
    """The story, copied at the moment it enters each state: {state: (rig, car, watch)}."""
    made = {}
    rig, car, watch = story(*STORIES[name])
    end_ms = rig.t_ms + LONG_MS
    resume_ms = rig.t_ms + RESUME_MS
    done_ms = resume_ms + 5000
    while rig.t_ms < done_ms or not rig.closed:
        state = state_of(rig)
        if state not in made:
            made[state] = copy.deepcopy((rig, car, watch))
        if rig.t_ms >= resume_ms and rig.charger.limits.of(limits.OCPP) == 0:
            ocpp_limit(rig, 16000)
        go(rig, car, watch, 10, 10)
        assert rig.t_ms < end_ms, (name, state, list(made))
    assert rig.charger.fault == 0
    return made


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", STORIES)
def test_each_fault_in_each_step(name, fault):
    for state, made in snapshots_of(name).items():
        for lasts in (True, False):
            rig, car, watch = copy.deepcopy(made)
            watch.what = (name, state, fault, lasts)
            FAULTS[fault](rig, car, True)
            go(rig, car, watch, 120, 10)
            if not lasts:
                FAULTS[fault](rig, car, False)
            go(rig, car, watch, 1000, 10)
            go(rig, car, watch, 30000, 100)
            rest(rig, car, watch, rig.charger.fault == 2)


@pytest.mark.parametrize("gone", [False, True], ids=["plugged", "unplugged"])
@pytest.mark.parametrize("name", STORIES)
def test_power_cut_in_each_step(name, gone):
    phase_count, _, _, cp_switch = STORIES[name]
    for state, made in snapshots_of(name).items():
        rig, car, watch = copy.deepcopy(made)
        after = build(phase_count, cp_switch, rig)
        car.rig = after
        car.plugged = not gone
        car.pwm_ms = 0
        watch = Watch(after, bridged=watch.bridged and not gone)
        watch.what = (name, state, "power cut", gone)
        after.charger.authorise(True)
        if car.plugged:
            car.asleep = False
            closed = go(after, car, watch, 100000, until=lambda rig=after: rig.closed)
            assert closed, (state_of(after), watch.what)
            go(after, car, watch, 100000, 100)
            assert after.charger.phases == phase_count
        rest(after, car, watch, False)


_MADE = {}


def snapshots_of(name):
    """Made once in each process."""
    if name not in _MADE:
        _MADE[name] = snapshots(name)
    return _MADE[name]
