# SPDX-License-Identifier: MIT
"""Results as a table: a line for each car, a column for each kind of story."""

from .jobs import KINDS, PLAIN, read_car


def column(story):
    """Name of the column of a story; an undisturbed base counts with its unplugs."""
    kind, _, base = story.partition("/")
    if not base:
        return kind
    return kind if kind in KINDS else "bases"


class Cell:
    """Runs of one car in one column."""

    def __init__(self):
        self.results = []

    @property
    def broken(self):
        """Results with something to report."""
        return [result for result in self.results if not result.judgement.held]

    def text(self):
        """What the cell says: ok, 12 ok, 3 of 12 broke, or - when there was no run."""
        if not self.results:
            return "-"
        count = len(self.results)
        if self.broken:
            return "%d of %d broke" % (len(self.broken), count) if count > 1 else "broke"
        return "%d ok" % count if count > 1 else "ok"


class Table:
    """cars in order; cells by (car, column); sums over everything."""

    def __init__(self, results):
        self.results = results
        self.cars = []
        self.cells = {}
        self.columns = [*PLAIN, "bases", *KINDS]
        for result in results:
            car = read_car(result.job.car)
            if car.name not in [one.name for one in self.cars]:
                self.cars.append(car)
            key = (car.name, column(result.job.story))
            self.cells.setdefault(key, Cell()).results.append(result)
        self.cars.sort(key=lambda one: one.name)
        used = {key[1] for key in self.cells}
        self.columns = [name for name in self.columns if name in used]

    def cell(self, car, name):
        """The Cell of a car and a column; an empty one when there is none."""
        return self.cells.get((car.name, name), Cell())

    @property
    def broken(self):
        """Results with something to report, by car and story."""
        found = [result for result in self.results if not result.judgement.held]
        return sorted(found, key=lambda result: result.job.name())

    def sums(self):
        """Findings, broken invariants, hung, runs, simulated hours."""
        judgements = [result.judgement for result in self.results]
        return {
            "findings": sum(len(one.findings) for one in judgements),
            "broken": sum(len(one.broken) for one in judgements),
            "hung": sum(len(one.hung) for one in judgements),
            "runs": len(self.results),
            "hours": sum(result.simulated_s for result in self.results) / 3600,
            "cpu_s": sum(result.cpu_s for result in self.results),
        }

    def lines(self):
        """The table for a terminal."""
        width = max([len(car.name) for car in self.cars] + [3])
        widths = [max(len(name), 6) for name in self.columns]
        for car in self.cars:
            for number, name in enumerate(self.columns):
                widths[number] = max(widths[number], len(self.cell(car, name).text()))
        head = "  ".join("%-*s" % pair for pair in zip(widths, self.columns))
        yield "%-*s  %s" % (width, "car", head)
        for car in self.cars:
            texts = [self.cell(car, name).text() for name in self.columns]
            row = "  ".join("%-*s" % pair for pair in zip(widths, texts))
            yield "%-*s  %s" % (width, car.name, row.rstrip())


def details(result):
    """The lines of a run that did not hold, and the command that shows it again."""
    judgement = result.judgement
    yield "%s" % result.job.name()
    for word, texts in (
        ("finding", judgement.findings),
        ("invariant", judgement.broken),
        ("hung", judgement.hung),
    ):
        for text in texts:
            yield "    %-10s %s" % (word, text)
    yield "    %s" % result.job.command()
