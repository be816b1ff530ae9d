# SPDX-License-Identifier: MIT
"""Time in control: millisecond ticks that wrap at 2**30, as on the microcontrollers.

A port's ticks_ms() wraps after 12.4 days. A difference taken modulo 2**30 is right across
the wrap, and stays a small integer on a 32-bit board, so it costs no allocation.
"""

from micropython import const

TICKS_MASK = const(0x3FFFFFFF)


def elapsed_ms(now_ms, then_ms):
    """Milliseconds from `then_ms` to `now_ms`, 0 to 2**30 - 1, right across the wrap."""
    return (now_ms - then_ms) & 0x3FFFFFFF
