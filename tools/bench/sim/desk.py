# SPDX-License-Identifier: MIT
"""A world on the desk: the simulated board with everything on it, for tests without firmware.

world = desk.build()
world.clock.advance(1000000)      # a simulated second
"""

from tools.bench.sim import chip
from tools.bench.sim.events import Clock
from tools.bench.sim.world import World

QUIET = [[0, 50000, 1000, 1000, 1000]]


class Notes:
    """A recorder that keeps edges as (t_us, signal, value) and rows as tuples in memory."""

    def __init__(self, clock):
        self.clock = clock
        self.edges = []
        self.rows = []
        self.last = {}

    def edge(self, signal, value):
        """As Recorder.edge."""
        if self.last.get(signal) != value:
            self.last[signal] = value
            self.edges.append((self.clock.now_us, signal, value))

    def duty(self, ppm):
        """Kept as a number."""
        return ppm

    def row(self, values):
        """As Recorder.row."""
        self.rows.append(values)

    def of(self, signal):
        """[(t_us, value)] of one signal, its initial value left out."""
        return [(t, value) for t, name, value in self.edges if name == signal and t]


def build(points=None, seed=1, jitter_us=0, supply="mains"):
    """A powered World on a clock at 0; `machine` and `time` of this package are wired to it."""
    clock = Clock()
    grid = {"points": points or QUIET, "jitter_us": jitter_us}
    config = {"seed": seed, "grid": grid, "board_supply": supply}
    world = World(clock, config, Notes(clock), _ignore)
    chip.clock = clock
    chip.board = world.board
    world.board.on()
    return world


def _ignore(_message):
    """Messages to the host have no reader here."""
