# SPDX-License-Identifier: MIT
"""Contactor timing, bounce of the feedback and the ways it fails."""

from tools.bench.sim.contactor import Contactor
from tools.bench.sim.events import Clock, Noise


class Bed:
    """A contactor whose movements are written down."""

    def __init__(self):
        self.clock = Clock()
        self.moves = []
        self.feedback = []
        self.relay = Contactor(self.clock, Noise(1, 3), 20000, 15000, self._moved, self._level)

    def _moved(self, closed):
        self.moves.append((self.clock.now_us, closed))

    def _level(self, level):
        self.feedback.append((self.clock.now_us, level))

    def coil(self, on, at_us):
        """Wait until at_us, then switch the coil."""
        self.clock.advance(at_us)
        self.relay.coil(on)


def test_pulls_in_and_drops_out_in_time():
    bed = Bed()
    bed.coil(1, 1000000)
    bed.coil(0, 2000000)
    bed.clock.advance(3000000)
    (closed_us, closed), (opened_us, opened) = bed.moves
    assert closed
    assert not opened
    assert 18000 <= closed_us - 1000000 <= 22000
    assert 13500 <= opened_us - 2000000 <= 16500
    assert bed.relay.operations == 2


def test_feedback_bounces_for_a_few_milliseconds_and_then_tells_the_truth():
    bed = Bed()
    bed.coil(1, 0)
    bed.clock.advance(100000)
    levels = [level for _, level in bed.feedback]
    assert levels == [1, 0, 1, 0, 1]
    assert bed.feedback[-1][0] - bed.feedback[0][0] < 5000


def test_a_short_pulse_moves_nothing():
    bed = Bed()
    bed.coil(1, 0)
    bed.coil(0, 5000)
    bed.clock.advance(100000)
    assert bed.moves == []
    assert bed.feedback == []


def test_a_welded_contact_stays_and_lets_go_when_repaired():
    bed = Bed()
    bed.coil(1, 0)
    bed.clock.advance(100000)
    bed.relay.weld = True
    bed.coil(0, 200000)
    bed.clock.advance(1000000)
    assert bed.relay.closed
    bed.relay.weld = False
    bed.relay.recheck()
    bed.clock.advance(1100000)
    assert not bed.relay.closed


def test_a_contact_that_does_not_close_and_a_relay_that_is_stuck():
    for fault in ("no_close", "stuck"):
        bed = Bed()
        setattr(bed.relay, fault, True)
        bed.coil(1, 0)
        bed.clock.advance(100000)
        assert not bed.relay.closed
        assert bed.feedback == []
