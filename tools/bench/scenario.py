# SPDX-License-Identifier: MIT
"""A scenario file, read and checked completely before anything runs.

Whatever is wrong becomes one ScenarioError line: the file, the key and what was expected.
The keys are described in tools/bench/README.md.
"""

import tomllib
from pathlib import Path

from . import controls, expect, grid_input, triggers
from .errors import ScenarioError, suggestion

DAY_S = 86400
TOP = (
    "title",
    "seed",
    "duration_s",
    "firmware",
    "grid",
    "board",
    "vehicle",
    "csms",
    "event",
    "expect",
)
GRID = ("trace", "trace_from_s", "trace_to_s", "trace_repeat", "breakpoints", "jitter_us")
WHEN = ("at_s", "when", "nth", "after_s", "from_s")
CSMS = ("embedded", "transport", "blocked", "action")


class Scenario:
    """All a run needs. times in ms, `points` as in grid_input, `events` sorted by `at_ms`.

    an event has at_ms, or when, nth and after_ms.
    csms: "none" or "embedded"; transport: "ws" or "wss"; settings: the checked `[firmware]` table;
    expect: a tools.bench.expect.Expect; text: the file as written.
    """

    def __init__(self):
        self.name = "scenario"
        self.title = ""
        self.text = ""
        self.seed = 1
        self.duration_ms = 600000
        self.settings = {}
        self.points = grid_input.QUIET
        self.jitter_us = 5
        self.supply = "mains"
        self.vehicle = controls.resolve_vehicle("three_phase_16")
        self.csms = "none"
        self.transport = "ws"
        self.blocked = []
        self.actions = []
        self.events = []
        self.expect = expect.Expect()
        self.visits_ms = -1  # from when the simulator notes the states of the firmware, -1 never
        self.settled_s = 0  # ends once all is done and the car has charged for so long, 0 never


def load(path):
    """The Scenario in the file at `path`; ScenarioError when the file is not a good one."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError("%s: expected UTF-8 text" % path) from None
    except OSError as error:
        raise ScenarioError("%s: cannot be read: %s" % (path, error.strerror)) from None
    try:
        return parse(text, path.stem, path.parent)
    except ScenarioError as error:
        raise ScenarioError("%s: %s" % (path, error)) from None


def parse(text, name="scenario", folder=Path(".")):
    """The Scenario in the TOML `text`; relative paths in it are relative to `folder`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError("not TOML: %s" % error) from None
    _known(table, TOP, "")
    scenario = Scenario()
    scenario.name = name
    scenario.text = text
    scenario.title = _text(table, "title", name.replace("_", " "))
    scenario.seed = _whole(table, "seed", 1, 0, 2**30 - 1)
    scenario.duration_ms = round(1000 * _number(table, "duration_s", 600, 0.1, 7 * DAY_S))
    scenario.settings = check_settings(_table(table, "firmware"))
    _read_grid(scenario, _table(table, "grid"), folder)
    _read_board(scenario, _table(table, "board"))
    plug_at_ms = _read_vehicle(scenario, _table(table, "vehicle"))
    if "csms" in table:
        _read_csms(scenario, _table(table, "csms"))
    _read_events(scenario, table.get("event", []), plug_at_ms)
    scenario.expect = expect.read(_table(table, "expect"))
    return scenario


def check_settings(table):
    """The `[firmware]` table, checked by the firmware's own rules; ScenarioError if it is not."""
    triggers.stand_in()
    from firmware import settings

    errors = settings.validate(dict(table))[1]
    if errors:
        raise ScenarioError("[firmware] %s" % "; ".join(errors))
    return dict(table)


def _read_grid(scenario, table, folder):
    _known(table, GRID, "grid.")
    scenario.jitter_us = _whole(table, "jitter_us", 5, 0, 1000, "grid.")
    if "trace" in table and "breakpoints" in table:
        raise ScenarioError("grid: expected trace or breakpoints, not both")
    for key in ("trace_from_s", "trace_to_s", "trace_repeat"):
        if key in table and "trace" not in table:
            raise ScenarioError("grid.%s: needs grid.trace" % key)
    if "trace" in table:
        _read_trace(scenario, table, folder)
    elif "breakpoints" in table:
        try:
            scenario.points = grid_input.from_breakpoints(table["breakpoints"])
        except ValueError as error:
            raise ScenarioError("grid.breakpoints: %s" % error) from None


