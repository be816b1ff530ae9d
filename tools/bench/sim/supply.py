# SPDX-License-Identifier: MIT
"""Does the board have power? A switch, and the mains with a hold-up and a start time."""

LOST_PM, LOST_MS = 400, 200  # per mille of 230 V on L1
BACK_PM, BACK_MS = 700, 1000


class PowerCut(BaseException):
    """The board has lost its supply in the middle of whatever the firmware was doing."""


class Supply:
    """`on` is what the board gets; from_mains False stands for a backup battery."""

    def __init__(self, world, from_mains):
        self.world = world
        self.from_mains = from_mains
        self.on = True
        self.switch = True
        self._ms = 0

    def turn(self, on):
        """The supply switch of the board."""
        self.switch = on
        self._become(on and (not self.from_mains or self.world.mains.v_pm[0] > BACK_PM))

    def check(self, dt_ms):
        """Follow the mains; `dt_ms` since the last check."""
        if not self.from_mains or not self.switch:
            return
        v = self.world.mains.v_pm[0]
        if self.on:
            if v < LOST_PM:
                self._ms += dt_ms
                if self._ms >= LOST_MS:
                    self._become(False)
            else:
                self._ms = 0
        elif v > BACK_PM:
            self._ms += dt_ms
            if self._ms >= BACK_MS:
                self._become(True)
        else:
            self._ms = 0

    def _become(self, on):
        if on == self.on:
            return
        world = self.world
        self.on = on
        self._ms = 0
        world.recorder.edge("power", 1 if on else 0)
        world.board.cause = 1
        if on:
            world.clock.pause = True  # somebody has to boot now
        else:
            world.stalled = False
            world.board.off()
            world.clock.halt = PowerCut()
