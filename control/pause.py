# SPDX-License-Identifier: MIT
"""0 A that a car survives: a confirm charge after plug-in, and mini-charges that keep it awake.

Many cars that were never charged after plug-in, or that pause for long, fall asleep and do not
come back (field reports on Zoe, Smart, Spring, 500e). Where the owner allows it (settings
confirm_charge_s, keep_awake_s, or the car's policy), a pause is interrupted by a charge at 6 A.
It is a real charge, with all guards, and counts as one: it lifts only the soft limits (user,
ocpp), never a hard one.
"""

from micropython import const

IDLE = const(0)  # no pause
PAUSED = const(1)
CONFIRMING = const(2)  # first charge after plug-in
KEEPING_AWAKE = const(3)  # mini-charge
NAMES = ("idle", "paused", "confirming", "keeping_awake")

KEEP_AWAKE_CHARGE_MS = const(60000)
# The car has this long beyond the charge itself to begin; then the pause goes on without.
_PATIENCE_MS = const(120000)
_MOST = const(48)  # mini-charges per session: two contactor operations each


class Pause:
    """`lift` is True while the soft limits shall give way to 6 A.

    confirm_ms, keep_awake_ms: 0 switches the one or the other off.
    """

    def __init__(self, confirm_ms=0, keep_awake_ms=0):
        self.state = IDLE
        self.lift = False
        self.confirm_ms = confirm_ms
        self.keep_awake_ms = keep_awake_ms
        self.count = 0
        self._confirmed = False
        self._state_ms = 0
        self._flow_ms = 0

    def new_session(self):
        """The car has left."""
        self.count = 0
        self._confirmed = False
        self._go(IDLE)

    def step(self, dt_ms, held, closed):
        """Now and then, dt_ms long. held: only soft limits keep a willing charger at 0 A.

        closed: the contactor is. Both as the charger sees them.
        """
        state = self.state
        if closed:
            self._confirmed = True
        if not held:
            if state:
                self._go(IDLE)
            return
        if state == IDLE:
            self._go(CONFIRMING if self.confirm_ms and not self._confirmed else PAUSED)
            return
        if self._state_ms < 0x3FFFFFFF - dt_ms:
            self._state_ms += dt_ms
        if state == PAUSED:
            if self.keep_awake_ms and self._state_ms >= self.keep_awake_ms and self.count < _MOST:
                self.count += 1
                self._go(KEEPING_AWAKE)
            return
        if closed:
            self._flow_ms += dt_ms
        most_ms = self.confirm_ms if state == CONFIRMING else KEEP_AWAKE_CHARGE_MS
        if self._flow_ms >= most_ms or self._state_ms >= most_ms + _PATIENCE_MS:
            self._confirmed = True  # or tried in vain: not again
            self._go(PAUSED)

    def _go(self, state):
        self.state = state
        self.lift = state >= CONFIRMING
        self._state_ms = 0
        self._flow_ms = 0
