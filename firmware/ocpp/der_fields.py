# SPDX-License-Identifier: MIT
"""Controls of OCPP 2.1 (SetDERControl) as sections of the grid services' settings.

Only what a load can do: the rest of the list needs a converter that feeds in, and is NotSupported.
Frequencies in Hz, droop per unit (0.05 is 5 %), ramps in seconds from nothing to all, as the 2.1
schemas say. Voltages: OCPP leaves the unit open; up to 200 it is percent of 230 V, above it volts.
"""

from micropython import const

from firmware.ocpp import fields
from firmware.ocpp.rpc import PROPERTY, TYPE, CallError

# Types we carry out, with the field that describes them and the section it becomes.
SUPPORTED = {
    "FreqDroop": ("freqDroop", "lfsm"),
    "VoltWatt": ("curve", "volt_watt"),
    "EnterService": ("enterService", "enter_service"),
    "Gradients": ("gradient", None),
}
TYPES = (
    "EnterService", "FreqDroop", "FreqWatt", "FixedPFAbsorb", "FixedPFInject", "FixedVar",
    "Gradients", "HFMustTrip", "HFMayTrip", "HVMustTrip", "HVMomCess", "HVMayTrip",
    "LimitMaxDischarge", "LFMustTrip", "LVMustTrip", "LVMomCess", "LVMayTrip",
    "PowerMonitoringMustTrip", "VoltVar", "VoltWatt", "WattPF", "WattVar",
)  # fmt: skip
FIELDS = (
    "curve", "enterService", "fixedPFAbsorb", "fixedPFInject", "fixedVar", "freqDroop",
    "gradient", "limitMaxDischarge",
)  # fmt: skip
ONLY_DEFAULT = ("EnterService", "Gradients")

_NOMINAL_V = const(230)
_MAX_POINTS = const(10)
# A car has 5 s to follow the pilot (IEC 61851-1): what must be faster cannot be promised.
_FLOOR_S = const(5)


def thousandths(table, key, lowest, highest, default=None):
    """A decimal number times 1000, rounded, between `lowest` and `highest` (given in ones)."""
    value = table.get(key)
    if value is None and default is not None:
        return default
    if value is None:
        fields.integer(table, key, 0, 0)  # raises: it is missing
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CallError(TYPE, "%s: expected a number" % key)
    if not lowest <= value <= highest:  # NaN and infinity end here
        raise CallError(PROPERTY, "%s: expected %d to %d" % (key, lowest, highest))
    return int(value * 1000 + (0.5 if value >= 0 else -0.5))


def _hertz(table, key):
    return thousandths(table, key, 40, 70)


def _per_mille(table, key):
    """A voltage in per mille of nominal."""
    value = thousandths(table, key, 0, 400)
    return value // _NOMINAL_V if value > 200000 else value // 100


def _freq_droop(table, amperes):
    over_pm = thousandths(table, "overDroop", 0.002, 1)
    under_pm = thousandths(table, "underDroop", 0.002, 1)
    if over_pm != under_pm:
        raise CallError(PROPERTY, "underDroop: expected the same as overDroop")
    if thousandths(table, "responseTime", 0, 3600) < _FLOOR_S * 1000:
        raise CallError(PROPERTY, "responseTime: a car needs up to %d s" % _FLOOR_S)
    return {
        "under_mhz": _hertz(table, "underFreq"),
        "over_mhz": _hertz(table, "overFreq"),
        "droop_pm": over_pm,
    }


def _volt_watt(table, amperes):
    fields.choice(table, "yUnit", ("PctMaxW", "PctWAvail"))
    points = fields.table(table, "curveData", list) or []
    if not 2 <= len(points) <= _MAX_POINTS:
        raise CallError(PROPERTY, "curveData: expected 2 to %d points" % _MAX_POINTS)
    curve = []
    for point in points:
        if not isinstance(point, dict):
            raise CallError(TYPE, "curveData: expected objects")
        curve.append([_per_mille(point, "x"), thousandths(point, "y", 0, 100) // 100])
        if len(curve) > 1 and curve[-1][0] <= curve[-2][0]:
            raise CallError(PROPERTY, "curveData: expected rising x")
    return {"curve": curve}


def _enter_service(table, amperes):
    ramp_s = thousandths(table, "rampRate", 0, 3600, 0) // 1000
    section = {
        "low_mhz": _hertz(table, "lowFreq"),
        "high_mhz": _hertz(table, "highFreq"),
        "low_pm": _per_mille(table, "lowVoltage"),
        "high_pm": _per_mille(table, "highVoltage"),
        "delay_s": thousandths(table, "delay", 0, 3600, 0) // 1000,
        "random_s": thousandths(table, "randomDelay", 0, 3600, 0) // 1000,
    }
    if ramp_s:
        section["ramp_ma_min"] = max(1, amperes * 60000 // ramp_s)
    return section


def _gradients(table, amperes):
    section = {}
    seconds = thousandths(table, "gradient", 0, 3600) // 1000
    soft_s = thousandths(table, "softGradient", 0, 3600) // 1000
    if seconds:
        section["rise_ma_s"] = max(1, amperes * 1000 // seconds)
    if soft_s:
        section["ramp_ma_min"] = max(1, amperes * 60000 // soft_s)
    return section


_KEPT = {
    "FreqDroop": (
        "priority", "overFreq", "underFreq", "overDroop", "underDroop", "responseTime",
        "startTime", "duration",
    ),
    "VoltWatt": ("priority", "curveData", "yUnit", "startTime", "duration"),
    "EnterService": (
        "priority", "highVoltage", "lowVoltage", "highFreq", "lowFreq", "delay", "randomDelay",
        "rampRate",
    ),
    "Gradients": ("priority", "gradient", "softGradient"),
}  # fmt: skip

_READERS = {
    "FreqDroop": _freq_droop,
    "VoltWatt": _volt_watt,
    "EnterService": _enter_service,
    "Gradients": _gradients,
}


def cleaned(control_type, table):
    """A checked table with nothing in it but what is used: it will be kept and reported."""
    clean = {key: table[key] for key in _KEPT[control_type] if table.get(key) is not None}
    if "curveData" in clean:
        clean["curveData"] = [{"x": p["x"], "y": p["y"]} for p in clean["curveData"]]
    return clean


def section_of(control_type, table, amperes):
    """The settings a control asks for; raises CallError. `amperes`: what the charger can do."""
    return _READERS[control_type](table, amperes)


def merge(active, amperes):
    """Sections of all active controls: {control type: its table} -> {section: settings}."""
    sections = {}
    ramps = {}
    for control_type, table in active.items():
        section = section_of(control_type, table, amperes)
        name = SUPPORTED[control_type][1]
        if name is None:
            ramps = section
        else:
            sections[name] = section
    # Ramps of their own win over the general ones.
    if "rise_ma_s" in ramps and "volt_watt" in sections:
        sections["volt_watt"]["rise_ma_s"] = ramps["rise_ma_s"]
    if "ramp_ma_min" in ramps and "enter_service" in sections:
        if "ramp_ma_min" not in sections["enter_service"]:
            sections["enter_service"]["ramp_ma_min"] = ramps["ramp_ma_min"]
    return sections
