# SPDX-License-Identifier: MIT
"""What an invariant returns when it did not hold."""

from .record import last_edges


class Broken:
    """An invariant that did not hold: when (ms), what happened, and the last 20 edges."""

    def __init__(self, t_ms, text, edges=()):
        self.t_ms = t_ms
        self.text = text
        self.edges = list(edges)


def broken(record, t_us, text):
    """The Broken for something that went wrong at `t_us`."""
    return Broken(t_us / 1000, text, last_edges(record.edges, t_us))
