# SPDX-License-Identifier: MIT
"""Watches the charger and notes in the event ring what has changed: numbers only, no words."""

from control import events
from control.events import EventRing
from control.readings import PILOT_PWM


class Pace:
    """Time and turn of the control step; made_of, wake: what the last command came from.

    Apart from Charger, since that has properties: with one, each store to any attribute of an
    object takes six times as long.
    """

    def __init__(self, turn):
        self.last_ms = -1
        self.turn = turn
        self.round_ms = 0
        self.sum_ms = 0
        self.made_of = -1
        self.wake = 0


class Notes:
    """`events` is the ring that firmware/log.py drains."""

    def __init__(self):
        self.events = EventRing()
        self._state = -1
        self._contactor = 0
        self._fault = 0
        self._offer = 0
        self._phases = 0
        self._wake = 0
        self._pause = 0
        self._loads = 0
        self._tests = 0

    def step(self, now_ms, charger, readings):
        """Compare with the last step. The common case is that nothing has changed."""
        command = charger.command
        ring = self.events
        mode = command.pilot_mode
        state = (charger.pilot.state << 2) + mode
        if state != self._state:
            self._state = state
            ring.put(now_ms, events.STATE, state >> 2, mode)
        if command.contactor != self._contactor:
            self._contactor = command.contactor
            ring.put(now_ms, events.CONTACTOR, command.contactor)
            if readings.guard_tripped:
                ring.put(now_ms, events.GUARD, readings.guard_tripped)
        fault = charger.protection.fault
        if fault != self._fault:
            ring.put(now_ms, events.FAULT, fault or self._fault, 1 if fault else 0)
            self._fault = fault
        offer_ma = charger.offer.offer_ma if mode == PILOT_PWM else 0
        if offer_ma != self._offer:
            self._offer = offer_ma
            ring.put(now_ms, events.OFFER, offer_ma, charger.offer.reason)
        switch = charger.phase_switch
        if switch.state != self._phases:
            self._phases = switch.state
            ring.put(now_ms, events.PHASES, switch.state, switch.wanted + 4 * switch.why)
        wake = charger.wake
        if wake.state != self._wake:
            self._wake = wake.state
            ring.put(now_ms, events.WAKE, wake.state, wake.pulse)

    def rest(self, now_ms, charger, readings):
        """The same for what changes slowly; called now and then."""
        if charger.pause.state != self._pause:
            self._pause = charger.pause.state
            self.events.put(now_ms, events.PAUSE, self._pause)
        if charger.session.under_load != self._loads:
            self._loads = charger.session.under_load
            self.events.put(now_ms, events.UNDER_LOAD, readings.l1_ma)
        test = charger.rcd_test
        tests = test.passed + test.failures
        if tests != self._tests:
            self._tests = tests
            self.events.put(now_ms, events.RCD_TEST, 0 if test.failed else 1)
