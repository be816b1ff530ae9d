# SPDX-License-Identifier: MIT
"""The controls of the bench, checked in one place for scenario events and for live commands.

`check` takes the fields a person wrote and returns the message the simulator understands.
"""

from . import vehicles
from .errors import one_of, suggestion

FAULTS = {
    "diode": "the car's diode is bridged",
    "cp_short": "control pilot shorted to earth behind the diode",
    "cp_short_hard": "control pilot shorted to earth",
    "rcd": "residual current",
    "rcd_test": "residual-current monitor does not react to its self-test",
    "weld": "main contact welded",
    "no_close": "main contact does not close",
    "mirror": "mirror contact of the main contactor always reads open",
    "phase_stuck": "phase relay does not move",
    "phase_weld": "contacts of the phase relay welded",
    "meter": "meter silent",
    "overcurrent": "car draws 1.3 times its offer",
    "stall": "main loop of the firmware hangs",
    "cp_rail": "+12 V rail of the pilot lost",
    "mains_sensor": "zero crossings missing",
    "pe": "protective earth lost",
    "temperature_sensor": "temperature sensor does not answer",
}

# control: (required fields, optional fields)
CONTROLS = {
    "plug": ((), ("vehicle",)),
    "unplug": ((), ()),
    "ready": (("on",), ()),
    "grid": ((), ("mhz", "v_pu", "follow")),
    "fault": (("name", "on"), ()),
    "tap": (("id_tag",), ()),
    "power": (("on",), ()),
    "network": (("up",), ()),
    "temperature": (("c",), ()),
    "acknowledge": ((), ()),
    "state": ((), ()),
}


def check(fields, default_vehicle=None, allow_state=True):
    """Checked message for the simulator; ValueError with one clear line otherwise.

    fields: `do` and what belongs to it. A vehicle may be a name or a table of numbers and is
    resolved to all of its numbers; without one `default_vehicle` is plugged in.
    """
    if not isinstance(fields, dict):
        raise ValueError('expected an object like {"do": "unplug"}')
    do = _name_of(fields, [name for name in CONTROLS if allow_state or name != "state"])
    required, optional = CONTROLS[do]
    known = required + optional
    for key in fields:
        if key not in ("do", "id", "at_s") and key not in known:
            raise ValueError(
                "%s: %s knows no such field, expected %s%s"
                % (key, do, one_of(known) if known else "none", suggestion(key, known))
            )
    for key in required:
        if key not in fields:
            raise ValueError("%s: missing, %s needs it" % (key, do))
    message = {"do": do}
    for key in known:
        if key in fields:
            message[key] = FIELDS[key](key, fields[key])
    if do == "plug":
        message.setdefault("vehicle", dict(default_vehicle or vehicles.car("three_phase_16")))
    if do == "grid" and len(message) == 1:
        raise ValueError("grid: expected mhz, v_pu or follow")
    return message


def _name_of(fields, names):
    do = fields.get("do")
    if do is None:
        raise ValueError("do: missing, expected one of " + ", ".join(names))
    if not isinstance(do, str) or do not in names:
        raise ValueError("unknown command %r: expected one of %s" % (do, ", ".join(names)))
    return do


def _flag(key, value):
    if not isinstance(value, bool):
        raise ValueError("%s: expected true or false, got %r" % (key, value))
    return value


def _mhz(key, value):
    if isinstance(value, bool) or not isinstance(value, int) or not 40000 <= value <= 70000:
        raise ValueError("%s: expected a whole number from 40000 to 70000, got %r" % (key, value))
    return value


def _per_unit(key, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1.5:
        raise ValueError("%s: expected a number from 0 to 1.5, got %r" % (key, value))
    return value


def _celsius(key, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -40 <= value <= 125:
        raise ValueError("%s: expected degrees Celsius from -40 to 125, got %r" % (key, value))
    return value


def _fault_name(key, value):
    if not isinstance(value, str) or value not in FAULTS:
        raise ValueError(
            "%s: unknown fault %r, expected one of %s%s"
            % (key, value, ", ".join(FAULTS), suggestion(value, FAULTS))
        )
    return value


def _card(key, value):
    if not isinstance(value, str) or not 1 <= len(value) <= 20 or not value.isascii():
        raise ValueError("%s: expected 1 to 20 ASCII characters, got %r" % (key, value))
    return value


def _vehicle(key, value):
    return resolve_vehicle(value, key)


FIELDS = {
    "on": _flag,
    "up": _flag,
    "follow": _flag,
    "vehicle": _vehicle,
    "mhz": _mhz,
    "v_pu": _per_unit,
    "c": _celsius,
    "name": _fault_name,
    "id_tag": _card,
}


def resolve_vehicle(value, keys="vehicle"):
    """All numbers of a car from its name or from a table; ValueError names field and bounds."""
    if isinstance(value, str):
        value = {"model": value}
    if not isinstance(value, dict):
        raise ValueError("%s: expected the name of a car or a table, got %r" % (keys, value))
    model = value.get("model", "three_phase_16")
    own_numbers = set(value) - {"model"}
    if isinstance(model, str) and model in vehicles.CARS:
        fields = vehicles.car(model)
    elif own_numbers and isinstance(model, str):
        fields = dict(vehicles.DEFAULTS)  # a car of the scenario's own making
    else:
        raise ValueError(
            "%s.model: unknown car %r, expected one of %s%s"
            % (keys, model, ", ".join(vehicles.CARS), suggestion(model, vehicles.CARS))
        )
    for key, number in value.items():
        if key not in vehicles.DEFAULTS:
            raise ValueError(
                "%s.%s: unknown field%s, expected one of %s"
                % (keys, key, suggestion(key, vehicles.DEFAULTS), ", ".join(vehicles.DEFAULTS))
            )
        expected = vehicles.problem(key, number)
        if expected:
            raise ValueError("%s.%s: expected %s, got %r" % (keys, key, expected, number))
        fields[key] = number
    wrong = vehicles.contradiction(fields)
    if wrong:
        raise ValueError("%s.%s" % (keys, wrong))
    return fields
