# SPDX-License-Identifier: MIT
"""Care for the car at hand: what it shows is learnt, and what was learnt is used.

| learnt                | used for                                                             |
|-----------------------|----------------------------------------------------------------------|
| lag, falling current  | the over-current window (control/protection.py)                      |
| step of its current   | the grain of the offer (control/offer.py)                            |
| number of phases      | a one-phase car is not switched (control/phases.py)                  |
| what woke it          | tried first next time (control/wake.py)                              |

All functions are called by the charger every 100 ms, with the time since the last call. Without
a Learn (no car, or no room for it) every car is treated as one that nothing is known of.
"""

from control import policy, protection
from control.offer import GRAIN_MA
from control.readings import PILOT_X1


def learn_from(dt_ms, charger, readings, meter_ok, offer_ma):
    """Measure the car and fit protection to it."""
    learn = charger.learn
    guarded = charger.protection
    if learn and meter_ok:
        closed = charger.session.contactor
        learn.step(dt_ms, readings, offer_ma, closed, charger.phase_switch.phases)
    guarded.falling = learn and meter_ok and learn.falling
    guarded.follow_car(dt_ms, learn.lag_ms if learn else 0, offer_ma)


def treat(dt_ms, charger):
    """Treat the car as its policy and its memory say."""
    learn = charger.learn
    switch = charger.phase_switch
    wake = charger.wake
    pause = charger.pause
    closed = charger.session.contactor
    busy = switch.busy()
    held = charger.limits.held and charger.authorised and charger.plugged
    pause.step(dt_ms, held and charger.protection.fault == 0 and not busy, closed)
    charger.limits.lift = pause.lift
    phases = grain_ma = 0
    if learn:
        if busy:
            learn.paused(-1)  # a pause of another kind
        elif closed:
            learn.resumed(wake.took)
        elif wake.has_charged and charger.session.mode == PILOT_X1:
            learn.paused(dt_ms)
        if learn.woken_by and not wake.woken_by:
            wake.woken_by = learn.woken_by
        phases = learn.phases
        grain_ma = learn.step_ma
    # A car on one phase gains nothing by a switch, and may lose a lot.
    row = charger.policy
    switch.may_switch = row[policy.MAY_SWITCH] and phases != 1
    charger.offer.suit(row[policy.RISE_MA], grain_ma or GRAIN_MA)


def look_after(dt_ms, charger, readings):
    """The charger's own health: time since a switch, the self-test of the monitor."""
    charger.phase_switch.rest(dt_ms)
    test = charger.rcd_test
    guarded = charger.protection
    test.rest(dt_ms, charger.session.contactor or readings.contactor_closed, readings.rcd_ok)
    if test.state:
        guarded.testing = True
    elif guarded.fault == protection.RCD_TEST and test.ready and not charger.plugged:
        guarded.fault = protection.NONE
