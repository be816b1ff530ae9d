# SPDX-License-Identifier: MIT
"""The list of cars in docs/cars.md, written from the files of tools/bench/cars.

Usage: python -m tools.zoo.guide     writes the list into docs/cars.md
"""

import sys

from tools.bench import vehicles
from tools.tree import ROOT

PATH = ROOT / "docs" / "cars.md"
BEGIN = "<!-- cars: written by python -m tools.zoo.guide -->\n"
END = "<!-- end of cars -->\n"


def numbers(car):
    """[(field, value, source)] of a car, in the order of its file."""
    found = []
    for line in car.text.splitlines():
        field, is_row, rest = line.partition("=")
        if is_row and field.strip() in car.own:
            value, _, source = rest.partition("  # ")
            found.append((field.strip(), value.strip(), source.strip()))
    return found


def table():
    """The cars as a Markdown table: name, what is special, each number with its source."""
    lines = ["| car | what is special | numbers and their sources |", "|---|---|---|"]
    for car in vehicles.CARS.values():
        rows = "<br>".join("`%s` %s: %s" % row for row in numbers(car)) or "all defaults"
        lines.append(
            "| **%s**<br>%s | %s | %s |" % (car.name, car.title, car.about, rows.replace("|", "/"))
        )
    return "\n".join(lines) + "\n"


def with_table(text):
    """The guide with the list of now between its marks."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


def main():
    """Write the list into the guide."""
    PATH.write_text(with_table(PATH.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
