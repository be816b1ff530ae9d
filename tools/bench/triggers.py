# SPDX-License-Identifier: MIT
"""What an event may wait for: `when = "phases:moving"`, a name and a value.

The names are parts of the firmware whose state has a name, and the signals of edges.csv.
"""

import sys
import types

from .errors import one_of, suggestion
from .expect import SIGNALS

STATES = (
    "A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2", "E", "F",
)  # fmt: skip


def stand_in():
    """The module `micropython` for CPython, so that control/ and firmware/ can be imported."""
    try:
        import micropython  # noqa: F401
    except ImportError:
        module = types.ModuleType("micropython")
        module.const = lambda value: value
        sys.modules["micropython"] = module


def parts():
    """{name: values in their order} of the firmware's parts that can be waited for."""
    stand_in()
    import importlib

    found = {"state": STATES}
    for name in ("phases", "wake", "pause"):
        try:
            found[name] = importlib.import_module("control." + name).NAMES
        except ImportError:
            continue  # a firmware without that part
    return found


def check(when):
    """`when` if it is something to wait for; ValueError says what was expected."""
    if not isinstance(when, str) or ":" not in when:
        raise ValueError("when: expected text like phases:moving or contactor:1, got %r" % (when,))
    name, _, value = when.partition(":")
    known = parts()
    if name in known:
        if value not in known[name]:
            raise ValueError(
                "when: %s has no %r, expected %s%s"
                % (name, value, one_of(known[name]), suggestion(value, known[name]))
            )
    elif name not in SIGNALS + ("ev_s2", "harm"):
        names = tuple(known) + SIGNALS
        raise ValueError(
            "when: unknown name %r, expected one of %s%s"
            % (name, ", ".join(names), suggestion(name, names))
        )
    return when
