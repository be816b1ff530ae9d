# SPDX-License-Identifier: MIT
"""docs/cars.md tells the truth about cars and fields."""

from tools.bench import vehicles
from tools.zoo import guide, jobs

TEXT = guide.PATH.read_text(encoding="utf-8")
ROWS = [line.split("|") for line in TEXT.splitlines() if line.startswith("| `")]


def test_the_guide_lists_every_car_as_it_is():
    assert guide.with_table(TEXT) == TEXT, "run python -m tools.zoo.guide"
    assert ": %d simulated cars" % len(vehicles.CARS) in TEXT


def test_the_guide_tells_every_field_with_its_default():
    for field, value in vehicles.DEFAULTS.items():
        if field == "model":
            continue
        row = next(row for row in ROWS if "`%s`" % field in row[1])
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        assert shown in row[2], field


def test_the_guide_tells_every_story():
    told = "".join(row[1] for row in ROWS)
    for name in [*jobs.PLAIN, *jobs.KINDS, "base"]:
        assert "`%s" % name in told, name


def test_every_car_of_the_list_has_its_sources():
    for car in vehicles.CARS.values():
        assert len(guide.numbers(car)) == len(car.own), car.name
        assert all(source for _, _, source in guide.numbers(car)), car.name
