# SPDX-License-Identifier: MIT
"""Cars by name: what a scenario, the live page or the zoo may plug in.

Each car is a small file in tools/bench/cars: a title, what is special about it, and the fields
that differ from the defaults, each with the source of its number. They are typical numbers for
tests and not measurements of the named cars.
"""

import tomllib
from pathlib import Path

from .errors import suggestion
from .sim.vehicle import DEFAULTS, FIELDS, WAKES, contradiction, problem  # noqa: F401

FOLDER = Path(__file__).parent / "cars"


class Car:
    """One file of the folder: name, title, about, and `own`, the fields it sets.

    like: name of a car that differs in numbers only, or "".
    """

    def __init__(self, name, title, about, own, text="", like=""):
        self.name = name
        self.title = title
        self.about = about
        self.own = own
        self.text = text
        self.like = like

    def fields(self, **more):
        """All fields, with `more` set on top; ValueError when they contradict each other."""
        complete = dict(DEFAULTS)
        complete.update(self.own)
        complete.update(more)
        complete["model"] = self.name
        wrong = contradiction(complete)
        if wrong:
            raise ValueError(wrong)
        return complete


def read(path):
    """The Car in a file; ValueError names the file, the key and what was expected."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ValueError("%s: cannot be read: %s" % (path, error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError("%s: not TOML: %s" % (path, error)) from None
    words = {}
    for key, default in (("title", None), ("about", None), ("like", "")):
        words[key] = table.pop(key, default)
        if not isinstance(words[key], str):
            raise ValueError("%s: %s: expected text, got %r" % (path, key, words[key]))
    for key, value in table.items():
        if key not in FIELDS or key == "model":
            raise ValueError(
                "%s: %s: unknown field%s, expected one of title, about, like, %s"
                % (path, key, suggestion(key, FIELDS), ", ".join(FIELDS))
            )
        expected = problem(key, value)
        if expected:
            raise ValueError("%s: %s: expected %s, got %r" % (path, key, expected, value))
    one = Car(path.stem, words["title"], words["about"], table, text, words["like"])
    try:
        one.fields()
    except ValueError as error:
        raise ValueError("%s: %s" % (path, error)) from None
    return one


CARS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.toml"))}


def car(model):
    """All fields of the car called `model`; KeyError when there is none."""
    return CARS[model].fields()
