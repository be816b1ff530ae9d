# SPDX-License-Identifier: MIT
"""What must hold in every run, each by name.

An invariant is a function of a Record that returns None when it held, else Broken with the time,
a text and the last 20 edges. The truth about the car is taken from the simulated car itself
(ev_plug, ev_s2, ev_diode, cp_short) and not from what the firmware believes. A contact that is
physically welded counts as open once its coil is off: nothing on the charger can open it.
"""

from .billing import transactions_complete, was_granted
from .record import last_edges, steps

OPEN_US = 100_000  # leaving C or D -> contacts apart (IEC 61851-1 Table A.6 sequences 2.2, 8.1)
GRACE_US = 6_000_000  # a car in C1 may be left connected so long (sequence 10.2)
PULSE_US = 400_000  # a C pulse of sequence 11 lasts up to this and must not close
GLITCH_US = 60_000  # shorter gaps in C may be filtered by the debounce
DIODE_US = 500_000  # a diode lost while charging must be seen within this
BOUNCE_US = 10_000  # edges of one contact movement
START_MS = 60_000  # how long before plugging in a grant of the central system stays good


class Broken:
    """An invariant that did not hold: when (ms), what happened, and the last 20 edges."""

    def __init__(self, t_ms, text, edges=()):
        self.t_ms = t_ms
        self.text = text
        self.edges = list(edges)


def _broken(record, t_us, text):
    return Broken(t_us / 1000, text, last_edges(record.edges, t_us))


def _car_in_c(state):
    """Is the car in C or D at this moment, and can the charger see it?"""
    return bool(state["ev_plug"] and state["ev_s2"] and state["cp_connect"]
                and not state["cp_short"])  # fmt: skip


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


def _coil(state):
    return bool(state["contactor_coil"] and state["power"])


def _closed(state):
    """Contacts together, not counting a weld that the coil has let go."""
    return bool(state["contactor"] and (_coil(state) or not state["weld"]))


def _walk(record):
    """steps(), and one more at the end of the run so that limits can run out."""
    state = None
    for t_us, state, changed in steps(record.edges):
        yield t_us, state, changed
    if state is not None:
        yield max(record.duration_ms * 1000, record.edges[-1][0]), state, {}


def contactor_state(record):
    """Contactor closed only in C2/D2, or in C1 within 6 s, with diode good and no fault."""
    c_since = c_until = None
    since = {}  # condition -> when it began, while the contactor was closed or not
    was_closed = False
    fault = "none"
    for t_us, state, changed in _walk(record):
        # 1. what held since the last moment, before its changes: has a limit run out?
        if was_closed:
            for name, limit_us in (("c1", GRACE_US + OPEN_US), ("diode", DIODE_US),
                                   ("fault", OPEN_US)):  # fmt: skip
                if name in since and t_us - since[name] > limit_us:
                    return _broken(record, since[name] + limit_us,
                                   _closed_although(name, since[name], fault))
        # 2. C without the gaps a debounce may filter
        if _car_in_c(state):
            if c_since is None or (c_until is not None and t_us - c_until > GLITCH_US):
                c_since = t_us
            c_until = None
        elif c_since is not None and c_until is None:
            c_until = t_us
        # 3. the coil is energised now: may it?
        if changed.get("contactor_coil") == 0 and _coil(state):
            text = _closing_is_wrong(t_us, state, c_since, c_until, since)
            if text:
                return _broken(record, t_us, "contactor closing although " + text)
        # 4. conditions that have a time limit
        pwm = state["pilot_mode"] == "pwm"
        _track(since, "c1", t_us, state["pilot_mode"] == "x1" and _car_in_c(state))
        _track(since, "diode", t_us, pwm and state["ev_plug"] and not state["ev_diode"])
        _track(since, "fault", t_us, state["fault"] not in ("none", ""))
        fault = state["fault"]
        was_closed = _closed(state)
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
            (t_us - c_since) // 1000)
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
    for t_us, state, _ in _walk(record):
        if was_closed and left_us is not None and t_us - left_us > OPEN_US:
            return _broken(record, left_us + OPEN_US, "contactor still closed 100 ms after %.3f s "
                           "although %s" % (left_us / 1e6, reason))
        why = why_open(state)
        if why is None:
            left_us = None
        elif left_us is None:
            left_us, reason = t_us, why
        was_closed = _closed(state)
    return None


def l23_unmoved_while_closed(record):
    """L2/L3 never move while the main contacts touch, bounce and weld included.

    Only one movement is excused: the relay falling open because the board lost its power.
    """
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
                return _broken(record, t_us, "phase relay moved to %d while the main contacts "
                               "were %s" % (state["phase_relay"],
                                            "bouncing" if bouncing else "closed"))
        touching = bool(state["contactor"])
    return None


def duty_to_ma(duty_pct):
    """Current a duty stands for (mA), 0 when it allows none (IEC 61851-1 Table A.8)."""
    if duty_pct < 8 or duty_pct > 97:
        return 0
    if duty_pct < 10:
        return 6000
    if duty_pct <= 85:
        return round(duty_pct * 600)
    return min(80000, round((duty_pct - 64) * 2500))


CABLE_MA = ((75, 63000), (150, 32000), (330, 20000), (1000, 13000), (2200, 0))


def cable_ma(ohm):
    """Rating of a cable by its proximity resistor, mA (IEC 61851-1 Table B.2 bands)."""
    rating = 0
    for lower, current_ma in CABLE_MA:
        if ohm >= lower:
            rating = current_ma
    return rating


