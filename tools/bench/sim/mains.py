# SPDX-License-Identifier: MIT
"""The grid: frequency and three voltages over time, and the zero crossings they produce.

The trace is a list of points [t_ms, mhz, v1, v2, v3] with the voltages in per mille of 230 V,
linear in between, the last one held. Crossing times come from integrating the phase: each period
is as long as the frequency in its middle says, carried in whole nanoseconds, so the
edges neither drift nor collect rounding.
"""

NOMINAL_MV = 230  # mV per per-mille of 230 V
EDGES_VANISH_PM = 300  # below this a zero-crossing detector sees nothing


class Mains:
    """Frequency in uHz inside (1 mHz = 1000), voltages in mV."""

    def __init__(self, points, jitter_us, noise):
        if not points:
            raise ValueError("grid.points: expected at least one [t_ms, mhz, v1, v2, v3]")
        self.points = points
        self.jitter_us = jitter_us
        self.noise = noise
        self.index = 0
        self.edge_ns = 0  # exact time of the last crossing, before jitter
        self.follow = True
        self.mhz = points[0][1]
        self.v_pm = [points[0][2], points[0][3], points[0][4]]
        self.v_mv = [0, 0, 0]
        self._override_mhz = None
        self._override_pm = None
        self.update(0)

    def _segment(self, t_ms):
        """Index of the point at or before `t_ms`; time only moves forward."""
        points = self.points
        i = self.index
        while i + 1 < len(points) and points[i + 1][0] <= t_ms:
            i += 1
        self.index = i
        return i

    def frequency_uhz(self, t_us):
        """Frequency at `t_us` in uHz."""
        if self._override_mhz is not None:
            return self._override_mhz * 1000
        t_ms = t_us // 1000
        i = self._segment(t_ms)
        points = self.points
        p = points[i]
        f0 = p[1] * 1000
        if i + 1 == len(points):
            return f0
        q = points[i + 1]
        if q[1] == p[1] or t_ms <= p[0]:
            return f0
        return f0 + (q[1] * 1000 - f0) * (t_us - p[0] * 1000) // ((q[0] - p[0]) * 1000)

    def update(self, t_us):
        """Bring mhz, v_pm and v_mv up to `t_us` (called every 20 ms)."""
        self.mhz = (self.frequency_uhz(t_us) + 500) // 1000
        pm = self.v_pm
        over = self._override_pm
        if over is not None:
            pm[0] = pm[1] = pm[2] = over
        else:
            t_ms = t_us // 1000
            i = self._segment(t_ms)
            p = self.points[i]
            if i + 1 < len(self.points) and t_ms > p[0]:
                q = self.points[i + 1]
                span = q[0] - p[0]
                dt = t_ms - p[0]
                pm[0] = p[2] + (q[2] - p[2]) * dt // span
                pm[1] = p[3] + (q[3] - p[3]) * dt // span
                pm[2] = p[4] + (q[4] - p[4]) * dt // span
            else:
                pm[0] = p[2]
                pm[1] = p[3]
                pm[2] = p[4]
        mv = self.v_mv
        mv[0] = pm[0] * NOMINAL_MV
        mv[1] = pm[1] * NOMINAL_MV
        mv[2] = pm[2] * NOMINAL_MV

    def override(self, mhz=None, v_pm=None):
        """Hold the frequency (mHz) and/or the voltage (per mille of 230 V) against the trace."""
        if mhz is not None:
            self._override_mhz = mhz
        if v_pm is not None:
            self._override_pm = v_pm

    def follow_trace(self):
        """Give the trace its say again."""
        self._override_mhz = None
        self._override_pm = None

    def next_edge_us(self):
        """Time of the next rising zero crossing in us, jitter included."""
        half = 500000000000000
        start = self.edge_ns
        # Frequency half a period ahead; 10 ms is near enough to the middle of any grid cycle.
        uhz = self.frequency_uhz(start // 1000 + 10000)
        self.edge_ns = start + 2 * half // uhz
        us = (self.edge_ns + 500) // 1000
        jitter = self.jitter_us
        if jitter:
            us += (self.noise.within(jitter) + self.noise.within(jitter)) // 2
        return us

    def edges_seen(self):
        """True when the voltage is high enough for the zero-crossing detector."""
        return self.v_pm[0] >= EDGES_VANISH_PM
