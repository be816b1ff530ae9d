# SPDX-License-Identifier: MIT
"""Invariants of the contacts: when the contactor may be closed, and when L2/L3 may move.

The truth about the car is taken from the simulated car itself (ev_plug, ev_s2, ev_diode,
cp_short) and not from what the firmware believes. A contact that is physically welded counts as
open once its coil is off: nothing on the charger can open it.
"""

from .broken import broken
from .record import steps

OPEN_US = 100_000  # leaving C or D -> contacts apart (IEC 61851-1 Table A.6 sequences 2.2, 8.1)
GRACE_US = 6_000_000  # a car in C1 may be left connected so long (sequence 10.2)
PULSE_US = 400_000  # a C pulse of sequence 11 lasts up to this and must not close
GLITCH_US = 60_000  # shorter gaps in C may be filtered by the debounce
DIODE_US = 500_000  # a diode lost while charging must be seen within this
BOUNCE_US = 10_000  # edges of one contact movement


def _car_in_c(state):
    """Is the car in C or D at this moment, and can the charger see it?"""
    return bool(
        state["ev_plug"] and state["ev_s2"] and state["cp_connect"] and not state["cp_short"]
    )


def why_open(state):
    """Why the contactor must be open now, None if it may be closed (C2, D2 or C1)."""
    if not state["power"]:
        return "the board has no power"
    if not state["ev_plug"]:
        return "no car is plugged in"
    if state["cp_short"]:
        return "the pilot is shorted (E)"
    if not state["cp_connect"]:
        return "the control pilot is disconnected"
    if not state["ev_s2"]:
        return "the car is in B"
    if state["pilot_mode"] not in ("pwm", "x1"):
        return "the pilot says %s" % state["pilot_mode"].upper()
    if state["rcd"]:
        return "the residual-current device has tripped"
    if state["guard"]:
        return "the guard has tripped"
    return None


def coil_on(state):
    """Is the contactor's coil energised? Without power it is not."""
    return bool(state["contactor_coil"] and state["power"])


def closed(state):
    """Contacts together, not counting a weld that the coil has let go."""
    return bool(state["contactor"] and (coil_on(state) or not state["held"]))


def walk(record):
    """steps(), and one more at the end of the run so that limits can run out.

    The state has one more key, "held": the contacts are welded, or were until this moment (a weld
    that is repaired lets go a little later).
    """
    state = None
    held = False
    for t_us, state, changed in steps(record.edges):
        held = bool(state["weld"] or (held and state["contactor"]))
        state["held"] = held
        yield t_us, state, changed
    if state is not None:
        yield max(record.duration_ms * 1000, record.edges[-1][0]), state, {}


def contactor_state(record):
    """Contactor closed only in C2/D2, or in C1 within 6 s, with diode good and no fault."""
    c_since = c_until = None
    since = {}  # condition -> when it began, while the contactor was closed or not
    was_closed = False
    fault = "none"
    for t_us, state, changed in walk(record):
        # 1. what held since the last moment, before its changes: has a limit run out?
        if was_closed:
            for name, limit_us in (
                ("c1", GRACE_US + OPEN_US),
                ("diode", DIODE_US),
                ("fault", OPEN_US),
            ):
                if name in since and t_us - since[name] > limit_us:
                    return broken(
                        record, since[name] + limit_us, _closed_although(name, since[name], fault)
                    )
        # 2. C without the gaps a debounce may filter
        if _car_in_c(state):
            if c_since is None or (c_until is not None and t_us - c_until > GLITCH_US):
                c_since = t_us
            c_until = None
        elif c_since is not None and c_until is None:
            c_until = t_us
        # 3. the coil is energised now: may it?
        if changed.get("contactor_coil") == 0 and coil_on(state):
            text = _closing_is_wrong(t_us, state, c_since, c_until, since)
            if text:
                return broken(record, t_us, "contactor closing although " + text)
        # 4. conditions that have a time limit
        pwm = state["pilot_mode"] == "pwm"
        _track(since, "c1", t_us, state["pilot_mode"] == "x1" and _car_in_c(state))
        _track(since, "diode", t_us, pwm and state["ev_plug"] and not state["ev_diode"])
        _track(since, "fault", t_us, state["fault"] not in ("none", ""))
        fault = state["fault"]
        was_closed = closed(state)
    return None


