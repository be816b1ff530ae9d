# SPDX-License-Identifier: MIT
"""Runs the jobs of the zoo on all cores and shows how far it is.

The undisturbed stories come first: a base story tells which states the firmware passes with this
car, and each of them becomes a run with an unplug and one with a power cut. Long jobs go first,
so that no core waits for the last one.
"""

import multiprocessing
import queue
import signal
import sys
import time

from .jobs import BASES, KINDS, PLAIN, Job, carry_out, duration_s, read_car, steps_of


class Progress:
    """One line on a terminal, now and then a line elsewhere. Written to stderr."""

    EVERY_S = 15

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.live = stream.isatty()
        self.started = self.told = time.monotonic()

    def show(self, done, total, broken, left_s, last=""):
        """So many of the runs known so far are done; `left_s` simulated seconds remain."""
        now = time.monotonic()
        if not self.live and now - self.told < self.EVERY_S and done < total:
            return
        self.told = now
        text = "%d of %d runs, %d broken, %.0f s, %.1f simulated hours to go" % (
            done,
            total,
            broken,
            now - self.started,
            left_s / 3600,
        )
        if self.live:
            self.stream.write("\r%-100.100s" % (text + ("  " + last if last else "")))
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def close(self):
        """End the line."""
        if self.live:
            self.stream.write("\n")


def first_jobs(cars, stories, seeds):
    """Undisturbed jobs for these cars; bases also when only their disturbed stories are wanted.

    A car that is like another of these in all but numbers has no base stories of its own.
    """
    plain = [name for name in PLAIN if name in stories]
    bases = [
        "base/" + base
        for base in BASES
        if any("%s/%s" % (kind, base) in stories for kind in (*KINDS, "base"))
    ]
    jobs = []
    for car in cars:
        names = plain if read_car(car).like in cars else plain + bases
        jobs += [Job(car, name, "", seed) for seed in seeds for name in names]
    return [job for job in jobs if duration_s(job)]


def next_jobs(result, stories):
    """Disturbed jobs that follow from a base story."""
    job = result.job
    if not job.story.startswith("base/"):
        return []
    base = job.story.partition("/")[2]
    return [
        Job(job.car, "%s/%s" % (kind, base), step, job.seed)
        for kind in KINDS
        if "%s/%s" % (kind, base) in stories
        for step in steps_of(result)
    ]


def run(jobs, stories, folder, workers, keep=False, progress=None, follow=True):
    """Carry out `jobs` and what follows from them: [Result] in the order of their ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lengths = {job.name(): duration_s(job) for job in jobs}
    waiting = sorted(jobs, key=lambda job: lengths[job.name()])
    results = []
    ended = queue.Queue()
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _ignore_int) as pool:  # leaving it ends the workers
        running = 0
        while waiting or running:
            while waiting and running < workers:
                running += 1
                job = waiting.pop()
                pool.apply_async(
                    carry_out, (job, folder, keep), callback=ended.put, error_callback=ended.put
                )
            result = ended.get()
            running -= 1
            if isinstance(result, BaseException):
                raise result
            results.append(result)
            if follow:
                more = next_jobs(result, stories)
                lengths.update((job.name(), duration_s(job)) for job in more)
                waiting = sorted(waiting + more, key=lambda job: lengths[job.name()])
            if progress:
                broken = sum(not result.judgement.held for result in results)
                left_s = sum(lengths[job.name()] for job in waiting)
                total = len(results) + len(waiting) + running
                progress.show(len(results), total, broken, left_s, results[-1].job.name())
    return results


def _ignore_int():
    """Ctrl-C is for the parent, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
