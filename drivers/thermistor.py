# SPDX-License-Identifier: MIT
"""A thermistor (10 kohm at 25 degrees, B 3950) against a fixed resistor to the ADC's reference.

Table after R = R25 * exp(B * (1/T - 1/298.15)), straight between its points: 0 to 1.2 degrees too
warm from 0 to 120. Same interface as drivers.tmp1075. A broken wire or a short only ages the
reading, which derates the charger like a sensor that is silent.

    warm = Thermistor(ADC(Pin(27)), pull_up_ohm=10000)
    warm.poll(now_ms)       # each 100 ms
    warm.dc, warm.age_ms(now_ms)
"""

_NEVER_MS = 1 << 28
# Ohm at 0, 10, ... 120 degrees.
_OHM = (33621, 20175, 12535, 8037, 5301, 3588, 2486, 1760, 1270, 934, 698, 529, 407)
_STEP_DC = 100


class Thermistor:
    """dc: tenths of a degree Celsius."""

    def __init__(self, adc, pull_up_ohm=10000):
        self._adc = adc
        self._pull_up_ohm = pull_up_ohm
        self._read_ms = -1
        self.dc = 0

    def poll(self, now_ms):
        """Read once; outside of 0 to 120 degrees nothing is believed."""
        code = self._adc.read_u16()
        if code > 65000:
            return
        ohm = self._pull_up_ohm * code // (65535 - code)
        if not _OHM[-1] <= ohm <= _OHM[0]:
            return
        at = 1
        while ohm < _OHM[at]:
            at += 1
        span = _OHM[at - 1] - _OHM[at]
        self.dc = _STEP_DC * (at - 1) + _STEP_DC * (_OHM[at - 1] - ohm) // span
        self._read_ms = now_ms

    def age_ms(self, now_ms):
        """Milliseconds since the last good reading; 2**28 for never."""
        if self._read_ms < 0:
            return _NEVER_MS
        return (now_ms - self._read_ms) & 0x3FFFFFFF
