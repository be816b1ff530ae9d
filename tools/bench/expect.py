# SPDX-License-Identifier: MIT
"""The `[expect]` table of a scenario: what this one run must show, beyond the invariants.

Described with examples in tools/bench/README.md. `read` checks the table before the run,
`Expect.check` compares it with the Record afterwards and returns one line per disappointment.
"""

from .billing import well_formed
from .errors import ScenarioError, suggestion
from .summary import summarise

COLUMNS = (
    "grid_mhz", "measured_mhz", "cp_high_mv", "cp_low_mv", "state", "duty_pct", "offer_ma",
    "contactor", "phases", "l1_ma", "l2_ma", "l3_ma", "power_w", "energy_wh", "limit_ma", "reason",
)  # fmt: skip
SIGNALS = (
    "ev_plug", "ev_s2", "cp_connect", "pilot_mode", "duty", "contactor", "phase_relay", "rcd",
    "guard", "contactor_coil", "authorised", "fault", "ev_diode", "cp_short", "weld", "power",
    "ev_mood",
)  # fmt: skip
COUNTS = (
    "contactor_closes",
    "phase_moves",
    "transactions",
    "energy_wh",
    "duty_changes",
    "min_duty_gap_ms",
)
WORDS = ("fault", "events", "ocpp")
EDGE = ("signal", "value", "after", "after_value", "from_s", "min_ms", "max_ms", "never")
KEYS = COUNTS + WORDS + ("at", "final", "edge")


class Expect:
    """The checked table: counts, words, moments (`at`, `final`) and edges."""

    def __init__(self):
        self.counts = {}
        self.words = {}
        self.at = []
        self.final = {}
        self.edges = []

    def check(self, record):
        """[(t_ms, text)] for every expectation the Record does not meet."""
        end_ms = record.duration_ms
        found = [(end_ms, "%s never came, so its event did not" % what) for what in record.missed]
        numbers = summarise(record)
        for key, wanted in self.counts.items():
            if not _suits(numbers[key], wanted):
                found.append((end_ms, "%s %s, expected %s" % (key, numbers[key], _say(wanted))))
        found += self._check_words(record)
        for moment in self.at:
            row = next((row for row in record.rows if row["t_ms"] >= moment["t_s"] * 1000), None)
            columns = {key: value for key, value in moment.items() if key != "t_s"}
            found += _check_row(row, columns, "at %g s" % moment["t_s"], moment["t_s"] * 1000)
        if self.final:
            last = record.rows[-1] if record.rows else None
            found += _check_row(last, self.final, "at the end", end_ms)
        for edge in self.edges:
            disappointed = _check_edge(record, edge)
            if disappointed:
                found.append(disappointed)
        return found

    def _check_words(self, record):
        end_ms = record.duration_ms
        found = []
        seen = [value for _, signal, value in record.edges if signal == "fault"]
        for name in self.words.get("fault", []):
            others = [value for value in seen if value != "none"]
            if name == "none" and others:
                found.append((end_ms, "fault %s, expected none" % others[0]))
            elif name != "none" and name not in seen:
                found.append(
                    (end_ms, "fault %s never came, saw %s" % (name, ", ".join(others) or "none"))
                )
        logged = {item.get("event") for item in record.log}
        for name in self.words.get("events", []):
            if name not in logged:
                found.append((end_ms, "event %s is not in the log" % name))
        actions = {
            item["frame"][2]
            for item in record.frames
            if well_formed(item["frame"]) and item["frame"][0] == 2
        }
        for name in self.words.get("ocpp", []):
            if name not in actions:
                found.append((end_ms, "no %s on the OCPP connection" % name))
        return found


def _suits(value, wanted):
    """A [low, high] range of numbers, a list of words, or one value."""
    if isinstance(wanted, list) and wanted and not isinstance(wanted[0], str):
        return wanted[0] <= value <= wanted[1]
    if isinstance(wanted, list):
        return value in wanted
    return value == wanted


def _say(wanted):
    if isinstance(wanted, list) and not isinstance(wanted[0], str):
        return "%s to %s" % tuple(wanted)
    return " or ".join(wanted) if isinstance(wanted, list) else str(wanted)


def _check_row(row, columns, when, t_ms):
    if row is None:
        return [(t_ms, "%s: the trace has no row" % when)]
    return [
        (t_ms, "%s: %s is %s, expected %s" % (when, key, row[key], _say(wanted)))
        for key, wanted in columns.items()
        if not _suits(row[key], wanted)
    ]