def _track(since, name, t_us, holds):
    if holds:
        since.setdefault(name, t_us)
    else:
        since.pop(name, None)


def _closed_although(name, since_us, fault):
    at_s = since_us / 1e6
    if name == "c1":
        return "contactor still closed 6.1 s after the car was asked to stop (C1 at %.3f s)" % at_s
    if name == "diode":
        return "contactor still closed 500 ms after the diode was lost at %.3f s" % at_s
    return "contactor still closed 100 ms after fault %s at %.3f s" % (fault, at_s)


def _closing_is_wrong(t_us, state, c_since, c_until, since):
    if state["pilot_mode"] != "pwm":
        return "the pilot is %s and not PWM" % state["pilot_mode"]
    if c_since is None or (c_until is not None and t_us - c_until > OPEN_US):
        return "the car is not in C (%s)" % (why_open(state) or "S2 open")
    if t_us - c_since < PULSE_US:
        return "C is only %d ms old, a pulse of up to 400 ms must not close" % (
            (t_us - c_since) // 1000
        )
    if "diode" in since and t_us - since["diode"] > OPEN_US:
        return "the diode is missing"
    if state["fault"] not in ("none", ""):
        return "there is fault %s" % state["fault"]
    if state["rcd"] or state["guard"]:
        return "the %s has tripped" % ("residual-current device" if state["rcd"] else "guard")
    return None


def open_within_100ms(record):
    """The contacts are apart within 100 ms of the car leaving C/D, E, F, a trip or power loss."""
    left_us = reason = None
    was_closed = False
    for t_us, state, _ in walk(record):
        if was_closed and left_us is not None and t_us - left_us > OPEN_US:
            return broken(
                record,
                left_us + OPEN_US,
                "contactor still closed 100 ms after %.3f s although %s" % (left_us / 1e6, reason),
            )
        why = why_open(state)
        if why is None:
            left_us = None
        elif left_us is None:
            left_us, reason = t_us, why
        was_closed = closed(state)
    return None


def l23_unmoved_while_closed(record):
    """L2/L3 never move while the main contacts touch, bounce and weld included.

    Only one movement is excused: the relay falling open because the board lost its power. On a
    board with one contactor for L1 and N and another for L2 and L3 both move together instead.
    """
    if record.settings.get("board") == "pico_w_2x2":
        return _l23_moves_with_l1(record)
    opened_us = None  # when the contacts came apart last
    lost_us = None  # when the power went
    touching = False
    for t_us, state, changed in steps(record.edges):
        if "contactor" in changed and touching and not state["contactor"]:
            opened_us = t_us
        if changed.get("power") == 1:
            lost_us = t_us
        if "phase_relay" in changed and changed["phase_relay"] != state["phase_relay"] and t_us:
            falling = not state["phase_relay"] and lost_us is not None and not state["power"]
            bouncing = opened_us is not None and t_us - opened_us < BOUNCE_US
            if (touching or state["contactor"] or bouncing) and not falling:
                return broken(
                    record,
                    t_us,
                    "phase relay moved to %d while the main contacts "
                    "were %s" % (state["phase_relay"], "bouncing" if bouncing else "closed"),
                )
        touching = bool(state["contactor"])
    return None


def _l23_moves_with_l1(record):
    """Contacts of L2/L3 close within 100 ms of those of L1/N, and are never left alone longer."""
    closed_us = alone_us = None
    for t_us, state, changed in walk(record):
        if alone_us is not None and t_us - alone_us > OPEN_US:
            return broken(record, alone_us + OPEN_US, "L2/L3 closed for 100 ms without L1 and N")
        if changed.get("contactor") == 0 and state["contactor"]:
            closed_us = t_us
        closing = changed.get("phase_relay") == 0 and state["phase_relay"] and t_us
        if closing and state["contactor"] and t_us - closed_us > OPEN_US:
            return broken(record, t_us, "L2/L3 closed on a car that is live on L1")
        alone = state["phase_relay"] and not state["contactor"]
        alone_us = (t_us if alone_us is None else alone_us) if alone else None
    return None
