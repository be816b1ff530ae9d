# SPDX-License-Identifier: MIT
"""The experiments of the fleet report, run on all cores, and what they must show."""

from concurrent.futures import ProcessPoolExecutor, as_completed

from tools.grid.envelope import Clause

from . import check, stories

SHARES = (0.05, 0.1, 0.2, 0.4, 0.6, 1.0)
SMALL_SHARES = (0.05, 0.2)
# Less than this is a few of the 100 cars at the edge of a step, moved by the noise of their
# measurement (0.01 to 1.2 mHz over seeds at 40 %); limit cycles are ten times as large and more.
QUIET_MHZ = 2.0
WEIGHT = 10


def _compare(n, seconds):
    return check.compare(n, seconds)


class Study:
    """Results: checked, loss, back, unison (lists of Story), pairs (alike, staggered)."""

    def __init__(self, n=10000, small=False):
        self.n = n
        self.weight = WEIGHT * 10000 // n
        self.small = small
        self.checked = None
        self.loss = self.back = self.unison = None
        self.pairs = []
        self.clauses = []

    def tasks(self):
        """[(key, function, positional arguments)]; the long ones first."""
        n, weight = self.n, self.weight
        seconds = 40 if self.small else 90
        loss = [
            ("nobody armed", n, 0.0, "quick", "nordic_c", seconds, weight),
            ("FFR, 10 % armed", n, 0.1, "quick", "nordic_c", seconds, weight),
            ("FFR, 50 % armed", n, 0.5, "quick", "nordic_c", seconds, weight),
            ("FCR-D by droop, 50 %, ordinary cars", n, 0.5, "ordinary", "fcr_d_up", seconds,
             weight),
        ]  # fmt: skip
        until = 500 if self.small else 900
        back = [
            ("all at once", n, 0, 0, 1000000, until, 2 * weight),
            ("after 60 s in range", n, 60, 0, 1000000, until, 2 * weight),
            ("60 s and random 0 to 300 s", n, 60, 300, 1000000, until, 2 * weight),
            ("60 s, random, ramp 1 A/min", n, 60, 300, 1000, until, 2 * weight),
        ]
        found = [("loss", stories.loss, one) for one in loss]
        found += [("back", stories.come_back, one) for one in back]
        wave = 400 if self.small else 600
        found += [
            ("unison", stories.unison, (label, 100, staggered, wave))
            for label, staggered in (("all alike", False), ("staggered", True))
        ]
        for share in SMALL_SHARES if self.small else SHARES:
            for label, staggered in (("all alike", False), ("staggered", True)):
                word = "%g %%, %s" % (100 * share, label)
                args = (word, 100, staggered, share, "ordinary", 200.0 if self.small else 240.0)
                found.append(("loop", stories.closed_loop, args))
        found.append(("check", _compare, (20, 20 if self.small else 60)))
        return found

    def run(self, jobs, progress):
        """Run all tasks; progress(done, total, name) after each."""
        tasks = self.tasks()
        results = [None] * len(tasks)
        with ProcessPoolExecutor(jobs) as pool:
            futures = {pool.submit(task[1], *task[2]): i for i, task in enumerate(tasks)}
            for done, future in enumerate(as_completed(futures), 1):
                i = futures[future]
                results[i] = future.result()
                progress(done, len(tasks), "%s: %s" % (tasks[i][0], tasks[i][2][0]))
        self._sort(tasks, results)
        self._judge()
        return self

    def _sort(self, tasks, results):
        def of(key):
            return [result for task, result in zip(tasks, results) if task[0] == key]

        self.loss, self.back, self.unison = of("loss"), of("back"), of("unison")
        loops = of("loop")
        self.pairs = list(zip(loops[0::2], loops[1::2]))
        self.checked = of("check")[0]

    def shown_pair(self):
        """The closed loop worth a picture: 20 %."""
        return next(pair for pair in self.pairs if pair[0].numbers["share"] == 0.2)

    def _judge(self):
        checked = self.checked
        first = checked["different"][:1]
        self.clauses.append(
            Clause("models equal the firmware's code", "no integer differs",
                   "%d values of %d devices, %d different%s"
                   % (checked["values"], checked["devices"], len(checked["different"]),
                      " (first: %s)" % (first[0],) if first else ""),
                   not checked["different"], "C", "tools/fleet/check.py")
        )  # fmt: skip
        nadirs = [one.numbers["nadir_hz"] for one in self.loss[:3]]
        self.clauses.append(
            Clause("nadir with 0, 10, 50 % of chargers armed", "each higher than the one before",
                   "%.3f, %.3f, %.3f Hz" % tuple(nadirs), nadirs[0] < nadirs[1] < nadirs[2],
                   "C", "")
        )  # fmt: skip
        self._judge_return()
        alike, spread = [one.numbers["error_steps"] for one in self.unison]
        self.clauses.append(
            Clause("stagger: error of the sum of 100 cars", "less than a third of all alike",
                   "%.3f steps alike, %.3f staggered" % (alike, spread), spread < alike / 3,
                   "C", "SINTEF: shifting the droop of each car fixes it")
        )  # fmt: skip
        self._judge_loops()

    def _judge_return(self):
        lowest = [one.numbers["lowest_hz"] for one in self.back]
        steep = [one.numbers["steepest_mw_min"] for one in self.back]
        self.clauses += [
            Clause("return in unison is a loss of its own", "-",
                   "down to %.3f Hz" % min(lowest[:2]), None, "C", ""),
            Clause("random return holds the frequency", "not below 49.85 Hz",
                   "%.3f Hz, with the ramp %.3f Hz" % tuple(lowest[2:]), min(lowest[2:]) >= 49.85,
                   "C", "DCC article 29: random return, at most 5 min (from memory)"),
            Clause("steepest rise of load in a minute", "at most half of the unison's",
                   "%d MW in unison, %d random, %d with ramp" % tuple(steep[1:]),
                   max(steep[2:]) <= steep[1] / 2, "C", ""),
        ]  # fmt: skip

    def _judge_loops(self):
        for alike, spread in self.pairs:
            share = alike.numbers["share"]
            text = "%.2f mHz alike, %.2f mHz staggered" % (
                alike.numbers["cycle_mhz"],
                spread.numbers["cycle_mhz"],
            )
            name = "closed loop, 100 cars are %g %% of FCR-N" % (100 * share)
            if share <= 0.05:
                quiet = max(alike.numbers["cycle_mhz"], spread.numbers["cycle_mhz"]) <= QUIET_MHZ
                need = "at most %g mHz, staggered or not" % QUIET_MHZ
            elif share <= 0.4:
                quiet = spread.numbers["cycle_mhz"] <= QUIET_MHZ
                need = "at most %g mHz when staggered" % QUIET_MHZ
            else:
                quiet = None
                need = "-"
            self.clauses.append(Clause(name, need, text, quiet, "C", ""))

    def as_dict(self):
        """summary.json."""
        return {
            "chargers": self.n,
            "cars_per_charger": self.weight,
            "held": all(clause.passed is not False for clause in self.clauses),
            "checked": {
                key: value if key != "different" else len(value)
                for key, value in self.checked.items()
            },
            "loss": [dict(one.numbers, story=one.label) for one in self.loss],
            "return": [dict(one.numbers, story=one.label) for one in self.back],
            "unison": [dict(one.numbers, story=one.label) for one in self.unison],
            "closed_loop": [dict(s.numbers, story=s.label) for pair in self.pairs for s in pair],
            "findings": [clause.as_dict() for clause in self.clauses],
        }