def _check_edge(record, edge):
    from_us = round(edge.get("from_s", 0) * 1e6)
    edges = [item for item in record.edges if item[0] > 0]  # t = 0 are initial values
    name = "%s -> %s" % (edge["signal"], edge["value"])
    since = "%g s" % edge.get("from_s", 0)
    if "after" in edge:
        since = "%s -> %s" % (edge["after"], edge.get("after_value", 1))
        from_us = next(
            (
                t_us
                for t_us, signal, value in edges
                if t_us >= from_us
                and signal == edge["after"]
                and value == edge.get("after_value", 1)
            ),
            None,
        )
        if from_us is None:
            return record.duration_ms, "%s never came, so %s was not tested" % (since, name)
        since += " (%.3f s)" % (from_us / 1e6)
    hit = next(
        (
            t_us
            for t_us, signal, value in edges
            if t_us >= from_us and signal == edge["signal"] and value == edge["value"]
        ),
        None,
    )
    if edge.get("never"):
        within_us = 1000 * edge.get("max_ms", record.duration_ms)
        if hit is not None and hit - from_us <= within_us:
            return hit / 1000, "%s came %d ms after %s, expected never" % (
                name,
                (hit - from_us) // 1000,
                since,
            )
        return None
    if hit is None:
        return record.duration_ms, "%s never came after %s" % (name, since)
    took_ms = (hit - from_us) / 1000
    if took_ms < edge.get("min_ms", 0) or took_ms > edge.get("max_ms", float("inf")):
        return hit / 1000, "%s came %.1f ms after %s, expected %s to %s ms" % (
            name,
            took_ms,
            since,
            edge.get("min_ms", 0),
            edge.get("max_ms", "any"),
        )
    return None


def read(table):
    """The checked Expect; ScenarioError names the key and what was expected."""
    wanted = Expect()
    _known(table, KEYS, "expect.")
    for key in COUNTS:
        if key in table:
            wanted.counts[key] = _value(table[key], "expect." + key)
    for key in WORDS:
        if key in table:
            words = table[key] if isinstance(table[key], list) else [table[key]]
            if not all(isinstance(word, str) for word in words):
                raise ScenarioError("expect.%s: expected a name or a list of names" % key)
            wanted.words[key] = words
    wanted.final = _columns(table.get("final", {}), "expect.final", ())
    for number, moment in enumerate(_tables(table, "at"), 1):
        where = "expect.at[%d]" % number
        wanted.at.append(_columns(moment, where, ("t_s",)))
        if not isinstance(moment.get("t_s"), (int, float)):
            raise ScenarioError(where + ".t_s: expected seconds")
    for number, edge in enumerate(_tables(table, "edge"), 1):
        wanted.edges.append(_edge(edge, "expect.edge[%d]." % number))
    return wanted


def _edge(edge, where):
    _known(edge, EDGE, where)
    for key in ("signal", "value"):
        if key not in edge:
            raise ScenarioError("%s%s: missing" % (where, key))
    for key in ("signal", "after"):
        if key in edge and edge[key] not in SIGNALS:
            raise ScenarioError(
                "%s%s: unknown signal %r%s, expected one of %s"
                % (where, key, edge[key], suggestion(edge[key], SIGNALS), ", ".join(SIGNALS))
            )
    for key in ("from_s", "min_ms", "max_ms"):
        if not _is_number(edge.get(key, 0)):
            raise ScenarioError("%s%s: expected a number, got %r" % (where, key, edge[key]))
    for key in ("value", "after_value"):
        if key in edge and (isinstance(edge[key], bool) or not isinstance(edge[key], (int, str))):
            raise ScenarioError(
                "%s%s: expected a whole number or a word, got %r" % (where, key, edge[key])
            )
    if not isinstance(edge.get("never", False), bool):
        raise ScenarioError("%snever: expected true or false" % where)
    return edge


def _tables(table, key):
    tables = table.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise ScenarioError("expect.%s: expected [[expect.%s]] tables" % (key, key))
    return tables


def _columns(table, where, extra):
    if not isinstance(table, dict):
        raise ScenarioError("%s: expected a table" % where)
    _known(table, COLUMNS + extra, where + ".")
    return {
        key: value if key in extra else _value(value, "%s.%s" % (where, key))
        for key, value in table.items()
    }


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value(value, where):
    if _is_number(value) or isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        numbers = all(_is_number(item) for item in value)
        if (numbers and len(value) == 2) or all(isinstance(v, str) for v in value):
            return value
    raise ScenarioError(
        "%s: expected a value, [low, high] or a list of words, got %r" % (where, value)
    )


def _known(table, keys, where):
    for key in table:
        if key not in keys:
            raise ScenarioError(
                "%s%s: unknown key%s, expected one of %s"
                % (where, key, suggestion(key, keys), ", ".join(keys))
            )
