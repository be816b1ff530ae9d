# SPDX-License-Identifier: MIT
"""The four wide codes of the RP2040's converter, straightened.

Erratum RP2040-E11: the bins of the codes 512, 1536, 2560 and 3584 are about nine times as wide
as the others, so that everything above each of them reads about eight steps too low (7 mV at
the pin, 52 mV at a pilot behind a divider by 8). `straight` gives each code the middle of its
true bin. The width differs a little from chip to chip (publicly measured: 8 to 10).

The other half of the cure is to keep thresholds away from these codes. With 1650 mV + cp / 8
they are -9.9, -3.3, 3.3 and 9.9 V of the pilot; the thresholds of control are 10.5, 7.5, 4.5
and 1.5 V with a hysteresis of 0.25 V, and -10 V for the diode.

    straight(2047)      # code 0 .. 4095 -> straight code 0 .. 4095
"""

from micropython import const

WIDE = const(9)  # ordinary bins in a wide one
_EXTRA = const(8)  # WIDE - 1
_ALL = const(4128)  # 4096 + 4 * _EXTRA


def straight(code):
    """Code 0 to 4095 as an ideal converter would have read it; the ends stay where they are."""
    doubled = 2 * code  # in half bins, so that the middle of a wide bin is a whole number
    if code >= 512:
        doubled += _EXTRA
        if code > 512:
            doubled += _EXTRA
            # Wide bins lie 1024 apart: two halves for each that was passed, one for being in it.
            further = (code - 512) >> 10
            doubled += 2 * _EXTRA * further
            if further and not (code - 512) & 1023:
                doubled -= _EXTRA
    return (doubled * 2048 + _ALL // 2) // _ALL
