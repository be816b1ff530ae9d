# SPDX-License-Identifier: MIT
"""What a charger is fitted with: everything that depends on board and settings, by name."""

from control import policy


class Fitted:
    """The defaults are those of a three-phase socket without options.

    cable_fixed_ma, thermal, supply: see control/sources.py. cp_switch: the pilot can be opened.
    grid: a control.grid.stack.Grid or None. row: of control.policy. pause: a Pause or None.
    rcd_test: the monitor has a test input. together: L2/L3 have a contactor that closes with the
    main one ("2+2" wiring) instead of a relay. Raises TypeError for any other name.
    """

    def __init__(self, options):
        self.cable_fixed_ma = 0
        self.cp_switch = True
        self.ventilation = False
        self.wake = True
        self.grid = None
        self.nominal_mhz = 50000
        self.row = policy.ROWS[0]
        self.pause = None
        self.rcd_test = False
        self.thermal = None
        self.supply = None
        self.together = False
        for name, value in options.items():
            if not hasattr(self, name):
                raise TypeError("charger option %r: unknown" % name)
            setattr(self, name, value)
