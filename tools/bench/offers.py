# SPDX-License-Identifier: MIT
"""Invariant of the offer: the duty on the pilot against every limit that binds."""

from .broken import broken
from .record import steps


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
            return broken(record, row["t_ms"] * 1000, text)
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
            return broken(record, t_us, "offer %d mA is above every limit around it" % offered)
    return None


def _ceilings(record):
    """[(from_ms, to_ms, mA, name)] that bind without asking the firmware: settings and cable."""
    for_ever = float("inf")
    maximum = record.settings.get("max_current_ma", 16000)
    ceilings = [(0, for_ever, maximum, "settings.max_current_ma")]
    if record.settings.get("cable", "socket") == "socket":
        plugs = [event for event in record.events if event["do"] == "plug"]
        ratings = [cable_ma(event["vehicle"]["cable_ohm"]) for event in plugs]
        if any("at_ms" not in event for event in plugs):  # plugged in when something happened
            times = [
                t_us / 1000 for t_us, name, value in record.edges if name == "ev_plug" and value
            ]
            ratings = [max(ratings)] * len(times)
        else:
            times = [event["at_ms"] for event in plugs]
        for begin, end, rating in zip(times, times[1:] + [for_ever], ratings):
            ceilings.append((begin, end, rating, "cable"))
    return ceilings
