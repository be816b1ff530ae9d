# SPDX-License-Identifier: MIT
"""What must hold in every run, each by name.

An invariant is a function of a Record that returns None when it held, else Broken with the time,
a text and the last 20 edges.
"""

from .billing import transactions_complete, was_granted
from .broken import broken
from .contact import (
    GRACE_US,
    OPEN_US,
    closed,
    coil_on,
    contactor_state,
    l23_unmoved_while_closed,
    open_within_100ms,
    walk,
)
from .offers import offer_within_limit

START_MS = 60_000  # how long before plugging in a grant of the central system stays good


def energy_authorised(record):
    """Where cards are required, no energy without authorisation (orderly stop within 6 s)."""
    if record.settings.get("authorisation", "free") != "card":
        return None
    refused_us = None
    was_closed = False
    plugged_us = 0
    for t_us, state, changed in walk(record):
        if was_closed and refused_us is not None and t_us - refused_us > GRACE_US + OPEN_US:
            return broken(
                record,
                refused_us + GRACE_US + OPEN_US,
                "contactor closed 6.1 s after authorisation ended at %.3f s" % (refused_us / 1e6),
            )
        if state["authorised"]:
            refused_us = None
        elif refused_us is None:
            refused_us = t_us
        if changed.get("ev_plug") == 0 and state["ev_plug"]:
            plugged_us = t_us
        if changed.get("contactor_coil") == 0 and coil_on(state):
            if not state["authorised"]:
                return broken(record, t_us, "contactor closing without authorisation")
            if not was_granted(record, plugged_us / 1000 - START_MS, t_us / 1000):
                return broken(
                    record,
                    t_us,
                    "contactor closing although the central system has "
                    "granted nothing since the car was plugged in",
                )
        was_closed = closed(state)
    return None


def transactions(record):
    """Every started transaction is stopped or still open at the end, with the meter's energy."""
    found = transactions_complete(record)
    return found and broken(record, found[0] * 1000, found[1])


def ocpp_well_formed(record):
    """Every frame suits the OCPP schemas and the conversation: nothing refused, nothing stray."""
    for found in record.refused:
        return broken(record, found["t_ms"] * 1000, "%s: %s" % (found["kind"], found["text"]))
    return None


def no_unhandled_exception(record):
    """No exception reached the console, and the simulator ended as it should."""
    for number, line in enumerate(record.console):
        if "Traceback" in line or line.startswith("MemoryError"):
            rest = [text for text in record.console[number : number + 40] if text.strip()]
            final = next((text for text in rest[1:] if not text.startswith(" ")), line)
            return broken(record, record.duration_ms * 1000, "exception on the console: " + final)
    if record.ended is None:
        return broken(record, record.duration_ms * 1000, "the simulator ended without a verdict")
    return None


def no_harm(record):
    """Nothing in the models was damaged (a bridged phase energised, a relay moved under load)."""
    for t_us, signal, value in record.edges:
        if signal == "harm" and value not in ("", "0", "none"):
            return broken(record, t_us, value)
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
