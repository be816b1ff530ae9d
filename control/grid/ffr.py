# SPDX-License-Identifier: MIT
"""Fast frequency reserve: a latch that takes off its whole capacity at once.

waiting -> (frequency beyond the level in several fast windows) -> support -> deactivation ramp
-> buffer (nothing is made up) -> recovery (at most a part of the capacity above the baseline)
-> waiting. One frequency sample never trips it: the fast window must be beyond the level again
and again, without jumps, the median of the last five periods must agree, and so must eight cycles
without the oddest of them.
"""

from micropython import const

WAITING = const(0)
SUPPORT = const(1)
DEACTIVATION = const(2)
BUFFER = const(3)
RECOVERY = const(4)
NAMES = ("waiting", "support", "deactivation", "buffer", "recovery")

# The median of 5 periods counts whole microseconds: it agrees within this and the noise.
_AGREE_MHZ = const(5)
# After an activation the frequency must be good for this long before the next one.
_BACK_MS = const(1000)
_NO_CAP = const(1000000)


class Ffr:
    """Owner of the latch. shift_ma: 0, or what is taken off (negative) or added (over).

    trips: counts activations. recover_ma: how far the baseline may rise above what it was.
    """

    def __init__(self, level_mhz, full_ms, support_ms, options):
        """options: deactivate_pm_s, buffer_ms, recovery_pm, ready_ms, confirm, over.

        Raises ValueError when the times contradict each other.
        """
        self.level_mhz = level_mhz
        self.full_ms = full_ms
        self.over = options["over"]
        self.state = WAITING
        self.latched = False  # the full capacity is held
        self.shift_ma = 0
        self.trips = 0
        self.capacity_ma = 0
        self.recover_ma = _NO_CAP
        self._support_ms = support_ms
        self._deactivate_pm_s = options["deactivate_pm_s"]
        self._buffer_ms = options["buffer_ms"]
        self._recovery_pm = options["recovery_pm"]
        self._ready_ms = options["ready_ms"]
        self._confirm = options["confirm"]
        self._ms = 0  # in this state
        self._since_ms = 0  # since the activation
        self._seen = -1
        self._beyond = 0
        self._back_ms = _BACK_MS
        if support_ms + self._buffer_ms > self._ready_ms:
            raise ValueError("ready_s: expected at least support_s and buffer_s together")

    def ready(self):
        """True when an activation would be answered: waiting, or in recovery with a good grid."""
        return (self.state == WAITING or self.state == RECOVERY) and self._back_ms >= _BACK_MS

    def step(self, dt_ms, frequency, armed, capacity_ma):
        """One step with a valid frequency; `armed`: it may trip. capacity_ma: mA per phase."""
        self._advance(dt_ms)
        if frequency.updates == self._seen:
            return
        self._seen = frequency.updates
        off_mhz = frequency.fast_mhz - self.level_mhz
        doubt_mhz = frequency.median_mhz - self.level_mhz
        if self.over:
            off_mhz = -off_mhz
            doubt_mhz = -doubt_mhz
        if off_mhz >= 0:
            self._beyond = 0
            if self._back_ms < _BACK_MS:
                self._back_ms += 20  # one fast window per cycle
            return
        if not frequency.steady or doubt_mhz >= _AGREE_MHZ + (frequency.noise_mhz >> 1):
            self._beyond = 0
            return
        self._beyond += 1
        if self._beyond < self._confirm:
            return
        # A phase step of one degree just above the level looks like this for 5 cycles. On a
        # real fall the 8 cycles are beyond by now too, or will be in the next update.
        sober_mhz = frequency.sober_mhz(self.over) - self.level_mhz
        if self.over:
            sober_mhz = -sober_mhz
        if sober_mhz >= _AGREE_MHZ + (frequency.noise_mhz >> 2):
            return
        if armed and self.ready():
            self._trip(capacity_ma)
        else:
            self._back_ms = 0  # first the frequency has to be good again

    def _trip(self, capacity_ma):
        self.trips += 1
        self.capacity_ma = capacity_ma
        self.shift_ma = capacity_ma if self.over else -capacity_ma
        self.recover_ma = 0
        self._since_ms = 0
        self._back_ms = 0
        self._go(SUPPORT)

    def _advance(self, dt_ms):
        state = self.state
        if state == WAITING:
            return
        self._ms += dt_ms
        self._since_ms += dt_ms
        if state == SUPPORT:
            if self._ms >= self._support_ms:
                self._go(DEACTIVATION)
        elif state == DEACTIVATION:
            self._let_go()
        elif state == BUFFER:
            if self._ms >= self._buffer_ms:
                self.recover_ma = self.capacity_ma * self._recovery_pm // 1000
                self._go(RECOVERY)
        elif self._since_ms >= self._ready_ms:
            self.recover_ma = _NO_CAP
            self._go(WAITING)

    def _let_go(self):
        """Ramp down: at 200 per mille per second the last part goes after 5 s."""
        left_pm = 1000 - self._ms * self._deactivate_pm_s // 1000
        if left_pm <= 0:
            self.shift_ma = 0
            self._go(BUFFER)
            return
        left_ma = self.capacity_ma * left_pm // 1000
        self.shift_ma = left_ma if self.over else -left_ma

    def abort(self):
        """There is no frequency any more: let go by the ramp, answer to nothing meanwhile."""
        self._beyond = 0
        self._back_ms = 0
        if self.state == SUPPORT:
            self._go(DEACTIVATION)

    def idle(self, dt_ms):
        """Time goes on without a frequency."""
        self._advance(dt_ms)

    def _go(self, state):
        self.state = state
        self.latched = state == SUPPORT
        self._ms = 0
