# SPDX-License-Identifier: MIT
"""Modbus energy meters as tables: which registers hold what. A new meter is a new table.

A table is a tuple of blocks, the first one with voltages and currents; it is asked each second
time. A block is (function, first register, number of registers, values), a value (name, register
within the block, kind, multiplier, divisor).

    FLOAT     IEEE 754 single, high word first, taken times 1000
    S32       32 bits, high word first        S32_LOW_FIRST   32 bits, low word first
    U16, S16  one register

Sources: SDM630 "SDM630 Modbus Protocol" and SDM120 "SDM120-Modbus" by Eastron (input registers);
EM340 "EM330/EM340 Communication protocol" by Carlo Gavazzi. SDM120 and EM340 were written down
from memory and public code, not from the documents: compare a reading with the display first.
"""

from micropython import const

FLOAT = const(0)
S32 = const(1)
S32_LOW_FIRST = const(2)
U16 = const(3)
S16 = const(4)

_SDM630 = (
    (
        4,
        0,
        12,
        (
            ("l1_mv", 0, FLOAT, 1, 1),
            ("l2_mv", 2, FLOAT, 1, 1),
            ("l3_mv", 4, FLOAT, 1, 1),
            ("l1_ma", 6, FLOAT, 1, 1),
            ("l2_ma", 8, FLOAT, 1, 1),
            ("l3_ma", 10, FLOAT, 1, 1),
        ),
    ),
    (4, 52, 2, (("power_w", 0, FLOAT, 1, 1000),)),
    (4, 72, 2, (("energy_wh", 0, FLOAT, 1, 1),)),
)

# One phase; power is at 12, the sum of imports at 72 as in the larger one.
_SDM120 = (
    (
        4,
        0,
        14,
        (
            ("l1_mv", 0, FLOAT, 1, 1),
            ("l1_ma", 6, FLOAT, 1, 1),
            ("power_w", 12, FLOAT, 1, 1000),
        ),
    ),
    (4, 72, 2, (("energy_wh", 0, FLOAT, 1, 1),)),
)

# Volts, watts and kilowatt hours in tenths, milliamperes; low word first.
_EM340 = (
    (
        4,
        0x0000,
        18,
        (
            ("l1_mv", 0, S32_LOW_FIRST, 100, 1),
            ("l2_mv", 2, S32_LOW_FIRST, 100, 1),
            ("l3_mv", 4, S32_LOW_FIRST, 100, 1),
            ("l1_ma", 12, S32_LOW_FIRST, 1, 1),
            ("l2_ma", 14, S32_LOW_FIRST, 1, 1),
            ("l3_ma", 16, S32_LOW_FIRST, 1, 1),
        ),
    ),
    (4, 0x0028, 2, (("power_w", 0, S32_LOW_FIRST, 1, 10),)),
    (4, 0x0034, 2, (("energy_wh", 0, S32_LOW_FIRST, 100, 1),)),
)

TABLES = {"sdm630": _SDM630, "sdm120": _SDM120, "em340": _EM340}
