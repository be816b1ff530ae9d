# SPDX-License-Identifier: MIT
"""The one chip of the process: which clock it lives on and which board it sits on.

A module of its own, so that `machine` and `time` find both under whatever name they were loaded.
"""

from tools.bench.sim.events import Clock

PWRON_RESET = 1
WDT_RESET = 3  # the RP2 port reports machine.reset() like this, too

clock = Clock()  # tools.bench.sim.events.Clock, a new one for each run
board = None  # tools.bench.sim.board.Board


class Reset(BaseException):
    """The chip restarts; raised out of whatever the firmware was doing."""
