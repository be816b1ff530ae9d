# SPDX-License-Identifier: MIT
"""Charging profiles of OCPP 2.1 that follow the mains: LocalFrequency and CentralFrequency.

LocalFrequency (2.1 use case Q08) becomes a droop curve around a baseline that the charger follows
by its own measurement; CentralFrequency takes an AFRRSignal through a curve to a set-point. The
power is that of a load: what the baseline and the curve make together is never below zero, or
the profile is refused. One such profile holds at a time, with one period, until its end.
"""

from micropython import const

from firmware.clock import EPOCH_2020
from firmware.ocpp import fields
from firmware.ocpp.der_fields import thousandths
from firmware.ocpp.rpc import PROPERTY, TYPE, CallError

_NOMINAL_V = const(230)
_MAX_W = const(60000)
_MAX_POINTS = const(20)
_SIGNAL_TTL_S = const(60)  # signals come every few seconds; without one back to the baseline
_NOT_WITH_CURVE = ("limit", "dischargeLimit", "setpoint", "setpointReactive")
_MODES = (
    "Idle", "ChargingOnly", "CentralSetpoint", "ExternalSetpoint", "ExternalLimits",
    "CentralFrequency", "LocalFrequency", "LocalLoadBalancing",
)  # fmt: skip


class Refused(Exception):
    """Raised with the reason code of OCPP 2.1 and a text."""

    def __init__(self, code, text):
        super().__init__(code, text)
        self.code = code
        self.text = text


