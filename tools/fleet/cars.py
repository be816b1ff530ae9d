# SPDX-License-Identifier: MIT
"""The bench's car model for thousands of cars while they charge: the same integers, vectorised.

Mirrors tools/bench/sim/car.py with S2 closed and the inlet energised: dead time, ramps of
either direction, current steps, minimum and maximum. Held against it by tools/fleet/check.py.
"""

import numpy as np

from .devices import INT

STEP_MS = 10


class Cars:
    """`i_ma`: current of each phase. Fields as in tools/bench/vehicles.py, one array each."""

    def __init__(self, fields, allowed_ma, now_ms=0):
        """fields: {name: array}; all cars have settled at what `allowed_ma` lets them draw."""
        self.max_ma = fields["max_ma"].astype(INT)
        self.min_ma = fields["min_ma"].astype(INT)
        self.step_ma = fields["step_ma"].astype(INT)
        self.dead_ms = fields["dead_ms"].astype(INT)
        self.up = fields["up_ma_s"].astype(INT) * STEP_MS // 1000
        self.down = fields["down_ma_s"].astype(INT) * STEP_MS // 1000
        self.phases = fields["phases"].astype(INT)
        self.allowed_ma = self._seen(allowed_ma)
        self.goal_from_ms = np.full(len(self.max_ma), now_ms, dtype=INT)
        self.goal_ma = self._goal()
        self.level_ma = self.goal_ma.copy()
        self.i_ma = self.level_ma.copy()

    @staticmethod
    def _seen(offer_ma):
        """No car measures the duty better than 0.1 A."""
        return (offer_ma + 50) // 100 * 100

    def _goal(self):
        goal = np.minimum(self.allowed_ma, self.max_ma)
        goal = goal - goal % self.step_ma
        return np.where(self.allowed_ma < self.min_ma, 0, goal)

    def step(self, now_ms, offer_ma):
        """10 ms on; `offer_ma`: what each pilot says now (0: pause)."""
        allowed = self._seen(offer_ma)
        changed = allowed != self.allowed_ma
        restart = changed & (now_ms - self.goal_from_ms >= STEP_MS)
        self.goal_from_ms = np.where(restart, now_ms + self.dead_ms, self.goal_from_ms)
        self.allowed_ma = allowed
        acts = now_ms >= self.goal_from_ms
        self.goal_ma = np.where(acts, self._goal(), self.goal_ma)
        level, goal = self.level_ma, self.goal_ma
        risen = np.minimum(goal, np.maximum(level + self.up, self.min_ma))
        fallen = np.maximum(goal, level - self.down)
        self.level_ma = np.where(level < goal, risen, np.where(level > goal, fallen, level))
        self.i_ma = np.where(
            self.level_ma == goal, self.level_ma, self.level_ma - self.level_ma % self.step_ma
        )

    def power_w(self):
        """Total power of each car at 230 V."""
        return self.i_ma * self.phases * 0.23


def mixed(n, rng, kind):
    """Fields of n cars. kind: "quick" (what FFR arms), "ordinary" or "mixed"."""
    quick = {"dead": (150, 500), "down": (10000, 25000), "up": (4000, 20000)}
    slow = {"dead": (800, 2500), "down": (3000, 6000), "up": (1500, 3000)}
    is_quick = {"quick": np.ones(n, bool), "ordinary": np.zeros(n, bool)}.get(kind)
    if is_quick is None:
        is_quick = rng.random(n) < 0.3

    def draw(name, unit):
        a = rng.integers(quick[name][0] // unit, quick[name][1] // unit + 1, n) * unit
        b = rng.integers(slow[name][0] // unit, slow[name][1] // unit + 1, n) * unit
        return np.where(is_quick, a, b)

    return {
        "max_ma": np.full(n, 16000),
        "min_ma": np.full(n, 6000),
        "step_ma": np.where(rng.random(n) < 0.7, 1000, 500),
        "dead_ms": draw("dead", 10),
        "up_ma_s": draw("up", 100),
        "down_ma_s": draw("down", 100),
        "phases": np.full(n, 3),
    }
