# SPDX-License-Identifier: MIT
"""`python -m tools.bench run`: one scenario from the file to the verdict."""

import asyncio
import importlib
import json
import sys
import threading
import time
from pathlib import Path

from . import invariants, record, simlink
from .errors import BenchError, ScenarioError
from .scenario import load
from .summary import describe, summarise

REPORT = "tools.bench.report"


class Progress:
    """A bar on a terminal, a plain line now and then elsewhere. Written to stderr."""

    def __init__(self, duration_ms, stream=sys.stderr):
        self.duration_ms = duration_ms
        self.stream = stream
        self.bar = stream.isatty()
        self.started = time.monotonic()
        self.next_tenth = 1

    def __call__(self, t_ms):
        """Show that the simulated time is `t_ms`."""
        part = min(1.0, t_ms / self.duration_ms)
        speed = t_ms / 1000 / max(1e-3, time.monotonic() - self.started)
        text = "%5.0f of %.0f s simulated, %.0f times real time" % (
            t_ms / 1000,
            self.duration_ms / 1000,
            speed,
        )
        if self.bar:
            filled = round(part * 30)
            self.stream.write("\r[%s%s] %s " % ("#" * filled, "." * (30 - filled), text))
            self.stream.flush()
        elif part * 10 >= self.next_tenth:
            self.next_tenth = int(part * 10) + 1
            self.stream.write("%s\n" % text.strip())
            self.stream.flush()

    def close(self):
        """End the line of the bar."""
        if self.bar:
            self.stream.write("\n")


def settings_of(scenario, url, charge_point_id):
    """The firmware's settings.json: the scenario's, and where the central system is."""
    settings = dict(scenario.settings)
    if url:
        settings["csms_url"] = url
    if charge_point_id:
        settings["charge_point_id"] = charge_point_id
    return settings


async def simulate(
    scenario, out, seed, heap="4M", realtime=False, url=None, charge_point_id=None, progress=None
):
    """Run `scenario` and return its Record; files are left in the folder `out`."""
    out = Path(out).resolve()
    csms = None
    url = url or scenario.settings.get("csms_url")
    mode = "external" if url else scenario.csms
    if mode == "embedded":
        from .csms import EmbeddedCsms

        csms = EmbeddedCsms(blocked=scenario.blocked, paced=not realtime)
    out.mkdir(parents=True, exist_ok=True)
    flash = simlink.prepare(out)
    if csms:
        url = await csms.start_as(scenario.transport, flash)
    settings = settings_of(scenario, url, charge_point_id)
    simlink.put_settings(flash, settings)
    link = simlink.SimLink(csms)
    console = []
    link.on_console = console.append
    if progress:
        link.on_progress = progress
    config = simlink.simulator_config(scenario, out, seed, realtime, mode)
    try:
        with open(out / "events.jsonl", "w", encoding="utf-8") as log:
            link.on_log = lambda item: log.write(json.dumps(item) + "\n")
            await link.run(config, out, heap)
    finally:
        if csms:
            await csms.stop()
        (out / "console.txt").write_text("".join(text + "\n" for text in console), "utf-8")
    reached = scenario.duration_ms if link.ended == "duration" else link.t_ms
    return record.read(
        out,
        console=console,
        settings=settings,
        events=scenario.events,
        duration_ms=reached,
        ended=link.ended,
        notes=link.notes,
        missed=link.missed,
        visited=link.visited,
        refused=csms.findings if csms else (),
    )


class Verdict:
    """What a run showed: broken invariants and expectations, and its numbers."""

    def __init__(self, scenario, found):
        self.invariants = invariants.check(found)
        self.disappointed = scenario.expect.check(found)
        self.numbers = summarise(found)
        self.notes = found.notes
        self.held = not self.disappointed and not any(self.invariants.values())

    def as_dict(self, scenario, seed):
        """summary.json."""
        named = {}
        for name, broken in self.invariants.items():
            named[name] = {"held": broken is None}
            if broken:
                named[name].update(t_ms=broken.t_ms, text=broken.text, edges=broken.edges)
        return {
            "scenario": scenario.name,
            "seed": seed,
            "held": self.held,
            "invariants": named,
            "expect": [{"t_ms": t_ms, "text": text} for t_ms, text in self.disappointed],
            "numbers": self.numbers,
        }

    def lines(self):
        """One line per finding; the last edges follow a broken invariant."""
        for name, broken in self.invariants.items():
            if broken is None:
                yield "held    %s" % name
                continue
            yield "BROKEN  %s at %.3f s: %s" % (name, broken.t_ms / 1000, broken.text)
            for t_us, signal, value in broken.edges:
                yield "        %12.6f s  %s %s" % (t_us / 1e6, signal, value)
        for t_ms, text in self.disappointed:
            yield "BROKEN  expect at %.3f s: %s" % (t_ms / 1000, text)
        for text in describe(self.numbers):
            yield "info    %s" % text
        for t_ms, text in self.notes:
            yield "note    at %.3f s: %s" % (t_ms / 1000, text)


def run(path, out=None, seed=None, heap="4M", realtime=False, url=None, charge_point_id=None):
    """Exit code of the command: 0 all held, 1 something broke, 2 the scenario is wrong."""
    try:
        scenario = load(path)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    out = Path(out) if out else Path("out") / scenario.name
    seed = scenario.seed if seed is None else seed
    progress = Progress(scenario.duration_ms)
    # Loading what draws the report takes half a second: the simulation runs meanwhile.
    threading.Thread(target=importlib.import_module, args=[REPORT], daemon=True).start()
    started = time.monotonic()
    try:
        found = asyncio.run(
            simulate(scenario, out, seed, heap, realtime, url, charge_point_id, progress)
        )
    except (BenchError, OSError) as error:
        progress.close()
        print("error: %s" % error, file=sys.stderr)
        return 1
    progress.close()
    took_s = time.monotonic() - started
    print(
        "%s: %.0f s simulated in %.1f s, %.0f times real time"
        % (scenario.title, found.duration_ms / 1000, took_s, found.duration_ms / 1000 / took_s),
        file=sys.stderr,
    )
    verdict = Verdict(scenario, found)
    summary = json.dumps(verdict.as_dict(scenario, seed), indent=1) + "\n"
    (out / "summary.json").write_text(summary, encoding="utf-8")
    for line in verdict.lines():
        print(line)
    report = importlib.import_module(REPORT)
    report.write(out / "report.html", scenario, seed, found, verdict)
    print("report  %s" % (out / "report.html"))
    return 0 if verdict.held else 1