class GridProfile:
    """The profile in force. `act(sections)` -> None or error; `setpoint(ma, ttl_s)` likewise."""

    def __init__(self, app, act, setpoint):
        self._app = app
        self._act = act
        self._setpoint = setpoint
        self.id = None
        self._until_s = None  # seconds since 2020
        self._baseline_w = 0
        self._signal_curve = None

    def set(self, data):
        """SetChargingProfileRequest of 2.1 -> response."""
        profile = fields.table(data, "chargingProfile", dict)
        name = fields.integer(profile, "id", 0, 0x7FFFFFFF)
        schedules = fields.table(profile, "chargingSchedule", list) or []
        if len(schedules) != 1 or not isinstance(schedules[0], dict):
            return rejected("InvalidSchedule", "expected one chargingSchedule")
        periods = fields.table(schedules[0], "chargingSchedulePeriod", list) or []
        if len(periods) != 1 or not isinstance(periods[0], dict):
            return rejected("InvalidSchedule", "expected one period")
        try:
            until_s = self._end(profile, schedules[0])
            sections, signals = self._read(schedules[0], periods[0])
        except Refused as refused:
            return rejected(refused.code, refused.text)
        why = self._act(sections)
        if why:
            return rejected("InvalidSchedule", why)
        self.id = name
        self._until_s = until_s
        self._signal_curve = signals
        self._baseline_w = thousandths(periods[0], "v2xBaseline", 0, _MAX_W) // 1000
        self._app.log.event("grid_profile", id=name, baseline_w=self._baseline_w)
        return {"status": "Accepted"}

    def _end(self, profile, schedule):
        """Second at which it ends, None for never."""
        unix_s = self._app.clock.now()
        now_s = None if unix_s is None else unix_s - EPOCH_2020
        start_s = fields.seconds(schedule, "startSchedule", now_s)
        until_s = fields.seconds(profile, "validTo", None)
        duration_s = fields.optional_integer(schedule, "duration", 1, 0x1FFFFFFF)
        if now_s is None:
            if until_s is not None or duration_s is not None:
                raise Refused("InvalidSchedule", "the time of day is unknown")
            return None
        if start_s > now_s or fields.seconds(profile, "validFrom", now_s) > now_s:
            raise Refused("InvalidSchedule", "it can only begin at once")
        ends = [until_s] if until_s is not None else []
        if duration_s is not None:
            ends.append(start_s + duration_s)
        return min(ends) if ends else None

    def _read(self, schedule, period):
        """(sections, signal curve or None); raises Refused or CallError."""
        mode = fields.choice(period, "operationMode", _MODES)
        if mode not in ("LocalFrequency", "CentralFrequency"):
            raise Refused("UnsupportedKind", "operationMode %s" % mode)
        if fields.choice(schedule, "chargingRateUnit", ("A", "W")) != "W":
            raise Refused("UnsupportedRateUnit", "expected W")
        for key in _NOT_WITH_CURVE:
            if period.get(key) is not None:
                raise Refused("InvalidSchedule", "%s does not go with %s" % (key, mode))
        curve, signals = _curves(period, mode)
        baseline_w = thousandths(period, "v2xBaseline", 0, _MAX_W) // 1000
        lowest_w = min([w for _, w in curve or ()] + [w for _, w in signals or ()])
        if baseline_w + lowest_w < 0:
            raise Refused("InvalidSchedule", "a load cannot feed in")
        volts = _NOMINAL_V * self._app.charger.phases
        sections = {"baseline_ma": baseline_w * 1000 // volts, "fcr": None}
        if curve is not None:
            sections["fcr"] = [{"mode": "custom", "curve": curve, "unit": "w"}]
        sections["frr"] = {} if signals else None
        return sections, signals

    def signal(self, data):
        """AFRRSignalRequest -> response."""
        if fields.seconds(data, "timestamp", None) is None:
            raise CallError(PROPERTY, "timestamp is missing")
        signal = thousandths(data, "signal", -1000000, 1000000)
        if self._signal_curve is None:
            return rejected("NoSignalWattCurve", "no profile with v2xSignalWattCurve")
        watts = self._baseline_w + _interpolate(self._signal_curve, signal)
        why = self._setpoint(
            max(0, watts) * 1000 // (_NOMINAL_V * self._app.charger.phases), _SIGNAL_TTL_S
        )
        return rejected("InternalError", why) if why else {"status": "Accepted"}

    def clear(self, name=None):
        """ClearChargingProfileRequest -> response; None = whatever is there."""
        if self.id is None or (name is not None and name != self.id):
            return {"status": "Unknown"}
        why = self._act({"baseline_ma": None, "fcr": None, "frr": None})
        if why:
            return rejected("InternalError", why)  # in an activation, say: it stays in force
        self.id = self._until_s = self._signal_curve = None
        self._setpoint(None, 0)
        return {"status": "Accepted"}

    def poll(self):
        """End what is over."""
        now = self._app.clock.now()
        if self._until_s is not None and now is not None and now - EPOCH_2020 >= self._until_s:
            self.clear()


def _curves(period, mode):
    """(curve over the frequency or None, curve over the signal or None)."""
    signals = None
    if mode == "CentralFrequency" or period.get("v2xSignalWattCurve") is not None:
        signals = _curve(period, "v2xSignalWattCurve", "signal", 1000000, 1)
        if signals is None:
            raise Refused("NoSignalWattCurve", "v2xSignalWattCurve is missing")
    curve = None
    if mode == "LocalFrequency":
        curve = _curve(period, "v2xFreqWattCurve", "frequency", 100, 2)
        if curve is None or period.get("v2xBaseline") is None:
            raise Refused("NoFreqWattCurve", "expected two points and v2xBaseline")
    return curve, signals


def _curve(period, key, axis, furthest, fewest):
    """[[axis in thousandths, W], ...] rising, or None when there are too few points."""
    points = fields.table(period, key, list, False)
    if points is None or len(points) < fewest:
        return None
    if len(points) > _MAX_POINTS:
        raise CallError(PROPERTY, "%s: expected at most %d points" % (key, _MAX_POINTS))
    curve = []
    for point in points:
        if not isinstance(point, dict):
            raise CallError(TYPE, "%s: expected objects" % key)
        watts = thousandths(point, "power", -_MAX_W, _MAX_W)
        # Halves are cut towards less power.
        curve.append([thousandths(point, axis, -furthest, furthest), watts // 1000])
        if len(curve) > 1 and curve[-1][0] <= curve[-2][0]:
            raise CallError(PROPERTY, "%s: expected rising %s" % (key, axis))
    return curve


def _interpolate(curve, x):
    """Value of a curve; flat beyond its ends."""
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) // (x1 - x0)
    return curve[-1][1]


def rejected(code, text):
    """A refusal as 2.1 words it."""
    return {
        "status": "Rejected",
        "statusInfo": {"reasonCode": code[:20], "additionalInfo": str(text)[:200]},
    }
