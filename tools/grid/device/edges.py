# SPDX-License-Identifier: MIT
"""Zero crossings of a mains voltage, one at a time: any frequency, phase steps, jitter, gaps.

Floats in seconds; the firmware's side only sees whole microseconds modulo 2**30. Runs on
MicroPython and on CPython.
"""


class Noise:
    """A small seeded generator (linear congruential, the high bits are used)."""

    def __init__(self, seed):
        self.state = (seed * 7919 + 12345) & 0x7FFFFFFF
        self.unit()
        self.unit()

    def unit(self):
        """A number from 0 up to but not including 1."""
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 4) / 134217728.0

    def normal(self, sd):
        """A number with about a normal distribution: mean 0, standard deviation `sd`."""
        total = 0.0
        for _ in range(12):
            total += self.unit()
        return (total - 6.0) * sd


class Edges:
    """Rising zero crossings. `hz(t)` is the true frequency; `next_us()` gives edge after edge.

    jitter_us: standard deviation of the edge times. `step(at_s, degrees)` shifts the phase of
    everything after `at_s`; a backward step just behind a crossing makes a second crossing.
    `drop`: this many of the next edges go missing.
    """

    def __init__(self, hz, jitter_us=0.0, seed=1, start_s=0.0):
        self.hz = hz
        self.t_s = start_s  # exact time of the last crossing
        self.jitter_us = jitter_us
        self.noise = Noise(seed)
        self.drop = 0
        self.shift_us = None  # callable(t_s): displacement of an edge, for harmonics
        self._step_s = -1.0
        self._step_turns = 0.0

    def step(self, at_s, degrees):
        """The phase jumps by `degrees` (positive: the next crossing comes sooner)."""
        self._step_s = at_s
        self._step_turns = degrees / 360.0

    def _advance(self):
        t = self.t_s
        f = self.hz(t + 0.01)
        period = 1.0 / f
        at = self._step_s
        if not t < at <= t + period:
            self.t_s = t + period
            return
        done = (at - t) * f + self._step_turns
        self._step_s = -1.0
        if done >= 1.0:
            self.t_s = at  # jumped over the crossing: it happens now
            self._rest(done - 1.0)
        elif done < 0.0:
            self.t_s = at - done / f  # the same crossing once more
        else:
            self.t_s = at + (1.0 - done) / f

    def _rest(self, turns):
        # The next crossing comes that much sooner: as a step right behind this one.
        self._step_s = self.t_s + 1e-9
        self._step_turns = turns

    def next_us(self):
        """Time of the next crossing in whole us, not wrapped, jitter included."""
        while True:
            self._advance()
            us = self.t_s * 1e6
            if self.jitter_us:
                us += self.noise.normal(self.jitter_us)
            if self.shift_us is not None:
                us += self.shift_us(self.t_s)
            if not self.drop:
                return int(us + 0.5)
            self.drop -= 1


class Feeder:
    """Hands edges to a control step every 10 ms, as drivers/mains.py does."""

    def __init__(self, edges, buffer, phase_us=0):
        self.edges = edges
        self.buffer = buffer
        self.now_us = phase_us
        self._next_us = edges.next_us()

    def step(self):
        """Go on by 10 ms; fill the buffer and return how many edges came since the last step."""
        self.now_us += 10000
        count = 0
        while self._next_us <= self.now_us and count < 16:
            self.buffer[count] = self._next_us & 0x3FFFFFFF
            count += 1
            at_us = self.edges.next_us()
            if at_us <= self._next_us:
                at_us = self._next_us + 1
            self._next_us = at_us
        return count
