# SPDX-License-Identifier: MIT
"""Results at edge level: accuracy, latency and false trips of the firmware's own code.

The device scripts run on MicroPython beside each other; this joins what they print.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tools.runtimes import micropython
from tools.tree import ROOT

from . import envelope as env
from .campaign import micropython as run_device

FOLDER = "tools/grid/device/"
GLITCH_PARTS = 4  # so that all cores have something to do
TITLES = {
    "nordic_a": "FFR option A, -0.24 Hz/s",
    "nordic_b": "FFR option B, -0.24 Hz/s",
    "nordic_c": "FFR option C, -0.24 Hz/s",
}
FFR_MS, FCR_MS = 150, 300
NEAR_MHZ = 20  # nearer to the level the edges' noise and a phase step look like a crossing
LEAST_STEP_MHZ = 50  # smaller steps take longer to be told from noise: shown, not judged


class EdgeLevel:
    """accuracy: rows of the table; latency: experiments; glitches, near: totals; clauses."""

    def __init__(self, accuracy, latency, glitches, near):
        self.accuracy = accuracy
        self.latency = latency
        self.glitches = glitches
        self.near = near
        self.clauses = [_latency_clause(one) for one in latency] + _glitch_clauses(glitches)
        self.clauses.append(_near_clause(near))
        self.clauses += _accuracy_clauses(accuracy)

    def histograms(self):
        """(title, latencies in ms, bound) of the experiments worth a picture."""
        found = []
        for one in self.latency:
            if one["kind"] == "ffr" and one["name"] == "nordic_c" and one["rate"] < 0.5:
                found.append(("FFR option C: crossing to new duty", one["pin_ms"], FFR_MS))
            if one["kind"] == "fcr" and one["step_mhz"] == -50:
                found.append(("FCR-N, 50 mHz: step to nine tenths of the duty's change",
                              one["most_ms"], FCR_MS))  # fmt: skip
        return found

    def cards(self):
        """The head line's numbers."""
        # The worst of the experiments: pooled, the easy ones would hide the hard one.
        worst = {"ffr": 0.0, "fcr": 0.0}
        for one in self.latency:
            if one["kind"] == "fcr" and not _judged(one):
                continue
            values = one["pin_ms"] if one["kind"] == "ffr" else one["most_ms"]
            worst[one["kind"]] = max(worst[one["kind"]], float(np.percentile(values, 99)))
        rows = {row["case"]: row for row in self.accuracy}
        return [
            ("%.0f ms" % worst["ffr"], "FFR, crossing to pin, 99 %"),
            ("%.0f ms" % worst["fcr"], "FCR step of 50 mHz or more, nine tenths on the pin, 99 %"),
            ("%d of %d" % (self.glitches["trips"]["nordic_c"], self.glitches["trials"]),
             "false trips of FFR at 49.7 Hz"),
            ("%.2f mHz" % rows["jitter 5 us"]["slow"]["rms"], "rms error at 5 us of jitter"),
        ]  # fmt: skip

    def as_dict(self):
        """For results.json, with summaries in place of thousands of latencies."""
        latency = []
        for one in self.latency:
            line = {key: value for key, value in one.items() if not key.endswith("_ms")}
            for key, values in one.items():
                if key.endswith("_ms"):
                    line[key] = {
                        "p50": round(float(np.percentile(values, 50)), 1),
                        "p99": round(float(np.percentile(values, 99)), 1),
                        "worst": round(max(values), 1),
                        "n": len(values),
                    }
            latency.append(line)
        return {
            "accuracy": self.accuracy,
            "latency": latency,
            "false_trips": self.glitches,
            "false_trips_near_the_level": self.near,
            "clauses": [clause.as_dict() for clause in self.clauses],
        }