def _read_trace(scenario, table, folder):
    path = folder / _text(table, "trace", "", "grid.")
    window = [
        _number(table, key, None, 0, 7 * DAY_S, "grid.") for key in ("trace_from_s", "trace_to_s")
    ]
    try:
        scenario.points = grid_input.from_csv(path, *window)
    except OSError as error:
        raise ScenarioError("grid.trace: %s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        raise ScenarioError("grid.trace: %s: %s" % (path, error)) from None
    repeat = table.get("trace_repeat", False)
    if not isinstance(repeat, bool):
        raise ScenarioError("grid.trace_repeat: expected true or false, got %r" % (repeat,))
    if repeat:
        scenario.points = grid_input.repeat(scenario.points, scenario.duration_ms)


def _read_board(scenario, table):
    _known(table, ("supply",), "board.")
    scenario.supply = table.get("supply", "mains")
    if scenario.supply not in ("mains", "backup"):
        raise ScenarioError('board.supply: expected "mains" or "backup", got %r' % scenario.supply)


def _read_vehicle(scenario, table):
    """When to plug in the car if no event does it (ms), None for never."""
    table = dict(table)
    at_s = table.pop("plug_at_s", 1)
    if isinstance(at_s, bool) or not isinstance(at_s, (int, float)) or at_s < -1:
        raise ScenarioError("vehicle.plug_at_s: expected seconds, or -1 for never, got %r" % at_s)
    try:
        scenario.vehicle = controls.resolve_vehicle(table)
    except ValueError as error:
        raise ScenarioError(str(error)) from None
    return round(at_s * 1000) if at_s >= 0 else None


def _read_csms(scenario, table):
    _known(table, CSMS, "csms.")
    embedded = table.get("embedded", True)
    if not isinstance(embedded, bool):
        raise ScenarioError("csms.embedded: expected true or false, got %r" % (embedded,))
    scenario.csms = "embedded" if embedded else "none"
    scenario.transport = table.get("transport", "ws")
    if scenario.transport not in ("ws", "wss"):
        raise ScenarioError(
            'csms.transport: expected "ws" or "wss", got %r' % (scenario.transport,)
        )
    blocked = table.get("blocked", [])
    if not isinstance(blocked, list) or not all(isinstance(tag, str) for tag in blocked):
        raise ScenarioError("csms.blocked: expected a list of card numbers, got %r" % (blocked,))
    scenario.blocked = blocked
    actions = table.get("action", [])
    if not isinstance(actions, list) or not all(isinstance(item, dict) for item in actions):
        raise ScenarioError("csms.action: expected [[csms.action]] tables")
    from . import csms

    for number, action in enumerate(actions, 1):
        where = "csms.action[%d]." % number
        at_s = _number(action, "at_s", None, 0, 7 * DAY_S, where)
        if at_s is None:
            raise ScenarioError(where + "at_s: missing, expected seconds")
        body = {key: value for key, value in action.items() if key != "at_s"}
        problem = csms.check_action(body)
        if problem:
            raise ScenarioError(where + problem)
        scenario.actions.append({"at_ms": round(at_s * 1000), "action": body})
    scenario.actions.sort(key=lambda item: item["at_ms"])


def _read_events(scenario, events, plug_at_ms):
    if not isinstance(events, list) or not all(isinstance(item, dict) for item in events):
        raise ScenarioError("event: expected [[event]] tables")
    for number, event in enumerate(events, 1):
        where = "event[%d]." % number
        fields = {key: value for key, value in event.items() if key not in WHEN}
        try:
            message = controls.check(fields, scenario.vehicle, allow_state=False)
            message.update(_moment(event, where))
        except ValueError as error:
            raise ScenarioError(where + str(error)) from None
        scenario.events.append(message)
    if plug_at_ms is not None and not any(item["do"] == "plug" for item in scenario.events):
        scenario.events.append({"do": "plug", "vehicle": scenario.vehicle, "at_ms": plug_at_ms})
    scenario.events.sort(key=lambda item: item.get("at_ms", 0))


def _moment(event, where):
    """When an event comes: at_ms, or when, nth and after_ms."""
    at_s = _number(event, "at_s", None, 0, 7 * DAY_S, where)
    if "when" not in event:
        for key in WHEN[2:]:
            if key in event:
                raise ValueError("%s: needs when" % key)
        if at_s is None:
            raise ValueError("at_s: missing, expected seconds, or when")
        return {"at_ms": round(at_s * 1000)}
    if at_s is not None:
        raise ValueError("at_s: expected at_s or when, not both")
    return {
        "when": triggers.check(event["when"]),
        "nth": _whole(event, "nth", 1, 1, 1000, where),
        "after_ms": round(1000 * _number(event, "after_s", 0, 0, 7 * DAY_S, where)),
        "from_ms": round(1000 * _number(event, "from_s", 0, 0, 7 * DAY_S, where)),
    }


def _known(table, keys, where):
    for key in table:
        if key not in keys:
            raise ScenarioError(
                "%s%s: unknown key%s, expected one of %s"
                % (where, key, suggestion(key, keys), ", ".join(keys))
            )


def _table(table, key):
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ScenarioError("%s: expected a [%s] table, got %r" % (key, key, value))
    return value


def _text(table, key, default, where=""):
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ScenarioError("%s%s: expected text, got %r" % (where, key, value))
    return value


def _number(table, key, default, low, high, where=""):
    value = table.get(key, default)
    if value is default:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ScenarioError(
            "%s%s: expected a number from %g to %g, got %r" % (where, key, low, high, value)
        )
    return value


def _whole(table, key, default, low, high, where=""):
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ScenarioError(
            "%s%s: expected a whole number from %d to %d, got %r" % (where, key, low, high, value)
        )
    return value
