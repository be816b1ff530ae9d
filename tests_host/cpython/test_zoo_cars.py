# SPDX-License-Identifier: MIT
"""The cars: every difficult kind is there, and docs/cars.md tells the truth about them."""

import pytest

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


def test_there_are_many_cars_and_each_has_a_source_for_each_number():
    assert len(vehicles.CARS) >= 20
    for car in vehicles.CARS.values():
        assert car.title, car.name
        assert car.about, car.name
        for line in car.text.splitlines():
            if line.partition("=")[0].strip() in car.own:
                assert len(line.partition("  # ")[2]) > 2, (car.name, line)


def test_the_zoo_has_every_kind_of_difficult_car():
    fields = [car.fields() for car in vehicles.CARS.values()]

    def some(**wanted):
        return any(all(one[key] == value for key, value in wanted.items()) for one in fields)

    for phases in (1, 2, 3):
        assert some(phases=phases)
    assert some(bridges=True)
    assert some(stop_ms=-1)
    assert some(simplified=True)
    assert some(c_blip_ms=250)
    assert some(b_blip_after_ms=500, b_blip_ms=40)
    assert some(two_phase_below_ma=8000)
    for signal, hold_ms in (("cp_break", 4000), ("cp_break", 30000), ("cp_break", 44000)):
        assert some(wakes_on=signal, wake_hold_ms=hold_ms)
    for signal in ("x2", "f", "none"):
        assert any(one["sleep_s"] and one["wakes_on"] == signal for one in fields)
    assert max(one["sleep_s"] for one in fields) >= 4 * 3600
    for key in ("light_sleep_after_s", "cool_after_s", "trip_step_ma", "most_pulses", "hold_c_ms"):
        assert any(one[key] for one in fields), key
    assert {one["step_ma"] for one in fields} >= {100, 500, 1000}
    assert max(one["taper_pct"] for one in fields) > 50


WRONG = (
    ("title = 'x'\n", "about: expected text"),
    ("title = 'x'\nabout = 'y'\nphase = 3\n", 'phase: unknown field (did you mean "phases"?)'),
    ("title = 'x'\nabout = 'y'\nphases = 4\n", "phases: expected a whole number from 1 to 3"),
    ("title = 'x'\nabout = 'y'\nbridges = true\n", "rejoin_s: expected the seconds"),
    ("title = \n", "not TOML"),
)


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_a_wrong_car_file_is_named_with_what_was_expected(tmp_path, text, expected):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="mine.toml") as error:
        vehicles.read(path)
    assert expected in str(error.value)
