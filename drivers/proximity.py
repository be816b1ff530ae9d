# SPDX-License-Identifier: MIT
"""Proximity pilot of a socket: the cable's resistor against a 1 kohm pull-up.

proximity = Proximity(28, pull_up_ohm=1000)
ohm = proximity.ohm()
"""

from machine import ADC, Pin

OPEN_OHM = 1 << 20


class Proximity:
    """Measures against the same reference that feeds the pull-up, so its error cancels.

    adc: whatever has `read_u16`, where the converter is not machine.ADC's to use.
    """

    def __init__(self, pin, pull_up_ohm, adc=None):
        self._adc = adc or ADC(Pin(pin))
        self._pull_up_ohm = pull_up_ohm

    def ohm(self):
        """Resistance of the plug's PP resistor in ohm; OPEN_OHM for no cable."""
        code = self._adc.read_u16()
        if code > 64000:
            return OPEN_OHM
        return self._pull_up_ohm * code // (65535 - code)
