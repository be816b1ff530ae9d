# SPDX-License-Identifier: MIT
"""A curve of straight pieces through up to 20 knots: droop, volt-watt, ride-through times.

Exact at every knot for any spacing, and monotone wherever the knots are; left and right of
them the first and the last value hold. OCPP 2.1 (v2xFreqWattCurve), SunSpec and IEEE 2030.5
all describe curves like this.
"""

from array import array

from micropython import const

MOST_KNOTS = const(20)
_SMALL = const(0x3FFFFFFF)

# Deadbands of two styles. STEP: inside nothing, outside the line itself (Continental Europe).
# OFFSET: the line starts from zero at the edge, so it is displaced (SunSpec, IEEE 1547).
STEP = const(0)
OFFSET = const(1)


class Curve:
    """x may be mHz or per mille of a voltage, y any small number. `at` allocates nothing."""

    def __init__(self, points):
        """points: [[x, y], ...] with rising x. Raises ValueError when they make no curve."""
        if not 2 <= len(points) <= MOST_KNOTS:
            raise ValueError("%d knots: expected 2 to %d" % (len(points), MOST_KNOTS))
        for i, (x, y) in enumerate(points):
            for value in (x, y):
                if not isinstance(value, int) or isinstance(value, bool):
                    raise ValueError("knot %d: %r: expected a whole number" % (i + 1, value))
                if not -1000000 <= value <= 1000000:
                    raise ValueError("knot %d: %r: out of range" % (i + 1, value))
            if i:
                before_x, before_y = points[i - 1]
                if x <= before_x:
                    raise ValueError("knot %d: %d: expected more than %d" % (i + 1, x, before_x))
                if abs(y - before_y) * (x - before_x) > _SMALL:
                    raise ValueError("knot %d: too far from the one before it" % (i + 1))
        self._x = array("i", [point[0] for point in points])
        self._y = array("i", [point[1] for point in points])
        self.lowest = min(self._y)
        self.highest = max(self._y)

    def rises(self):
        """True when no knot is lower than the one on its left."""
        return all(self._y[i] >= self._y[i - 1] for i in range(1, len(self._y)))

    def at(self, x):
        """The value at `x`, rounded towards the knot on its left."""
        xs = self._x
        last = len(xs) - 1
        if x <= xs[0]:
            return self._y[0]
        if x >= xs[last]:
            return self._y[last]
        i = 1
        while x > xs[i]:
            i += 1
        left = self._y[i - 1]
        rise = self._y[i] - left
        part = x - xs[i - 1]
        width = xs[i] - xs[i - 1]
        # Sign apart: floor division would treat rising and falling pieces differently.
        if rise < 0:
            return left - -rise * part // width
        return left + rise * part // width


class Play:
    """What stands before a droop curve: stagger, deadband and hysteresis of the input in mHz.

    Hysteresis: the input counts as moved only when it has moved by that much; then it counts
    fully, so the curve stays exact.
    """

    def __init__(self, nominal_mhz, deadband_mhz=0, style=STEP, hysteresis_mhz=0, stagger_mhz=0):
        """Raises ValueError for a negative width."""
        if deadband_mhz < 0 or hysteresis_mhz < 0:
            raise ValueError("deadband and hysteresis must not be negative")
        self._nominal_mhz = nominal_mhz
        self._deadband_mhz = deadband_mhz
        self._style = style
        self._hysteresis_mhz = hysteresis_mhz
        self._stagger_mhz = stagger_mhz
        self._held_mhz = 0

    def step(self, mhz):
        """The frequency that the curve shall see; exactly nominal inside the deadband."""
        off_mhz = mhz - self._held_mhz
        if not -self._hysteresis_mhz < off_mhz < self._hysteresis_mhz:
            self._held_mhz = mhz
        off_mhz = self._held_mhz + self._stagger_mhz - self._nominal_mhz
        deadband_mhz = self._deadband_mhz
        if deadband_mhz:
            if -deadband_mhz <= off_mhz <= deadband_mhz:
                return self._nominal_mhz
            if self._style == OFFSET:
                off_mhz += -deadband_mhz if off_mhz > 0 else deadband_mhz
        return self._nominal_mhz + off_mhz
