# SPDX-License-Identifier: MIT
"""The control pilot as a circuit: source, 1 k resistor, switch, cable, diode and car resistor.

Gives the two plateau voltages the charger's peak-hold circuits see and what arrives at the
car. Values: source +-12 V behind R1 = 1 k; the car's diode drops about 0.7 V.
"""

X1, PWM, F, DEAD = 0, 1, 2, 3  # static +12 V, square wave, static -12 V, undriven (0 V)
MODE_NAMES = ("x1", "pwm", "f", "off")
HIGH_MV = 12000
LOW_MV = -12000
R1_OHM = 1000
DIODE_MV = 700


class PilotCircuit:
    """Held voltages `high_mv`, `low_mv` follow the two levels like peak-hold circuits do."""

    def __init__(self):
        self.mode = DEAD
        self.duty_ppm = 0
        self.connected = 1  # CP switch between source and cable
        self.car_ohm = 0  # 0 = nothing plugged in
        self.diode_good = True
        self.short_diode = False  # CP to PE behind the car's diode
        self.short_hard = False  # CP to PE directly
        self.rail_ok = True  # the +12 V supply of the driver
        self.high_mv = 0
        self.low_mv = 0
        self._high_plateau = 0
        self._low_plateau = 0

    def plateaus(self):
        """(highest, lowest) level of a period in mV at the sense point, once all has settled.

        A static pilot has one level only: both are the same.
        """
        mode = self.mode
        if mode == DEAD or (self.short_hard and self.connected):
            return 0, 0
        high = self._loaded(HIGH_MV if self.rail_ok else 0)
        if mode == X1:
            return high, high
        low = self._loaded(LOW_MV)
        if mode == F:
            return low, low
        return high, low

    def _loaded(self, mv):
        """What the car at the cable makes of a source level."""
        if not self.connected:
            return mv
        if self.short_diode:
            return DIODE_MV if mv > DIODE_MV else mv
        ohm = self.car_ohm
        if not ohm:
            return mv
        if not self.diode_good:
            loaded = abs(mv) * ohm // (R1_OHM + ohm)
            return loaded if mv > 0 else -loaded
        if mv > DIODE_MV:
            return DIODE_MV + (mv - DIODE_MV) * ohm // (R1_OHM + ohm)
        return mv

    def changed(self):
        """Call after any of the fields above was written: peaks rise at once."""
        high, low = self.plateaus()
        self._high_plateau = high
        self._low_plateau = low
        if high > self.high_mv:
            self.high_mv = high
        if low < self.low_mv:
            self.low_mv = low

    def decay(self):
        """10 ms of the hold capacitors bleeding (5 ms time constant: 1/8 of the rest stays)."""
        high = self.high_mv
        if high != self._high_plateau:
            self.high_mv = self._high_plateau + ((high - self._high_plateau) >> 3)
        low = self.low_mv
        if low != self._low_plateau:
            self.low_mv = self._low_plateau - ((self._low_plateau - low) >> 3)

    def car_mode(self):
        """What arrives at the car: X1, PWM, F or DEAD (0 V: unplugged, shorted or no supply)."""
        if not self.connected or self.short_diode or self.short_hard:
            return DEAD
        if not self.rail_ok and self.mode <= PWM:
            return DEAD
        return self.mode
