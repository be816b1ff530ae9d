# SPDX-License-Identifier: MIT
"""Builds what watches the supply from checked settings: ride-through, island, volt-watt ..."""

from control.grid.curve import Curve
from firmware.grid_sections import SECTIONS, check, knots

# Low-voltage ride-through of a small generator in EN 50549-1, as remembered: half a second at
# half voltage, three seconds at 85 %. A load may follow the same line.
_RIDE_THROUGH = [[0, 150], [500, 600], [849, 3000], [850, 3000]]
# Full current down to 95 %, 40 % of it at 90 %, nothing at 85 %.
_VOLT_WATT = [[850, 0], [900, 400], [950, 1000]]


def _curve(place, values, default):
    try:
        return Curve(knots(place, values["curve"]) or default)
    except ValueError as error:
        if str(error).startswith(place):
            raise
        raise ValueError("%s.curve: %s" % (place, error))


def _made(place, make, *values):
    try:
        return make(*values)
    except ValueError as error:
        raise ValueError("%s: %s" % (place, error))


def fill(watch, config, site, number):
    """Put the configured watchers into `watch` (control.grid.watch.Watch). ValueError."""
    if "ride_through" in config:
        _ride_through(watch, config)
    if "volt_watt" in config:
        _volt_watt(watch, config, site)
    if "random_delay" in config:
        from control.grid.random_delay import RandomDelay

        values = check("grid.random_delay", config["random_delay"], SECTIONS["random_delay"])
        watch.random = RandomDelay(values["max_s"], number)
    if "island" in config:
        from control.grid.island import Island

        values = check("grid.island", config["island"], SECTIONS["island"])
        watch.island = _made(
            "grid.island", Island, values["low_mhz"], values["high_mhz"],
            values["low_pm"], values["high_pm"], values["rocof_mhz_s"], values["time_ms"],
        )  # fmt: skip
    if "enter_service" in config or "island" in config or "ride_through" in config:
        _enter_service(watch, config, number)


def _ride_through(watch, config):
    from control.grid.ridethrough import RideThrough

    values = check("grid.ride_through", config["ride_through"], SECTIONS["ride_through"])
    curve = _curve("grid.ride_through", values, _RIDE_THROUGH)
    watch.ride_through = _made("grid.ride_through", RideThrough, curve, values["ramp_ma_s"])
    watch.dip_pm = values["curve"][-1][0] if values["curve"] else _RIDE_THROUGH[-1][0]


def _volt_watt(watch, config, site):
    from control.grid.voltwatt import VoltWatt

    values = check("grid.volt_watt", config["volt_watt"], SECTIONS["volt_watt"])
    curve = _curve("grid.volt_watt", values, _VOLT_WATT)
    watch.volt_watt = _made(
        "grid.volt_watt", VoltWatt, curve, site.rated_ma, values["fall_ma_s"], values["rise_ma_s"]
    )


def _enter_service(watch, config, number):
    from control.grid.enter_service import EnterService

    section = config.get("enter_service", {})
    values = check("grid.enter_service", section, SECTIONS["enter_service"])
    ranges = values["low_mhz"], values["high_mhz"], values["low_pm"], values["high_pm"]
    watch.enter = _made(
        "grid.enter_service", EnterService, ranges, values["delay_s"], values["random_s"],
        values["ramp_ma_min"], number,
    )  # fmt: skip
    if values["at_boot"]:
        watch.enter.leave()
