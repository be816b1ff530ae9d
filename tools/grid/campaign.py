# SPDX-License-Identifier: MIT
"""Runs cases through the whole firmware on MicroPython, on all cores, with progress."""

import asyncio
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tools.bench.errors import BenchError, ScenarioError
from tools.bench.record import read
from tools.bench.run import simulate

from . import latency
from .delivered import Delivered
from .envelope import Clause


class Outcome:
    """A finished case: `clauses`, `split` (latency of the activation or None), `found`."""

    def __init__(self, case, clauses, split, found, took_s):
        self.case = case
        self.clauses = clauses
        self.split = split
        self.found = found
        self.took_s = took_s

    @property
    def held(self):
        """True when no clause failed."""
        return all(clause.passed is not False for clause in self.clauses)

    def as_dict(self):
        """For results.json."""
        return {
            "case": self.case.name,
            "title": self.case.title,
            "service": self.case.service,
            "car": self.case.vehicle.get("model", ""),
            "input": self.case.profile.name,
            "provenance": self.case.profile.provenance,
            "held": self.held,
            "clauses": [clause.as_dict() for clause in self.clauses],
            "latency": self.split.as_dict() if self.split else None,
        }


def run_case(case, out, again=True):
    """Simulate and judge one case. What goes wrong becomes a failed clause, never silence.

    again=False: judge the files that an earlier run has left.
    """
    started = time.monotonic()
    folder = out / "runs" / case.name
    try:
        scenario = case.scenario()
        if again or not (folder / "trace.csv").exists():
            shutil.rmtree(folder, ignore_errors=True)
            record = asyncio.run(simulate(scenario, folder, case.seed))
        else:
            console = (folder / "console.txt").read_text(encoding="utf-8").splitlines()
            record = read(folder, console=console, duration_ms=scenario.duration_ms)
    except (BenchError, ScenarioError, OSError) as error:
        clause = Clause("the run itself", "a finished run", str(error), False, "D", "")
        return Outcome(case, [clause], None, None, time.monotonic() - started)
    found = Delivered(record, case.phases, folder)
    broken = [text for text in record.console if "Traceback" in text]
    if record.ended != "duration" or broken or not record.rows:
        text = "; ".join(record.console[-3:]) or "ended early"
        clause = Clause("the run itself", "a finished run", text, False, "D", "")
        return Outcome(case, [clause], None, found, time.monotonic() - started)
    clauses = case.judge(case, found)
    return Outcome(case, clauses, _split(case, found), found, time.monotonic() - started)


def _split(case, found):
    level_hz = case.level_hz or case.half_hz
    crossings = case.profile.crossings(level_hz) if level_hz else ()
    if not crossings:
        return None
    _, drop_w = found.drop_w(crossings[0] - (0 if case.level_hz else 2))
    wanted_w = case.capacity_w
    if case.half_hz:
        wanted_w *= case.law(case.half_hz)
    if not (drop_w[found.t_s > crossings[0]] >= wanted_w - 1).any():
        return None
    judge = latency.of_latch if case.level_hz else latency.of_curve
    return judge(found, case, crossings[0], drop_w)


def run_all(cases, out, jobs, progress, again=True):
    """[Outcome] in the order of `cases`; longest runs start first. progress(outcome) per case."""
    done = {}
    order = sorted(cases, key=lambda case: -case.profile.end_s)
    if jobs == 1:
        for case in order:
            done[case.name] = run_case(case, out, again)
            progress(done[case.name])
        return [done[case.name] for case in cases]
    with ThreadPoolExecutor(jobs) as pool:  # the work is in the child processes
        futures = [pool.submit(run_case, case, out, again) for case in order]
        for future in as_completed(futures):
            outcome = future.result()
            done[outcome.case.name] = outcome
            progress(outcome)
    return [done[case.name] for case in cases]


class Progress:
    """A line per finished case on stderr, a bar with the share of simulated time on a terminal."""

    def __init__(self, cases, stream=sys.stderr):
        self.total_s = sum(case.profile.end_s for case in cases)
        self.count = len(cases)
        self.done_s = 0.0
        self.done = 0
        self.stream = stream
        self.started = time.monotonic()

    def __call__(self, outcome):
        """One more case has been judged."""
        self.done += 1
        self.done_s += outcome.case.profile.end_s
        part = self.done_s / self.total_s
        took = time.monotonic() - self.started
        self.stream.write(
            "%3.0f %%  %2d of %d  %-9s%-18s %5.0f s simulated in %.1f s, about %.0f s to go\n"
            % (
                100 * part,
                self.done,
                self.count,
                "held" if outcome.held else "NOT HELD",
                outcome.case.name,
                outcome.case.profile.end_s,
                outcome.took_s,
                took / part - took,
            )
        )
        self.stream.flush()


def micropython(script, arguments, root, interpreter):
    """Run a device script; return its output lines. BenchError when it fails."""
    command = [interpreter, "-X", "heapsize=16M", str(root / script), str(root)]
    done = subprocess.run(
        command + [str(item) for item in arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError("%s: %s" % (script, (done.stderr or done.stdout).strip()[-400:]))
    return done.stdout.splitlines()
