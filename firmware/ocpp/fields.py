# SPDX-License-Identifier: MIT
"""Reads fields of a request; what is missing or wrong becomes the CALLERROR the standard names."""

from micropython import const

from firmware.clock import EPOCH_2020, parse_iso
from firmware.ocpp.rpc import OCCURRENCE, PROPERTY, TYPE, CallError

# How long the lists of requests may be; keys.py tells them.
LIST_LENGTH = const(200)  # entries of the local authorisation list
KEYS_PER_ANSWER = const(60)  # GetConfigurationMaxKeys
SEND_LENGTH = const(32)  # entries in one SendLocalList; with all fields they fill 6 KB
# What a sample holds unless it was asked for something else, as in keys.py (a test compares).
MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered"
)

_EARLIEST_S = -(1 << 29)  # 2002; older dates only say "long ago"
_LATEST_S = (1 << 30) - 1  # 2054, NEVER of control.profiles


def text(payload, key, longest, default=None):
    """A string of at most `longest` characters; `default` None = required."""
    value = payload.get(key)
    if value is None:
        if default is not None:
            return default
        raise CallError(OCCURRENCE, "%s is missing" % key)
    if not isinstance(value, str):
        raise CallError(TYPE, "%s: expected a string" % key)
    if len(value) > longest:
        raise CallError(PROPERTY, "%s: expected at most %d characters" % (key, longest))
    return value


def choice(payload, key, names, required=True):
    """One of `names`, or None when absent and not required."""
    if payload.get(key) is None and not required:
        return None
    value = text(payload, key, 50)
    if value not in names:
        raise CallError(PROPERTY, "%s: expected one of %s" % (key, ", ".join(names)))
    return value


def optional_integer(payload, key, lowest, highest):
    """A whole number in a range, or None when absent."""
    return None if payload.get(key) is None else integer(payload, key, lowest, highest)


def integer(payload, key, lowest, highest):
    """A whole number in a range."""
    value = payload.get(key)
    if value is None:
        raise CallError(OCCURRENCE, "%s is missing" % key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CallError(TYPE, "%s: expected a whole number" % key)
    if not lowest <= value <= highest:
        raise CallError(PROPERTY, "%s: expected %d to %d" % (key, lowest, highest))
    return value


def flag(payload, key):
    """true or false."""
    value = payload.get(key)
    if value is None:
        raise CallError(OCCURRENCE, "%s is missing" % key)
    if not isinstance(value, bool):
        raise CallError(TYPE, "%s: expected true or false" % key)
    return value


def tenths(payload, key, highest):
    """A decimal number as an integer of tenths, cut off; more than `highest` becomes `highest`."""
    value = payload.get(key)
    if value is None:
        raise CallError(OCCURRENCE, "%s is missing" % key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CallError(TYPE, "%s: expected a number" % key)
    if not value >= 0:  # catches NaN too
        raise CallError(PROPERTY, "%s: expected 0 or more" % key)
    if value * 10 >= highest:  # infinity ends here
        return highest
    # 16.1 * 10 may be 160.99999 in 32 bits: allow for three units in the last place, no more.
    return int(value * 10 * (1 + 3e-7))


def seconds(payload, key, default):
    """A date and time as seconds since 2020, clamped to what control.profiles can hold."""
    value = payload.get(key)
    if value is None:
        return default
    unix_s = parse_iso(value)
    if unix_s is None:
        raise CallError(TYPE, "%s: expected an ISO 8601 date and time" % key)
    return max(_EARLIEST_S, min(_LATEST_S, unix_s - EPOCH_2020))


def table(payload, key, kind, required=True):
    """An object (kind dict) or array (kind list), or None when absent and not required."""
    value = payload.get(key)
    if value is None and not required:
        return None
    if value is None:
        raise CallError(OCCURRENCE, "%s is missing" % key)
    if not isinstance(value, kind):
        raise CallError(TYPE, "%s: expected an %s" % (key, "array" if kind is list else "object"))
    return value
