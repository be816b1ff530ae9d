# SPDX-License-Identifier: MIT
"""The grid: frequency and three voltages over time, and the zero crossings they produce.

The trace is a list of points [t_ms, mhz, v1, v2, v3] with the voltages in per mille of 230 V,
linear in between, the last one held. Crossing times come from integrating the phase: each period
is as long as the frequency in its middle says, carried in whole nanoseconds, so the
edges neither drift nor collect rounding.
"""

NOMINAL_MV = 230  # mV per per-mille of 230 V
PERIOD_1_UHZ_NS = 1000000000000000
FOR_EVER_US = 1 << 60
EDGES_VANISH_PM = 300  # below this a zero-crossing detector sees nothing


class Mains:
    """Frequency in uHz inside (1 mHz = 1000), voltages in mV."""

    def __init__(self, points, jitter_us, noise):
        if not points:
            raise ValueError("grid.points: expected at least one [t_ms, mhz, v1, v2, v3]")
        self.points = points
        self.jitter_us = jitter_us
        self.noise = noise
        self._index = 0
        self.edge_ns = 0  # exact time of the last crossing, before jitter
        self.follow = True
        self.mhz = points[0][1]
        self.v_pm = [points[0][2], points[0][3], points[0][4]]
        self.v_mv = [0, 0, 0]
        self._override_mhz = None
        self._override_pm = None
        self._enter(0)
        self.update(0)

    def _enter(self, t_ms):
        """Look up the part of the trace from the point at or before `t_ms`; never go back."""
        points = self.points
        i = self._index
        while i + 1 < len(points) and points[i + 1][0] <= t_ms:
            i += 1
        self._index = i
        p = points[i]
        q = points[i + 1] if i + 1 < len(points) else p
        self._loaded = False  # v_pm and v_mv hold what stays to the end of this part
        self._still = q[1:] == p[1:]
        self._end_us = q[0] * 1000 if q is not p else FOR_EVER_US
        self._uhz = p[1] * 1000
        self._rise_uhz = (q[1] - p[1]) * 1000
        self._begin_us = p[0] * 1000
        self._rises_us = self._begin_us + 1000 if self._rise_uhz else FOR_EVER_US

    def frequency_uhz(self, t_us):
        """Frequency at `t_us` in uHz."""
        if self._override_mhz is not None:
            return self._override_mhz * 1000
        if t_us >= self._end_us:
            self._enter(t_us // 1000)
        if t_us < self._rises_us:
            return self._uhz
        begin_us = self._begin_us
        return self._uhz + self._rise_uhz * (t_us - begin_us) // (self._end_us - begin_us)

    def update(self, t_us):
        """Bring mhz, v_pm and v_mv up to `t_us` (called every 20 ms)."""
        if t_us >= self._end_us:
            self._enter(t_us // 1000)
        elif self._loaded:
            return
        self.mhz = (self.frequency_uhz(t_us) + 500) // 1000
        pm = self.v_pm
        over = self._override_pm
        if over is not None:
            pm[0] = pm[1] = pm[2] = over
        else:
            self._follow(pm, t_us // 1000)
            self._loaded = self._still and self._override_mhz is None
        mv = self.v_mv
        mv[0] = pm[0] * NOMINAL_MV
        mv[1] = pm[1] * NOMINAL_MV
        mv[2] = pm[2] * NOMINAL_MV

    def _follow(self, pm, t_ms):
        """The voltages of the trace."""
        p = self.points[self._index]
        dt = t_ms - p[0]
        if self._still or dt <= 0:
            pm[0] = p[2]
            pm[1] = p[3]
            pm[2] = p[4]
            return
        q = self.points[self._index + 1]
        span = q[0] - p[0]
        for k in (0, 1, 2):
            pm[k] = p[k + 2] + (q[k + 2] - p[k + 2]) * dt // span

    def override(self, mhz=None, v_pm=None):
        """Hold the frequency (mHz) and/or the voltage (per mille of 230 V) against the trace."""
        self._loaded = False
        if mhz is not None:
            self._override_mhz = mhz
        if v_pm is not None:
            self._override_pm = v_pm

    def follow_trace(self):
        """Give the trace its say again."""
        self._override_mhz = None
        self._override_pm = None
        self._loaded = False

    def next_edge_us(self):
        """Time of the next rising zero crossing in us, jitter included."""
        start = self.edge_ns
        # Frequency half a period ahead; 10 ms is near enough to the middle of any grid cycle.
        uhz = self.frequency_uhz(start // 1000 + 10000)
        self.edge_ns = start + PERIOD_1_UHZ_NS // uhz
        us = (self.edge_ns + 500) // 1000
        jitter = self.jitter_us
        if jitter:
            us += (self.noise.within(jitter) + self.noise.within(jitter)) // 2
        return us

    def edges_seen(self):
        """True when the voltage is high enough for the zero-crossing detector."""
        return self.v_pm[0] >= EDGES_VANISH_PM
