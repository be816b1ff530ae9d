# SPDX-License-Identifier: MIT
"""Control pilot input on boards that hold its peaks in hardware: two ADC pins, two reads.

A peak detector keeps the highest and the lowest level of each period, so that no read has to
hit a 100 us pulse. Rising plateaus, the ones that open the contactor, show at once; falling
ones after the hold capacitor's time. Both levels come through the same divider.

    sense = PilotSense(26, 27, offset_mv=1650, ratio=8)
    high_mv, low_mv = sense.high_mv(), sense.low_mv()
"""

from machine import ADC, Pin


class PilotSense:
    """adc_mv = offset_mv + cp_mv / ratio. reference_mv: ADC full scale."""

    def __init__(self, high_pin, low_pin, offset_mv, ratio, reference_mv=3300):
        self._high = ADC(Pin(high_pin))
        self._low = ADC(Pin(low_pin))
        self._offset_mv = offset_mv
        self._ratio = ratio
        self._reference_mv = reference_mv

    def _cp_mv(self, code):
        # Scaled by the ratio first: an ADC step is worth 6 mV at the pilot, not 8. Twelve bits are
        # all there is, and with sixteen the product would not stay below 2**30: a big integer,
        # for which the guard's interrupt has no memory.
        full_mv = self._reference_mv * self._ratio
        return (code >> 4) * full_mv // 4095 - self._offset_mv * self._ratio

    def high_mv(self):
        """High plateau of the pilot in mV, -12000 to 12000. Safe to call from the guard."""
        return self._cp_mv(self._high.read_u16())

    def low_mv(self):
        """Low plateau of the pilot in mV; equals the high one while the pilot is static."""
        return self._cp_mv(self._low.read_u16())
