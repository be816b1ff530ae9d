# SPDX-License-Identifier: MIT
"""The simulated world the firmware runs in: fake chip, car, mains, meter, virtual time."""
