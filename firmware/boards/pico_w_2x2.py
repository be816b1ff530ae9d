# SPDX-License-Identifier: MIT
"""The reference board with two two-pole contactors: L1/N on the main coil, L2/L3 on the other.

Pins as on pico_w. Both coils must fall off by themselves on residual current, through a device
that breaks all poles: two contactors side by side are not one breaking element (IEC 62955).
"""

from firmware.boards.pico_w import *  # noqa: F403

PHASE_WIRING = "2+2"
