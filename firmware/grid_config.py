# SPDX-License-Identifier: MIT
"""The "grid" object of the settings: checked as a whole, then built (control.grid.stack.Grid).

Nothing takes effect before everything is right: `build` either returns a complete Grid or raises
ValueError with one line that names the place ("grid.ffr.level_mhz: 10: expected ..."). Services
that are not configured are not imported.
"""

from control.grid.stack import Grid
from firmware import boards
from firmware.grid_sections import SECTIONS, check

_MIN_MA = 6000
_MOST_CURVES = 4


class Site:
    """What the sections need to know of the charger. limit_ma: the most it may ever offer."""

    def __init__(self, settings):
        self.nominal_mhz = settings.nominal_mhz
        self.rated_ma = settings.max_current_ma
        self.device_id = settings.device_id
        self.phases = settings.phases


def problem(config, settings):
    """What is wrong with a "grid" object, as one line, or None."""
    try:
        build(config, settings)
    except ValueError as error:
        return str(error)
    return None


def build(config, settings):
    """A Grid of the object, or None when it configures nothing. Raises ValueError."""
    if not isinstance(config, dict):
        raise ValueError("grid: expected an object")
    if not config:
        return None
    site = Site(settings)
    top = _top(config, site)
    baseline_ma = top["baseline_ma"]
    number = 0
    if top["fleet"] or "enter_service" in config or "random_delay" in config or "island" in config:
        from control.grid.identity import device_hash

        number = device_hash(site.device_id)
    curves = _curves(config, site, number if top["fleet"] else None)
    lfsm = _lfsm(config["lfsm"], site) if "lfsm" in config else ()
    grid = Grid(baseline_ma, curves, top["pause"], lfsm)
    if "inertia" in config:
        _inertia(grid, config["inertia"])
    if "ffr" in config:
        if boards.mains_timing(settings) == "soft":
            raise ValueError("grid.ffr: refused with mains_timing soft (50 us of jitter)")
        _ffr(grid, config["ffr"], site, number if top["fleet"] else None)
    if "frr" in config:
        _frr(grid, config["frr"])
    _arming(grid, config)
    _watch(grid, config, site, number)
    _room(grid, site)
    values = check("grid.frequency", config.get("frequency", {}), SECTIONS["frequency"])
    values.update(check("grid.log", config.get("log", {}), SECTIONS["log"]))
    grid.values = values
    return grid


_PLAIN = ("baseline_ma", "fleet", "pause")


def _top(config, site):
    """The keys that are no section, checked; and that there is no unknown section."""
    plain = {}
    for key in config:
        if key not in SECTIONS:
            raise ValueError(
                "grid.%s: unknown service: expected one of %s" % (key, ", ".join(sorted(SECTIONS)))
            )
        if key in _PLAIN:
            plain[key] = config[key]
    top = check("grid", plain, {key: SECTIONS[key] for key in _PLAIN})
    baseline_ma = top["baseline_ma"]
    if baseline_ma and not _MIN_MA <= baseline_ma <= site.rated_ma:
        raise ValueError(
            "grid.baseline_ma: %d: expected 0, or 6000 to max_current_ma (%d)"
            % (baseline_ma, site.rated_ma)
        )
    return top


def _built(name, make, *values):
    """Call a constructor; put the section's name in front of what it objects to."""
    try:
        return make(*values)
    except ValueError as error:
        raise ValueError("grid.%s: %s" % (name, error))


def _curves(config, site, number):
    listed = config.get("fcr", ())
    if not listed:
        return ()
    if not isinstance(listed, (list, tuple)):
        raise ValueError("grid.fcr: expected a list of curves")
    if len(listed) > _MOST_CURVES:
        raise ValueError("grid.fcr: %d curves: expected at most %d" % (len(listed), _MOST_CURVES))
    from firmware.grid_curves import reserve

    return tuple(reserve(i, item, site, number) for i, item in enumerate(listed))


def _lfsm(section, site):
    from firmware.grid_curves import lfsm

    values = check("grid.lfsm", section, SECTIONS["lfsm"])
    return _built("lfsm", lfsm, values, site)


def _inertia(grid, section):
    from control.grid.inertia import Inertia

    values = check("grid.inertia", section, SECTIONS["inertia"])
    grid.inertia = _built("inertia", Inertia, values["gain_ma"], values["most_ma"])


