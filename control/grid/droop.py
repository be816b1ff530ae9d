# SPDX-License-Identifier: MIT
"""The simplest reserve: one straight line around nominal, from the fcr_* settings.

    shift = -capacity * clip((nominal - f) / full, -1, 1)
with an optional deadband of the step kind (inside it nothing, outside it the line itself).
"""

from control.grid.curve import Curve, Play
from control.grid.reserve import Reserve


def droop(capacity_ma=4000, full_mhz=200, deadband_mhz=10, nominal_mhz=50000):
    """A Reserve. Raises ValueError when a value makes no curve."""
    if not 0 <= capacity_ma <= 80000:
        raise ValueError("fcr_capacity_ma %r: expected 0 to 80000" % capacity_ma)
    if not 1 <= full_mhz <= 5000:
        raise ValueError("fcr_full_mhz %r: expected 1 to 5000" % full_mhz)
    if not 0 <= deadband_mhz < full_mhz:
        raise ValueError("fcr_deadband_mhz %r: expected 0 to below full" % deadband_mhz)
    curve = Curve(
        [
            [nominal_mhz - full_mhz, -capacity_ma],
            [nominal_mhz, 0],
            [nominal_mhz + full_mhz, capacity_ma],
        ]
    )
    return Reserve(curve, Play(nominal_mhz, deadband_mhz))
