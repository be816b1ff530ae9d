# SPDX-License-Identifier: MIT
"""How long to wait before the next connection: longer and longer, never for ever, and not in step
with the other chargers that have lost the same server.
"""

_MAX_BACK_OFF_S = 64


def back_off_ms(identity, failures):
    """1 s doubling to 64 s, and up to half as much again, different for every identity.

    Not random: chargers that lose their server together spread out, and a run can be repeated.
    """
    spread = failures
    for byte in identity.encode():
        spread = (spread * 31 + byte) & 0xFFFF
    base_ms = min(_MAX_BACK_OFF_S, 1 << min(failures, 6)) * 1000
    return base_ms + base_ms * (spread % 512) // 1024