def measure(phases, trials, seconds, jobs, progress):
    """Run everything; progress(text) as parts end. BenchError when a script fails."""
    tasks = [
        ("accuracy", "accuracy.py", [seconds]),
    ]
    for part in ("down", "up", "ffr"):
        tasks.append(("latency", "latency.py", [phases, 5.0, part]))
    tasks.append(("near", "near_level.py", [min(1000, trials // 10), 5.0, 3]))
    parts = GLITCH_PARTS if trials >= 4000 else 1
    for number in range(parts):
        tasks.append(("glitches", "glitches.py", [trials // parts, 5.0, 3 + number]))

    def run(task):
        lines = run_device(FOLDER + task[1], task[2], ROOT, micropython())
        progress("%s done" % task[0])
        return task[0], [json.loads(line) for line in lines]

    found = {"accuracy": [], "latency": [], "near": [], "glitches": []}
    with ThreadPoolExecutor(jobs) as pool:
        for name, lines in pool.map(run, tasks):
            found[name] += lines
    return EdgeLevel(
        found["accuracy"], found["latency"], _sum(found["glitches"]), found["near"][0]
    )


def _sum(parts):
    total = {"trials": 0, "phase_steps": 0, "bad_cycles": 0, "invalid_ms": 0, "trips": {},
             "too_low_mhz": {}}  # fmt: skip
    for part in parts:
        for key in ("trials", "phase_steps", "bad_cycles", "invalid_ms"):
            total[key] += part[key]
        for name, count in part["trips"].items():
            total["trips"][name] = total["trips"].get(name, 0) + count
        for name, value in part["too_low_mhz"].items():
            total["too_low_mhz"][name] = max(total["too_low_mhz"].get(name, 0), value)
    return total


def _latency_clause(one):
    if one["kind"] == "ffr":
        name = "%s, %.2f Hz/s: crossing to new duty" % (one["name"], one["rate"])
        return env.percentile(name, one["pin_ms"], 99, FFR_MS, "D", "goal of this project")
    name = "%s, step of %+d mHz: nine tenths of the duty's change" % (one["name"], one["step_mhz"])
    clause = env.percentile(name, one["most_ms"], 99, FCR_MS, "D", "goal of this project")
    clause.measured += "; first new duty %.0f, half %.0f; at most %.1f A beyond" % (
        np.percentile(one["first_ms"], 99),
        np.percentile(one["half_ms"], 99),
        one["over_ma"] / 1000,
    )
    if not _judged(one):
        clause.passed = None
        clause.required = "-"
        clause.source = "smaller than what the edges' noise shows in this time"
    return clause


def _judged(one):
    return abs(one["step_mhz"]) >= LEAST_STEP_MHZ


def _glitch_clauses(total):
    def text(name):
        return "%d in %d phase steps up to 10 degrees and %d single cycles of 48.6 Hz" % (
            total["trips"][name],
            total["phase_steps"],
            total["bad_cycles"],
        )

    clauses = [
        env.Clause("false trips of the latch at 49.7 Hz", "none", text("nordic_c"),
                   total["trips"]["nordic_c"] == 0, "D", "goal of this project"),
    ]  # fmt: skip
    if "australia_r1" in total["trips"]:
        clauses.append(
            env.Clause("false trips of the latch at 49.85 Hz (R1)", "none (grid at 49.9 to 50.1)",
                       text("australia_r1"), total["trips"]["australia_r1"] == 0, "D",
                       "goal of this project")
        )  # fmt: skip
    clauses.append(
        env.Clause("largest fake dip by a disturbance", "-",
                   "%d mHz in the fast window, %d mHz in what droop follows"
                   % (total["too_low_mhz"]["fast"], total["too_low_mhz"]["used"]), None, "D", "")
    )  # fmt: skip
    return clauses


def _near_clause(near):
    """Phase steps while the frequency stands just above the level."""
    trips = {int(off): count for off, count in near["trips"].items()}
    words = ["%d at %d mHz" % (trips[off], off) for off in sorted(trips)]
    return env.Clause(
        "false trips with the grid standing just above 49.7 Hz", "none from %d mHz on" % NEAR_MHZ,
        "%s, in %d phase steps each" % (", ".join(words), near["trials"]),
        not any(count for off, count in trips.items() if off >= NEAR_MHZ), "D", "project rule",
    )  # fmt: skip


def _accuracy_clauses(rows):
    found = {row["case"]: row for row in rows}
    clauses = []
    for case in ("jitter 5 us", "jitter 20 us"):
        row = found[case]["slow"]
        clauses.append(
            env.Clause("frequency error, %s, slow window" % case, "at most 10 mHz",
                       "%.1f mHz at worst, %.2f rms" % (abs(row["worst"]), row["rms"]),
                       abs(row["worst"]) <= 10, "V", "SO GL Annex V")
        )  # fmt: skip
    dead = found["dead bus, meter voltage 0.09 pu"]
    clauses.append(
        env.Clause("dead bus: frequency invalid", "invalid from 0.3 s on",
                   "valid for %.1f %% of it" % (dead["valid_pm"] / 10), dead["valid_pm"] == 0,
                   "V", "the Iberian recording")
    )  # fmt: skip
    return clauses