def offer_within_limit(record):
    """The duty on the pilot never stands for more than the lowest limit, cable included."""
    ceilings = _ceilings(record)
    for row in record.rows:
        if row["state"][1:] == "1" or row["state"] in ("E", "F"):
            continue  # no PWM
        offered = duty_to_ma(row["duty_pct"]) if row["duty_pct"] < 97 else 0
        slack = 5 if offered <= 51000 else 15  # duty_pct is written with two decimals
        limit, why = row["limit_ma"], row["reason"]
        for from_ms, to_ms, ceiling, name in ceilings:
            if from_ms <= row["t_ms"] < to_ms and ceiling < limit:
                limit, why = ceiling, name
        if offered > limit + slack:
            text = "offer %d mA is above the limit %d mA (%s)" % (offered, limit, why)
            return _broken(record, row["t_ms"] * 1000, text)
    return _brief_duties(record)


def _brief_duties(record):
    """Duties too short for a trace row, against the limits of the rows around them."""
    rows = record.rows
    position = 0
    for t_us, state, changed in steps(record.edges):
        if state["pilot_mode"] != "pwm" or not ("duty" in changed or "pilot_mode" in changed):
            continue
        while position + 1 < len(rows) and rows[position + 1]["t_ms"] * 1000 < t_us:
            position += 1
        around = rows[position : position + 2]
        offered = duty_to_ma(state["duty"] / 10000)
        if around and offered > max(row["limit_ma"] for row in around) + 15:
            return _broken(record, t_us, "offer %d mA is above every limit around it" % offered)
    return None


def _ceilings(record):
    """[(from_ms, to_ms, mA, name)] that bind without asking the firmware: settings and cable."""
    for_ever = float("inf")
    maximum = record.settings.get("max_current_ma", 16000)
    ceilings = [(0, for_ever, maximum, "settings.max_current_ma")]
    if record.settings.get("cable", "socket") == "socket":
        plugs = [event for event in record.events if event["do"] == "plug"]
        ends = [event["at_ms"] for event in plugs[1:]] + [for_ever]
        for plug, end in zip(plugs, ends):
            ceilings.append((plug["at_ms"], end, cable_ma(plug["vehicle"]["cable_ohm"]), "cable"))
    return ceilings


def energy_authorised(record):
    """Where cards are required, no energy without authorisation (orderly stop within 6 s)."""
    if record.settings.get("authorisation", "free") != "card":
        return None
    refused_us = None
    was_closed = False
    plugged_us = 0
    for t_us, state, changed in _walk(record):
        if was_closed and refused_us is not None and t_us - refused_us > GRACE_US + OPEN_US:
            return _broken(record, refused_us + GRACE_US + OPEN_US,
                           "contactor closed 6.1 s after authorisation ended at %.3f s"
                           % (refused_us / 1e6))  # fmt: skip
        if state["authorised"]:
            refused_us = None
        elif refused_us is None:
            refused_us = t_us
        if changed.get("ev_plug") == 0 and state["ev_plug"]:
            plugged_us = t_us
        if changed.get("contactor_coil") == 0 and _coil(state):
            if not state["authorised"]:
                return _broken(record, t_us, "contactor closing without authorisation")
            if not was_granted(record, plugged_us / 1000 - START_MS, t_us / 1000):
                return _broken(record, t_us, "contactor closing although the central system has "
                               "granted nothing since the car was plugged in")
        was_closed = _closed(state)
    return None


def transactions(record):
    """Every started transaction is stopped or still open at the end, with the meter's energy."""
    found = transactions_complete(record)
    return found and _broken(record, found[0] * 1000, found[1])


def ocpp_well_formed(record):
    """Every frame suits the OCPP schemas and the conversation: nothing refused, nothing stray."""
    for found in record.refused:
        return _broken(record, found["t_ms"] * 1000, "%s: %s" % (found["kind"], found["text"]))
    return None


def no_unhandled_exception(record):
    """No exception reached the console, and the simulator ended as it should."""
    for number, line in enumerate(record.console):
        if "Traceback" in line or line.startswith("MemoryError"):
            rest = [text for text in record.console[number : number + 40] if text.strip()]
            final = next((text for text in rest[1:] if not text.startswith(" ")), line)
            return _broken(record, record.duration_ms * 1000, "exception on the console: " + final)
    if record.ended is None:
        return _broken(record, record.duration_ms * 1000, "the simulator ended without a verdict")
    return None


def no_harm(record):
    """Nothing in the models was damaged (a bridged phase energised, a relay moved under load)."""
    for t_us, signal, value in record.edges:
        if signal == "harm" and value not in ("", "0", "none"):
            return _broken(record, t_us, value)
    return None


INVARIANTS = {
    "contactor_state": contactor_state,
    "open_within_100ms": open_within_100ms,
    "l23_unmoved_while_closed": l23_unmoved_while_closed,
    "offer_within_limit": offer_within_limit,
    "energy_authorised": energy_authorised,
    "transactions_complete": transactions,
    "ocpp_well_formed": ocpp_well_formed,
    "no_unhandled_exception": no_unhandled_exception,
    "no_harm": no_harm,
}


def check(record):
    """{name: None or Broken} for every invariant."""
    return {name: invariant(record) for name, invariant in INVARIANTS.items()}
