# SPDX-License-Identifier: MIT
"""Fast frequency reserves of the system operators, as parameters of one latch.

Nordic levels and times, support and readiness: Fingrid and Svenska kraftnat, read. Buffer 10 s
and recovery 25 % are from memory. Ireland (DS3): full by 2 s, hold to 10 s, read; the level is
from memory. ERCOT: 0.25 s and 15 min, read; 59.85 Hz from memory. Australia (R1, L1): 1 s and
the edges of the normal band, from memory.
"""

from micropython import const

_MINUTE_MS = const(60000)


def option(name):
    """Parameters of an option: a new dict, or None when there is no such option."""
    found = {
        "full_ms": 1000,
        "support_ms": 30000,
        "deactivate_pm_s": 200,
        "buffer_ms": 10000,
        "recovery_pm": 250,
        "ready_ms": 15 * _MINUTE_MS,
        "confirm": 3,
        "over": False,
        "nominal_mhz": 50000,
    }
    if name == "nordic_a":
        found.update({"level_mhz": 49500, "full_ms": 700})
    elif name == "nordic_b":
        found.update({"level_mhz": 49600, "full_ms": 1000})
    elif name == "nordic_c":
        found.update({"level_mhz": 49700, "full_ms": 1300})
    elif name == "ireland":
        found.update({"level_mhz": 49800, "full_ms": 2000, "support_ms": 10000})
    elif name == "ireland_over":
        found.update({"level_mhz": 50200, "full_ms": 2000, "support_ms": 10000, "over": True})
    elif name == "ercot":
        found.update({"level_mhz": 59850, "full_ms": 250, "nominal_mhz": 60000})
        found.update({"support_ms": 15 * _MINUTE_MS, "ready_ms": 30 * _MINUTE_MS})
    elif name == "australia_r1":
        found.update({"level_mhz": 49850, "full_ms": 1000, "support_ms": 6000})
    elif name == "australia_l1":
        found.update({"level_mhz": 50150, "full_ms": 1000, "support_ms": 6000, "over": True})
    elif name == "custom":
        found.update({"level_mhz": 49700})
    else:
        return None
    return found


OPTIONS = (
    "nordic_a",
    "nordic_b",
    "nordic_c",
    "ireland",
    "ireland_over",
    "ercot",
    "australia_r1",
    "australia_l1",
    "custom",
)
