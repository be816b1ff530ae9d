# SPDX-License-Identifier: MIT
"""What an operator's law asks for at a frequency: written from the fact tables, in floats.

Deliberately not the firmware's code: the report compares the two. An activation is a share of
the capacity, positive for support (a load draws less), negative for drawing more.
"""


def clip(value, low, high):
    """`value`, not below `low` and not above `high`."""
    return max(low, min(high, value))


def fcr_n(hz):
    """Nordic FCR-N: 49.9 to 50.1 Hz, symmetric, no deadband."""
    return clip((50.0 - hz) / 0.1, -1, 1)


def fcr_d_up(hz):
    """Nordic FCR-D upwards: 49.9 to 49.5 Hz."""
    return clip((49.9 - hz) / 0.4, 0, 1)


def fcr_d_down(hz):
    """Nordic FCR-D downwards: 50.1 to 50.5 Hz; a load draws more."""
    return -clip((hz - 50.1) / 0.4, 0, 1)


def ce_fcr(hz):
    """Continental FCR: full at +-200 mHz, nothing within +-10 mHz (step at the edge)."""
    off = 50.0 - hz
    return 0.0 if abs(off) <= 0.01 + 1e-9 else clip(off / 0.2, -1, 1)


def knots(points, hz):
    """Straight lines between [off_hz, share] knots, the last value held, mirrored by sign."""
    off = 50.0 - hz
    size = abs(off)
    before = points[0]
    if size <= before[0]:
        return 0.0
    for after in points[1:]:
        if size <= after[0]:
            part = (size - before[0]) / (after[0] - before[0])
            share = before[1] + part * (after[1] - before[1])
            return share if off > 0 else -share
        before = after
    return before[1] if off > 0 else -before[1]


def gb_dc(hz):
    """GB Dynamic Containment: 0.015 Hz 0 %, 0.2 Hz 5 %, 0.5 Hz 100 %."""
    return knots(((0.015, 0.0), (0.2, 0.05), (0.5, 1.0)), hz)


def gb_dm(hz):
    """GB Dynamic Moderation: 0.015 Hz 0 %, 0.1 Hz 5 %, 0.2 Hz 100 %."""
    return knots(((0.015, 0.0), (0.1, 0.05), (0.2, 1.0)), hz)


def gb_dr(hz):
    """GB Dynamic Regulation: 0.015 Hz 0 %, 0.2 Hz 100 %."""
    return knots(((0.015, 0.0), (0.2, 1.0)), hz)
