# SPDX-License-Identifier: MIT
"""The proportional reserves of the system operators as knots: mHz to per mille of capacity.

Negative: draw less. Sources: the operators' public pages for ranges and knees (Fingrid, Svenska
kraftnat, Energinet, regelleistung.net, NESO), Regulation (EU) 2017/1485 Annex V for deadbands.
What is marked "from memory" was not checked against the operator's document.

FCR is a service at 50 Hz; on a 60 Hz grid use a curve of your own.
"""

from micropython import const

_FULL = const(1000)


def preset(mode):
    """Returns (knots, deadband_mhz, static) of a mode, or None when there is no such mode."""
    if mode == "fcr_n":  # 49.9 to 50.1 Hz, symmetric, no deadband (Fingrid, Svk: read)
        return [[49900, -_FULL], [50100, _FULL]], 0, False
    if mode == "fcr_d_up":  # 49.9 to 49.5 Hz (read)
        return [[49500, -_FULL], [49900, 0]], 0, False
    if mode == "fcr_d_down":  # 50.1 to 50.5 Hz (read)
        return [[50100, 0], [50500, _FULL]], 0, False
    if mode == "fcr_d_up_static":  # acts once, 15 min grace (read); same range as the dynamic one
        return [[49500, -_FULL], [49900, 0]], 0, True
    if mode == "fcr_d_down_static":
        return [[50100, 0], [50500, _FULL]], 0, True
    if mode == "ce":  # full at 200 mHz, at most 10 mHz of deadband, step style (Annex V: read)
        return [[49800, -_FULL], [50000, 0], [50200, _FULL]], 10, False
    return _british(mode)


def _british(mode):
    """NESO: Dynamic Containment, Moderation, Regulation. Low and high are separate products."""
    if mode == "gb_dc_low":  # 0.015 / 0.2 Hz = 5 % / 0.5 Hz (read, in code of a device)
        return [[49500, -_FULL], [49800, -50], [49985, 0]], 0, False
    if mode == "gb_dc_high":
        return [[50015, 0], [50200, 50], [50500, _FULL]], 0, False
    if mode == "gb_dc":
        return _both([[50015, 0], [50200, 50], [50500, _FULL]])
    if mode == "gb_dm":  # 0.015 / 0.1 Hz = 5 % / 0.2 Hz (from memory)
        return _both([[50015, 0], [50100, 50], [50200, _FULL]])
    if mode == "gb_dr":  # 0.015 / linear / 0.2 Hz (from memory)
        return _both([[50015, 0], [50200, _FULL]])
    return None


def _both(high):
    """The high side and its mirror image below nominal."""
    low = [[100000 - mhz, -value] for mhz, value in reversed(high)]
    return low + high, 0, False


MODES = (
    "fcr_n",
    "fcr_d_up",
    "fcr_d_down",
    "fcr_d_up_static",
    "fcr_d_down_static",
    "ce",
    "gb_dc",
    "gb_dc_low",
    "gb_dc_high",
    "gb_dm",
    "gb_dr",
    "custom",
)
