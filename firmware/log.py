# SPDX-License-Identifier: MIT
"""The log: one JSON object per line on the console, from services and from control's ring.

Control only puts numbers into its ring; turning them into words costs time and memory and
happens here, outside the 10 ms step.
"""

import json

from control import events, guard, limits, pause, phases, protection, wake

_LETTERS = "ABCDEF"
_MODES = ("x1", "pwm", "f")


def describe(code, a, b):
    """Fields of an event from its numbers."""
    if code == events.STATE:
        return {"pilot": _LETTERS[a], "mode": _MODES[b]}
    if code == events.CONTACTOR:
        return {"closed": bool(a)}
    if code == events.FAULT:
        return {"fault": protection.NAMES[a], "on": bool(b)}
    if code == events.GUARD:
        return {"reason": guard.NAMES[a]}
    if code == events.OFFER:
        return {"offer_ma": a, "reason": limits.REASONS[b]}
    return _sequence(code, a, b)


def _sequence(code, a, b):
    """Fields of an event of the sequencers."""
    if code == events.PHASES:
        return {"step": phases.NAMES[a], "wanted": b & 3, "why": phases.WHY_NAMES[b >> 2]}
    if code == events.WAKE:
        return {"step": wake.NAMES[a], "pulse": wake.PULSE_NAMES[b]}
    if code == events.PAUSE:
        return {"step": pause.NAMES[a]}
    if code == events.RCD_TEST:
        return {"passed": bool(a)}
    if code == events.AUTHORISED:
        return {"on": bool(a)}
    return {"value": a}


class Log:
    """`now_ms` is a function that gives the ticks for events of services."""

    def __init__(self, now_ms):
        self._now_ms = now_ms
        self._event = [0, 0, 0, 0]
        self._dropped = 0

    def event(self, name, **fields):
        """Print one event now. Never pass a secret: the log is for everybody."""
        self._print(self._now_ms(), name, fields)

    def drain(self, ring):
        """Print what control has noted since the last call."""
        event = self._event
        while ring.get(event):
            self._print(event[0], events.NAMES[event[1]], describe(*event[1:]))
        if ring.dropped != self._dropped:
            self.event(events.NAMES[events.LOST], count=ring.dropped - self._dropped)
            self._dropped = ring.dropped

    def _print(self, t_ms, name, fields):
        line = {"t_ms": t_ms, "event": name}
        line.update(fields)
        print(json.dumps(line))
