# SPDX-License-Identifier: MIT
"""What a run left behind, read back from its files: edges, trace rows, frames, log, console."""

import csv
import json

# Values before the first edge of a signal, the safe and empty state.
RESTING = {
    "ev_plug": 0, "ev_s2": 0, "cp_connect": 1, "pilot_mode": "x1", "duty": 0, "contactor": 0,
    "phase_relay": 0, "rcd": 0, "guard": 0, "contactor_coil": 0, "authorised": 0,
    "fault": "none", "ev_diode": 1, "cp_short": 0, "weld": 0, "power": 1, "harm": "",
    "ev_mood": "",
}  # fmt: skip
WORDS = ("pilot_mode", "fault", "harm", "ev_mood")
# The firmware's counters start 60 s before their wrap, see sim/time.py.
TICKS_START_MS = 2**30 - 60000


class Record:
    """A finished run.

    edges: [(t_us, signal, value)] in order; rows: trace dicts; frames: ocpp.jsonl objects;
    log: events.jsonl objects; console: lines of text; settings: the firmware's overrides;
    events: the scenario's controls; duration_ms: simulated time reached; ended: reason of the
    simulator's last message, None when it died; notes: [(t_ms, text)] of the simulator;
    refused: findings of the embedded central system, {"t_ms", "kind", "text"}; missed: `when` of
    events that never came; visited: "phases:moving" ... in their order, when it was asked for.
    """

    def __init__(self, **parts):
        self.edges = []
        self.rows = []
        self.frames = []
        self.log = []
        self.console = []
        self.settings = {}
        self.events = []
        self.duration_ms = 0
        self.ended = "duration"
        self.notes = []
        self.refused = []
        self.missed = []
        self.visited = []
        for name, value in parts.items():
            if name not in self.__dict__:
                raise TypeError("Record has no %s" % name)
            self.__dict__[name] = value


def read(out, **rest):
    """The Record of the files in folder `out`; missing files count as empty."""
    return Record(
        edges=read_edges(out / "edges.csv"),
        rows=read_trace(out / "trace.csv"),
        frames=read_lines(out / "ocpp.jsonl"),
        log=read_lines(out / "events.jsonl"),
        **rest,
    )


def read_edges(path):
    """[(t_us, signal, value)]; a value is an int except for the signals in WORDS."""
    if not path.exists():
        return []
    edges = []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            value = row["value"]
            signal = row["signal"]
            edges.append((int(row["t_us"]), signal, value if signal in WORDS else int(value)))
    return edges


def read_trace(path):
    """Trace rows as dicts: ints, except state, reason (text) and duty_pct (float)."""
    if not path.exists():
        return []
    rows = []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.append({key: _cell(key, value) for key, value in row.items()})
    return rows


def _cell(key, value):
    if key in ("state", "reason"):
        return value
    return float(value) if key == "duty_pct" else int(value)


def simulated_ms(ticks_ms):
    """Simulated time of a tick value of the firmware (right for the first 12 days)."""
    return (ticks_ms - TICKS_START_MS) & (2**30 - 1)


def read_lines(path):
    """The JSON objects of a .jsonl file; a torn last line is left out."""
    if not path.exists():
        return []
    objects = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            objects.append(json.loads(line))
        except ValueError:
            continue
    return objects


def steps(edges):
    """Walk through the edges: yields (t_us, state, changed) once per moment.

    `state` is one dict, updated in place, with every signal after that moment; `changed` is the
    dict of the signals that moved in it with their values before.
    """
    state = dict(RESTING)
    position = 0
    while position < len(edges):
        t_us = edges[position][0]
        changed = {}
        while position < len(edges) and edges[position][0] == t_us:
            _, signal, value = edges[position]
            changed.setdefault(signal, state.get(signal))
            state[signal] = value
            position += 1
        yield t_us, state, changed


def last_edges(edges, t_us, count=20):
    """The last `count` edges up to and including `t_us`."""
    return [edge for edge in edges if edge[0] <= t_us][-count:]
