# SPDX-License-Identifier: MIT
"""Builds the reserves in proportion from checked settings: presets, own curves, LFSM."""

from control.grid.curve import OFFSET, STEP, Curve, Play
from control.grid.presets import MODES, preset
from control.grid.reserve import MA, PM_OF_BASE, Reserve, W
from control.limits import LFSM
from firmware.grid_config import capacity
from firmware.grid_sections import FCR, check, knots

# Full activation that an operator asks for, where it is shorter than 30 s.
_FULL_MS = {
    "gb_dc": 1000,
    "gb_dc_low": 1000,
    "gb_dc_high": 1000,
    "gb_dm": 1000,
    "gb_dr": 10000,
    # 0.86 C after 7.5 s and 3.2 s C of energy: a car with a dead time up to 2.9 s passes.
    "fcr_d_up": 3900,
    "fcr_d_down": 3900,
}
_FULL_SLOW_MS = 30000


def reserve(index, item, site, number):
    """One Reserve of the list "fcr". number: device hash for the stagger, None for none."""
    place = "grid.fcr[%d]" % index
    values = check(place, item, FCR)
    mode = values["mode"]
    known = preset(mode)
    if known is None and mode != "custom":
        raise ValueError("%s.mode: %r: expected one of %s" % (place, mode, ", ".join(MODES)))
    if known is None:
        points, unit = _own(place, values)
        deadband_mhz, static = values["deadband_mhz"] or 0, False
    else:
        if values["curve"]:
            raise ValueError("%s.curve: only for mode custom" % place)
        if site.nominal_mhz != 50000:
            raise ValueError("%s.mode: %r is for 50 Hz" % (place, mode))
        points, deadband_mhz, static = known
        if values["deadband_mhz"] is not None:
            deadband_mhz = values["deadband_mhz"]
        points, unit = _scaled(place, points, values)
    style = OFFSET if values["deadband_style"] == "offset" else STEP
    try:
        curve = Curve(points)
    except ValueError as error:
        raise ValueError("%s.curve: %s" % (place, error))
    _signs(place, points, site.nominal_mhz)
    stagger_mhz = _stagger(curve, points, number, unit, site)
    play = Play(site.nominal_mhz, deadband_mhz, style, values["hysteresis_mhz"], stagger_mhz)
    made = Reserve(curve, play, unit, static=static)
    made.full_ms = values["full_ms"] or _FULL_MS.get(mode, _FULL_SLOW_MS)
    return made


def _own(place, values):
    points = knots(place, values["curve"])
    if values["unit"] == "pm":
        return _scaled(place, points, values)
    if values["capacity_ma"] is not None or values["capacity_w"] is not None:
        raise ValueError("%s: a capacity is only for unit pm" % place)
    return points, MA if values["unit"] == "ma" else W


def _scaled(place, points, values):
    """Per mille of the capacity into mA or W; towards zero."""
    ma, watts = capacity(place, values)
    most = ma or watts
    scaled = []
    for i, (mhz, pm) in enumerate(points):
        if not isinstance(pm, int) or not -1000 <= pm <= 1000:
            raise ValueError("%s.curve: knot %d: expected -1000 to 1000" % (place, i + 1))
        scaled.append([mhz, most * pm // 1000 if pm > 0 else -(most * -pm // 1000)])
    return scaled, MA if ma else W


def _signs(place, points, nominal_mhz):
    """A load that draws more at a low frequency would make things worse."""
    for i, (mhz, value) in enumerate(points):
        if (value > 0 and mhz < nominal_mhz) or (value < 0 and mhz > nominal_mhz):
            raise ValueError(
                "%s.curve: knot %d: %d at %d mHz: expected draw less below nominal, more above"
                % (place, i + 1, value, mhz)
            )


def _stagger(curve, points, number, unit, site):
    """Within half of what moves a car by 1 A."""
    if number is None or curve.highest == curve.lowest:
        return 0
    from control.grid.identity import stagger_mhz

    range_ma = curve.highest - curve.lowest
    if unit == W:
        range_ma = range_ma * 1000 // (230 * site.phases)
    return stagger_mhz(number, max(1, (points[-1][0] - points[0][0]) * 1000 // max(range_ma, 1)))


def lfsm(values, site):
    """Limited frequency sensitive mode: two curves in per mille of the baseline."""
    under_mhz, over_mhz = values["under_mhz"], values["over_mhz"]
    if not under_mhz < site.nominal_mhz < over_mhz:
        raise ValueError("under_mhz and over_mhz: expected one below and one above nominal")
    # Droop s: the power changes by all of it where the frequency has moved by s of nominal.
    width_mhz = site.nominal_mhz * values["droop_pm"] // 1000
    under = Curve([[under_mhz - width_mhz, -1000], [under_mhz, 0]])
    over = Curve([[over_mhz, 0], [over_mhz + width_mhz, 1000]])
    return tuple(
        Reserve(curve, Play(site.nominal_mhz), PM_OF_BASE, LFSM) for curve in (under, over)
    )
