# SPDX-License-Identifier: MIT
"""What is done with the rows of keys.py: defaults, checks, ChangeConfiguration, GetConfiguration.

Loaded by config.py when a key is changed, asked for or written, and dropped again: between two
changes the values are all that is needed. `config` is a Config.
"""

from micropython import const

from firmware.journal import read_json
from firmware.ocpp import keys
from firmware.ocpp.keys import (
    FLAG,
    HIDDEN,
    LIST,
    MEASURANDS,
    NUMBER,
    READ_ONLY,
    ROTATION,
    SECRET,
    SETTING,
    TEXT,
)
from firmware.printable import DIGITS, printable

VALUE_LENGTH = const(500)
# What else may be asked for. Whoever lists Frequency makes the charger measure it.
_SUPPORTED = MEASURANDS + ",Power.Offered,Frequency"
_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")


def rows(config):
    """Yield the rows of the features that are configured."""
    yield from keys.CORE
    for feature, table in (
        ("SmartCharging", keys.SMART_CHARGING),
        ("LocalAuthListManagement", keys.LOCAL_LIST),
        ("Reservation", keys.RESERVATION),
        ("FirmwareManagement", keys.FIRMWARE),
        ("Security", keys.SECURITY),
    ):
        if feature in config.features:
            yield from table


def defaults(config):
    """{key: value} before anything was changed."""
    return {row[0]: row[2] for row in rows(config) if row[1] not in (READ_ONLY, SETTING)}


def load(config, path):
    """Apply the file; a damaged one is noted and replaced at the next change."""
    stored = read_json(path)
    if not isinstance(stored, dict):
        return
    for row in rows(config):
        value = stored.get(row[0])
        if isinstance(value, str) and row[1] != READ_ONLY and check(row, value):
            apply(config, row, value)
    config.app.transactions.operative = stored.get("operative") is not False


def content(config):
    """What the file has to hold."""
    stored = {"operative": config.app.transactions.operative}
    for row in rows(config):
        if row[1] != READ_ONLY:
            stored[row[0]] = shown(config, row)
    return stored


def change(config, key, value):
    """ChangeConfiguration: returns the status word. Keys are compared without case."""
    for row in rows(config):
        name = row[0]
        if name.lower() != key.lower() or row[1] == HIDDEN:
            continue
        if row[1] == READ_ONLY or not check(row, value):
            return "Rejected"
        if config.guard and name in keys.OF_ACCESS:
            word = config.guard(name, value)
            if word is not None:
                return word
        if shown(config, row) != value:  # an unchanged value costs no flash
            apply(config, row, value)
            config.touch()
        return "RebootRequired" if name in keys.AFTER_RESTART else "Accepted"
    return "Rejected" if key.lower() in _computed(config) else "NotSupported"


def get(config, wanted):
    """GetConfiguration.conf for a list of keys; an empty list means all."""
    lower = [key.lower() for key in wanted]
    known = []
    for row in rows(config):
        if row[1] == HIDDEN:
            continue
        if row[1] != SECRET and (not lower or row[0].lower() in lower):
            known.append(
                {"key": row[0], "readonly": row[1] == READ_ONLY, "value": shown(config, row)}
            )
        elif row[1] == SECRET and row[0].lower() in lower:
            known.append({"key": row[0], "readonly": False})
    computed = _computed(config)
    for name in sorted(computed):
        if not lower or name in lower:
            known.append(dict(computed[name]))
    names = [entry["key"].lower() for entry in known]
    result = {"configurationKey": known}
    unknown = [key for key in wanted if key.lower() not in names]
    if unknown:
        result["unknownKey"] = unknown
    return result


def _computed(config):
    """Read-only keys that depend on settings, by their name in small letters."""
    profiles = [name for name in config.features if name not in ("Security", "DataTransfer")]
    listed = (
        ("SupportedFeatureProfiles", ",".join(["Core"] + profiles)),
        (
            "ConnectorSwitch3to1PhaseSupported",
            "true" if config.app.settings.phase_switch else "false",
        ),
    )
    return {
        name.lower(): {"key": name, "readonly": True, "value": value} for name, value in listed
    }


def shown(config, row):
    """A value as text."""
    if row[1] == READ_ONLY:
        return row[2]
    if row[1] == SETTING:
        return str(getattr(config.app.settings, row[2]))
    value = config.values[row[0]]
    if row[1] == FLAG:
        return "true" if value else "false"
    return str(value)


def apply(config, row, value):
    """Take a checked text as the value."""
    if row[1] == SETTING:
        setattr(config.app.settings, row[2], int(value))
    elif row[1] == NUMBER:
        config.values[row[0]] = int(value)
    elif row[1] == FLAG:
        config.values[row[0]] = value.lower() == "true"
    else:
        config.values[row[0]] = value


def check(row, value):
    """True when a text is a value of this key."""
    kind = row[1]
    if kind == FLAG:
        return value.lower() in ("true", "false")
    if kind == NUMBER or kind == SETTING:
        if not 0 < len(value) <= 7 or not printable(value, DIGITS):
            return False
        return row[3] <= int(value) <= row[4]
    if len(value) > VALUE_LENGTH or not printable(value):
        return False
    if kind == LIST:
        fits = value.count(",") < keys.MEASURANDS_IN_A_LIST
        return fits and _unknown_measurand(value) is None
    if kind == ROTATION:
        return _is_rotation(value)
    return kind in (SECRET, HIDDEN) or (kind == TEXT and len(value) <= row[4])


def _is_rotation(value):
    """True for a list like "0.RST, 1.RTS"; at most one entry for each of the two numbers."""
    entries = value.split(",")
    for entry in entries:
        number, _, name = entry.strip().partition(".")
        if number not in ("0", "1") or name not in _ROTATIONS:
            return False
    return len(entries) <= 2


def _unknown_measurand(listed):
    """First name of a comma-separated list that is not measured here, or None."""
    for name in listed.split(",") if listed else ():
        measurand, _, phase = name.strip().rpartition(".")
        if name.strip() in _SUPPORTED.split(","):
            continue
        if measurand == "Voltage" and phase in ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N"):
            continue
        if measurand == "Current.Import" and phase in ("L1", "L2", "L3"):
            continue
        return name
    return None
