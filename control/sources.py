# SPDX-License-Identifier: MIT
"""Limits that control itself measures: cable, simplified pilot, meter, temperature, voltage."""

from micropython import const

from control import limits, pilot, protection

# What may still flow when the charger is blind: the least a pilot can say.
METER_FLOOR_MA = const(6000)
_GONE_MS = const(300)


class Sources:
    """Writes slots of `limits` (Limits). thermal and supply: None where nothing is measured.

    cable_fixed_ma: rating of a tethered cable, 0 when the socket's proximity pin is read.
    """

    def __init__(self, listed, cable_fixed_ma=0, thermal=None, supply=None):
        self._limits = listed
        self._cable_fixed_ma = cable_fixed_ma
        self._gone_ms = 0
        self.thermal = thermal
        self.supply = supply
        if cable_fixed_ma:
            listed.offer(limits.CABLE, cable_fixed_ma, 0)

    def cable(self, now_ms, readings, plugged, cp_connect):
        """The cable's resistor; while the CP is open it is left as it was."""
        if self._cable_fixed_ma or not cp_connect:
            return
        self._set(now_ms, limits.CABLE, pilot.cable_ma(readings.pp_ohm), plugged)

    def cable_gone(self, dt_ms, readings, cp_connect):
        """True when a socket has lost its cable: the only sign of it while the CP is open."""
        if cp_connect or self._cable_fixed_ma or pilot.cable_ma(readings.pp_ohm):
            self._gone_ms = 0
            return False
        self._gone_ms += dt_ms
        return self._gone_ms >= _GONE_MS

    def car(self, now_ms, simplified, meter_ok):
        """A car without S2, and a meter that does not answer."""
        self._set(now_ms, limits.SIMPLIFIED, pilot.SIMPLIFIED_MAX_MA, simplified)
        self._set(now_ms, limits.METER, METER_FLOOR_MA, not meter_ok)

    def board(self, dt_ms, now_ms, readings, meter_ok, phases):
        """Temperature, voltage, own pilot; returns a fault of control.protection, or NONE."""
        found = protection.NONE if readings.pilot_ok else protection.PILOT
        thermal = self.thermal
        if thermal:
            thermal.step(readings.temperature_dc, readings.temperature_age_ms)
            self._set(now_ms, limits.TEMPERATURE, thermal.limit_ma, True)
            if thermal.severe:
                found = protection.TEMPERATURE
        supply = self.supply
        if supply and meter_ok:
            supply.step(dt_ms, readings, phases)
            self._set(now_ms, limits.SUPPLY, 0, supply.held)
            if supply.severe:
                found = protection.OVERVOLTAGE
        return found

    def _set(self, now_ms, source, current_ma, on):
        if not on:
            current_ma = limits.NO_LIMIT
        if current_ma != self._limits.of(source):
            self._limits.offer(source, current_ma, now_ms)
