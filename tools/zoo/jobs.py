# SPDX-License-Identifier: MIT
"""One run of the zoo: which car, which story, which seed; and how it is carried out."""

import asyncio
import shutil
import time

try:
    import resource
except ImportError:  # not on Windows
    resource = None

from tools.bench import scenario, vehicles
from tools.bench.errors import BenchError
from tools.bench.run import Verdict, simulate
from tools.bench.triggers import stand_in

stand_in()  # the stories look at the firmware's settings

from . import stories  # noqa: E402
from .judge import Judgement, judge  # noqa: E402

# States in which nothing happens, or which another story comes to.
REST = (
    "phases:idle",
    "wake:idle",
    "pause:idle",
    "state:A1",
    "phases:refused",
    "phases:failed",
    "pause:",
)


class Job:
    """car: name or path of a car file; story: name; step: "" or what the story is cut at."""

    def __init__(self, car, story, step="", seed=1):
        self.car = car
        self.story = story
        self.step = step
        self.seed = seed

    def name(self):
        """Also the name of its folder."""
        step = ("-" + self.step.replace(":", "_")) if self.step else ""
        car = read_car(self.car).name
        return "%s-%s%s-%d" % (car, self.story.replace("/", "_"), step, self.seed)

    def command(self):
        """What a person types to see the same run again."""
        words = ["python -m tools.zoo --cars", str(self.car), "--stories", self.story]
        words += ["--steps", self.step] if self.step else []
        return " ".join(words + ["--seed", str(self.seed), "--keep"])


class Result:
    """What came of a job. seconds: wall; cpu_s: of all processes; visited: states passed."""

    def __init__(self, job, judgement, simulated_s=0, seconds=0, visited=(), cpu_s=0):
        self.job = job
        self.judgement = judgement
        self.simulated_s = simulated_s
        self.seconds = seconds
        self.visited = visited
        self.cpu_s = cpu_s


def read_car(name):
    """A Car by its name or from a file of its own; ValueError when there is none."""
    if str(name).endswith(".toml"):
        return vehicles.read(name)
    if name not in vehicles.CARS:
        raise ValueError("unknown car %r, expected one of %s" % (name, ", ".join(vehicles.CARS)))
    return vehicles.CARS[name]


PLAIN = {function.__name__: function for function in stories.STORIES}
BASES = {function.__name__.replace("short_", ""): function for function in stories.SHORT}
KINDS = ("unplug", "cut")


def names():
    """Names of all stories: plain ones, undisturbed bases, and bases with unplugs or cuts."""
    bases = ["base/" + name for name in BASES]
    return list(PLAIN) + bases + ["%s/%s" % (kind, name) for kind in KINDS for name in BASES]


def build(job):
    """(Story, Car) of a job; the story is None when it does not suit the car."""
    car = read_car(job.car)
    fields = car.fields()
    pace = stories.Pace(fields)
    if job.story in PLAIN:
        return PLAIN[job.story](car, fields, pace), car
    kind, _, base = job.story.partition("/")
    story = BASES[base](car, fields, pace)
    if story is not None and kind in KINDS:
        story = stories.disturbed(story, kind, job.step, pace)
    return story, car


def duration_s(job):
    """Simulated seconds of a job, 0 when its story does not suit the car."""
    story = build(job)[0]
    return story.duration_s if story else 0


def carry_out(job, folder, keep=False):
    """Run a job in `folder`: its Result. Files stay when it did not hold, or on `keep`."""
    begun = time.monotonic()
    cpu_s = _cpu_s()
    story, car = build(job)
    out = folder / job.name()
    text = story.text(car, job.seed)
    plan = scenario.parse(text, job.name())
    plan.settled_s = story.settled_s
    if job.story.startswith("base/"):
        plan.visits_ms = round(1000 * story.from_s)
    simulated_s = plan.duration_ms / 1000  # at the most
    try:
        record = asyncio.run(simulate(plan, out, job.seed))
        judgement = judge(record, story, plan.vehicle)
        visited = record.visited
        simulated_s = record.duration_ms / 1000
    except (BenchError, OSError) as error:
        judgement = Judgement()
        judgement.hung.append("the run failed: %s" % error)
        visited = ()
        record = None
    if judgement.held and not keep:
        shutil.rmtree(out, ignore_errors=True)
    elif record is not None:
        from tools.bench import report  # takes half a second to load

        (out / "scenario.toml").write_text(text, encoding="utf-8")
        report.write(out / "report.html", plan, job.seed, record, Verdict(plan, record))
    seconds = time.monotonic() - begun
    return Result(job, judgement, simulated_s, seconds, tuple(visited), _cpu_s() - cpu_s)


def _cpu_s():
    """CPU seconds of this process and its finished children (0 where nobody counts them)."""
    if resource is None:
        return 0
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def steps_of(result):
    """The states of the firmware that a base story has passed and that are worth a cut."""
    own = {
        "base/start": ("state",), "base/pause": ("state", "pause"), "base/down": ("phases",),
        "base/up": ("phases",), "base/wake": ("wake",),
    }[result.job.story]  # fmt: skip
    steps = [step for step in result.visited if step.split(":")[0] in own and step not in REST]
    if result.job.story == "base/start":
        return steps + ["contactor:1"]
    if result.job.story == "base/pause":  # what the start has not passed
        return [s for s in steps if s in ("state:C1", "state:D1") or s.startswith("pause:")]
    return steps