def _ffr(grid, section, site, number):
    from control.grid.ffr import Ffr
    from control.grid.ffr_options import OPTIONS, option

    values = check("grid.ffr", section, SECTIONS["ffr"])
    chosen = option(values["option"])
    if chosen is None:
        raise ValueError(
            "grid.ffr.option: %r: expected one of %s" % (values["option"], ", ".join(OPTIONS))
        )
    for key, factor in (
        ("level_mhz", 1), ("full_ms", 1), ("support_s", 1000), ("deactivate_pm_s", 1),
        ("buffer_s", 1000), ("recovery_pm", 1), ("ready_s", 1000), ("confirm", 1),
    ):  # fmt: skip
        if values[key] is not None:
            chosen[key[:-2] + "_ms" if factor == 1000 else key] = values[key] * factor
    if values["over"] is not None:
        chosen["over"] = values["over"]
    if values["option"] != "custom" and chosen["nominal_mhz"] != site.nominal_mhz:
        raise ValueError(
            "grid.ffr.option: %r is for %d mHz, nominal_mhz is %d"
            % (values["option"], chosen["nominal_mhz"], site.nominal_mhz)
        )
    _level(chosen, site)
    if number is not None and not chosen["over"]:
        from control.grid.identity import spread

        # Never later than the time limit allows: at 0.24 Hz/s, 10 mHz are 40 ms.
        chosen["level_mhz"] -= spread(number, 1, 10)
    grid.ffr_capacity_ma, grid.ffr_capacity_w = capacity("grid.ffr", values)
    grid.ffr = _built(
        "ffr", Ffr, chosen["level_mhz"], chosen["full_ms"], chosen["support_ms"], chosen
    )


def _level(chosen, site):
    off_mhz = chosen["level_mhz"] - site.nominal_mhz
    if chosen["over"]:
        off_mhz = -off_mhz
    if not -site.nominal_mhz // 20 <= off_mhz < -10:
        raise ValueError(
            "grid.ffr.level_mhz: %d: expected 10 mHz to 5 %% beyond nominal, %s it"
            % (chosen["level_mhz"], "above" if chosen["over"] else "below")
        )


def capacity(place, values):
    """(mA, W) of which one is 0. Raises ValueError unless exactly one was given."""
    if (values["capacity_ma"] is None) == (values["capacity_w"] is None):
        raise ValueError("%s: expected capacity_ma or capacity_w" % place)
    return values["capacity_ma"] or 0, values["capacity_w"] or 0


def _frr(grid, section):
    from control.grid.setpoint import Setpoint

    values = check("grid.frr", section, SECTIONS["frr"])
    grid.frr = _built("frr", Setpoint, values["ramp_ma_s"])


def _arming(grid, config):
    values = check("grid.arming", config.get("arming", {}), SECTIONS["arming"])
    if not values["required"] or not (grid.reserves or grid.ffr or grid.inertia):
        return
    if not values["self_test"] and not values["response_ms"]:
        raise ValueError("grid.arming.response_ms: expected more than 0 without self_test")
    from control.grid.arming import Arming

    grid.arming = Arming(
        values["steady_s"], values["self_test"], values["response_ms"], values["clamp_ma"]
    )
    for reserve in grid.reserves:
        grid.watch.wants.full_ms = min(grid.watch.wants.full_ms, reserve.full_ms)


def _watch(grid, config, site, number):
    """Ride-through, islands, return to service, random delay, volt-watt."""
    if not ("ride_through" in config or "island" in config or "enter_service" in config
            or "random_delay" in config or "volt_watt" in config):  # fmt: skip
        return
    from firmware.grid_supply import fill

    fill(grid.watch, config, site, number)


def _room(grid, site):
    """Capacity has to fit between 6 A and what the board may ever offer."""
    most_ma = grid.baseline_ma or site.rated_ma
    up_ma = down_ma = 0
    for reserve in grid.reserves:
        up_ma += reserve.up_ma(site.phases, most_ma)
        down_ma += reserve.down_ma(site.phases, most_ma)
    if grid.ffr:
        ma = grid.ffr_capacity_ma or grid.ffr_capacity_w * 1000 // (230 * site.phases)
        if grid.ffr.over:
            down_ma += ma
        else:
            up_ma += ma
    floor_ma = 0 if grid.pause_allowed else _MIN_MA
    if up_ma > most_ma - floor_ma:
        raise ValueError(
            "grid: reserves of %d mA to take off: the baseline of %d mA has room for %d"
            % (up_ma, most_ma, most_ma - floor_ma)
        )
    if down_ma > site.rated_ma - most_ma:
        raise ValueError(
            "grid: reserves of %d mA to add: max_current_ma %d above the baseline of %d has room"
            " for %d" % (down_ma, site.rated_ma, most_ma, site.rated_ma - most_ma)
        )
