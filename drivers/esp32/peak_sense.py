# SPDX-License-Identifier: MIT
"""Control pilot input on an ESP32 with peak detectors in hardware: the most robust choice there.

Like drivers.pilot_sense, but with the calibrated microvolts of the ESP32's converter, which bends
above 2450 mV (11 dB): choose the divider so that +12 V stays below. Converter 1 only (pins 32 to
39): converter 2 does not work beside Wi-Fi. Espressif's "ADC" chapter, ESP-IDF 5.

    sense = PeakSense(36, 39, offset_mv=1300, ratio=11)
    sense.high_mv(), sense.low_mv()
"""

from machine import ADC, Pin


class PeakSense:
    """pin_mv = offset_mv + cp_mv / ratio."""

    stale = 0

    def __init__(self, high_pin, low_pin, offset_mv, ratio):
        self._high = ADC(Pin(high_pin), atten=ADC.ATTN_11DB)
        self._low = ADC(Pin(low_pin), atten=ADC.ATTN_11DB)
        self._offset_uv = offset_mv * 1000
        self._ratio = ratio

    def high_mv(self):
        """High plateau of the pilot in mV, -12000 to 12000."""
        return (self._high.read_uv() - self._offset_uv) * self._ratio // 1000

    def low_mv(self):
        """Low plateau of the pilot in mV; equals the high one while the pilot is static."""
        return (self._low.read_uv() - self._offset_uv) * self._ratio // 1000


class MicrovoltInput:
    """An input of the ESP32 that answers `read_u16` in parts of a 3.3 V reference."""

    def __init__(self, pin, full_mv=3300):
        self._adc = ADC(Pin(pin), atten=ADC.ATTN_11DB)
        self._full_mv = full_mv

    def read_u16(self):
        """0 to 65535 for 0 to full_mv, calibrated."""
        return min(65535, self._adc.read_uv() // 100 * 6553 // self._full_mv)
