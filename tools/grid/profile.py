# SPDX-License-Identifier: MIT
"""Test inputs: frequency over time as breakpoints, from the shipped profiles or from any file.

A profile gets a lead-in before its first breakpoint, at its first value, in which a car is
plugged in, starts to charge and is armed. All times a judge sees are in simulated seconds,
lead-in included.
"""

import json
from pathlib import Path

from tools.bench import grid_input

DATA = Path(__file__).resolve().parent / "data" / "synthetic_profiles.json"


class Profile:
    """Frequency (and voltage) as [t_s, hz, v1, v2, v3] breakpoints with straight lines between.

    `name`; `provenance` and `confidence`: where the numbers come from, in words.
    """

    def __init__(self, name, rows, provenance="", confidence=""):
        self.name = name
        self.rows = [
            [float(row[0]), float(row[1])] + [float(v) for v in (list(row[2:]) or [1, 1, 1])]
            for row in rows
        ]
        self.provenance = provenance
        self.confidence = confidence

    @property
    def end_s(self):
        """Time of the last breakpoint."""
        return self.rows[-1][0]

    def hz(self, t_s):
        """The true frequency at `t_s`."""
        rows = self.rows
        if t_s <= rows[0][0]:
            return rows[0][1]
        for before, after in zip(rows, rows[1:]):
            if before[0] <= t_s <= after[0] and after[0] > before[0]:
                part = (t_s - before[0]) / (after[0] - before[0])
                return before[1] + (after[1] - before[1]) * part
        return rows[-1][1]

    def crossings(self, level_hz, falling=True):
        """Times at which the true frequency passes `level_hz` downwards (or upwards)."""
        found = []
        for before, after in zip(self.rows, self.rows[1:]):
            high, low = (before[1], after[1]) if falling else (after[1], before[1])
            if high > level_hz >= low:
                part = (level_hz - before[1]) / (after[1] - before[1])
                found.append(before[0] + part * (after[0] - before[0]))
        return found

    def moved(self, lead_s, end_s=None):
        """The same profile `lead_s` later, cut after `end_s` (of the original) if given."""
        kept = [row for row in self.rows if end_s is None or row[0] <= end_s]
        if end_s is not None and kept[-1][0] < end_s < self.end_s:
            kept.append([end_s, self.hz(end_s)] + kept[-1][2:])
        rows = [[row[0] + lead_s] + row[1:] for row in kept]
        return Profile(self.name, [[0.0] + rows[0][1:]] + rows, self.provenance, self.confidence)

    def points(self):
        """Points of the bench: whole ms, mHz and per mille."""
        return [grid_input.point(row[0], row[1], row[2:]) for row in self.rows]


def shipped():
    """{name: Profile} of the profiles of this project."""
    found = {}
    for name, entry in json.loads(DATA.read_text(encoding="utf-8")).items():
        found[name] = Profile(
            name, entry["breakpoints_t_hz"], entry["provenance"], entry["confidence"]
        )
    return found


def steps(name, levels, hold_s, first_s=60.0, rise_s=0.05, provenance="own test input"):
    """A staircase: 50 Hz, then each of `levels` (Hz) for `hold_s`, then 50 Hz again."""
    rows = [[0.0, 50.0], [first_s, 50.0]]
    t_s = first_s
    for level in list(levels) + [50.0]:
        rows.append([t_s + rise_s, level])
        t_s += hold_s
        rows.append([t_s, level])
    return Profile(name, rows, provenance, "shape proposed")


def from_file(path, from_s=None, to_s=None):
    """A profile from a CSV with the columns t_s, f_hz (see the bench's [grid] trace)."""
    points = grid_input.from_csv(path, from_s, to_s)
    rows = [[p[0] / 1000, p[1] / 1000] + [v / 1000 for v in p[2:]] for p in points]
    return Profile(Path(path).stem, rows, "recording %s" % Path(path).name, "as recorded")


def repeated(profile, until_s):
    """The profile again and again up to `until_s`, two seconds from an end to the next start."""
    points = grid_input.repeat(profile.points(), round(until_s * 1000))
    rows = [[p[0] / 1000, p[1] / 1000] + [v / 1000 for v in p[2:]] for p in points]
    return Profile(profile.name, rows, profile.provenance, profile.confidence)
