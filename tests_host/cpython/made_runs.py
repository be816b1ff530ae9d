# SPDX-License-Identifier: MIT
"""Hand-made runs for the tests of the invariants: edges and rows of a plain session."""

from tools.bench.record import Record


def charge(*more, without=()):
    """Edges of a plain session: C from 4 s, closed at 4.52 s; `more` as (t_s, signal, value)."""
    plain = [
        (0, "power", 1), (0, "pilot_mode", "x1"), (1, "ev_plug", 1), (1.5, "authorised", 1),
        (2, "pilot_mode", "pwm"), (4, "ev_s2", 1), (4.5, "contactor_coil", 1),
        (4.52, "contactor", 1),
    ]  # fmt: skip
    kept = [edge for edge in plain if edge[1:] not in without]
    edges = sorted(kept + list(more), key=lambda edge: edge[0])
    return [(round(t_s * 1e6), signal, value) for t_s, signal, value in edges]


def record(*more, without=(), duration_ms=30000, **parts):
    return Record(edges=charge(*more, without=without), duration_ms=duration_ms, **parts)


STOP = ((20, "ev_s2", 0), (20.05, "contactor_coil", 0), (20.065, "contactor", 0))


def row(t_ms, limit=16000, duty=26.67, state="C2", reason="board", wh=0):
    return {
        "t_ms": t_ms, "limit_ma": limit, "duty_pct": duty, "state": state, "reason": reason,
        "energy_wh": wh, "power_w": 0, "offer_ma": 0, "l1_ma": 0, "phases": 3,
    }  # fmt: skip
