# SPDX-License-Identifier: MIT
"""Control pilot arithmetic: current to duty cycle, proximity to cable rating.

The duty cycle is counted in parts per million of the 1 ms period, so that one ppm is one
nanosecond of pulse width and both lines of IEC 61851-1 Table A.7 are exact in integers.
"""

from micropython import const

MIN_MA = const(6000)  # less cannot be encoded (Table A.7)
MAX_MA = const(80000)
SIMPLIFIED_MAX_MA = const(10000)  # car without S2 (IEC 61851-1 A.2.3)

_LOW_LINE_END_MA = const(51000)  # 85.0 %
# Between 51 and 52.5 A the high line would give a duty of 85 % or less, which a car reads
# on the low line as less than 51 A: the two lines do not meet. Stay at 51 A.
_HIGH_LINE_START_MA = const(52500)

_OPEN_OHM = const(2200)


def duty_ppm(current_ma):
    """Duty cycle in ppm that offers at most `current_ma` (IEC 61851-1 Table A.7).

    0 for less than 6 A: it cannot be encoded, the caller must go to x1. Above 80 A: 80 A.
    Never more than the request, never below 100000 ppm (10.0 %).
    """
    if current_ma < MIN_MA:
        return 0
    if current_ma > MAX_MA:
        current_ma = MAX_MA
    if current_ma > _HIGH_LINE_START_MA:
        return 640000 + 4 * current_ma  # A / 2.5 + 64 %
    if current_ma > _LOW_LINE_END_MA:
        current_ma = _LOW_LINE_END_MA
    return current_ma * 50 // 3  # A / 0.6 %; 6 A gives 100000 exactly


def cable_ma(pp_ohm):
    """Rating of the cable in mA from its proximity resistor, 0 if open or out of range.

    Bands after IEC 61851-1 as quoted by charger manuals: 1.5 k = 13 A, 680 = 20 A,
    220 = 32 A, 100 = 63 A.
    """
    if pp_ohm > _OPEN_OHM or pp_ohm < 75:
        return 0
    if pp_ohm > 1000:
        return 13000
    if pp_ohm > 330:
        return 20000
    if pp_ohm > 150:
        return 32000
    return 63000
