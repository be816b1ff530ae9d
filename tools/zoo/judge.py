# SPDX-License-Identifier: MIT
"""What a run of the zoo has shown: findings, broken invariants, and cars left hanging.

A finding is harm to a car, a contact or a cable, a car that was upset, or a fault without cause.
Hanging is an end that is not what the story promised.
"""

from tools.bench import invariants

LAST_MS = 10_000  # the end is judged by the last ten seconds
ENOUGH = 0.97  # of what a car wanted: the rest goes while it rounds down and tapers


class Judgement:
    """findings, broken, hung: lists of lines. `ended` is a word for the table."""

    def __init__(self):
        self.findings = []
        self.broken = []
        self.hung = []
        self.ended = ""

    @property
    def held(self):
        """True when there is nothing to report."""
        return not (self.findings or self.broken or self.hung)


def judge(record, story, fields):
    """The Judgement of a run. `fields` are the car's, as it was plugged in."""
    result = Judgement()
    result.findings = _findings(record)
    for name, broken in invariants.check(record).items():
        if broken and name != "no_harm":
            text = "%s at %.1f s: %s" % (name, broken.t_ms / 1000, broken.text)
            result.broken.append(text)
    for what in record.missed:
        result.hung.append("%s never came" % what)
    if record.ended is None:
        result.hung.append("the simulator died")
    else:
        result.ended, problem = GOALS[story.goal](record, story, fields)
        if problem:
            result.hung.append(problem)
        if story.one_phase_s:
            result.hung += _one_phase(record, story, fields)
    return result


def _findings(record):
    found = []
    for t_us, signal, value in record.edges:
        at = "%.1f s: " % (t_us / 1e6)
        if signal == "harm" and value not in ("", "none"):
            found.append(at + value)
        elif signal == "ev_mood" and value.startswith(("refuses", "stops")):
            found.append(at + "the car " + value)
        elif signal == "fault" and value != "none":
            found.append(at + "fault %s without cause" % value)
    return found


def _last_rows(record, ms=LAST_MS):
    end = record.rows[-1]["t_ms"] if record.rows else 0
    return [row for row in record.rows if row["t_ms"] > end - ms]


def _charges(record, fields):
    """Does current flow at the end? A car that stops to cool may be doing that just now."""
    ms = LAST_MS + 1000 * (2 * fields["cool_s"] if fields["cool_after_s"] else 0)
    return any(row["contactor"] and row["l1_ma"] for row in _last_rows(record, ms))


def _ends(record):
    row = record.rows[-1] if record.rows else {}
    return "%s, %d mA offered (%s)" % (
        row.get("state", "-"),
        row.get("offer_ma", 0),
        row.get("reason", "-"),
    )


def _charging(record, story, fields):
    if _charges(record, fields):
        return "charging", None
    return "hung", "not charging at the end: " + _ends(record)


def _full(record, story, fields):
    got_wh = record.rows[-1]["energy_wh"] - record.rows[0]["energy_wh"] if record.rows else 0
    if got_wh < story.need_wh * ENOUGH:
        return "hung", "got %d Wh of %d: %s" % (got_wh, story.need_wh, _ends(record))
    if record.rows[-1]["contactor"] and not fields["simplified"]:  # it has no S2 to open
        return "hung", "full, and the contactor still closed: " + _ends(record)
    return "full", None


def _resumed(record, story, fields):
    """Charging again, or where nothing can wake the car an honest word about that."""
    if _charges(record, fields):
        return "charging", None
    if fields["wakes_on"] == "none" and _asleep(record):
        told = any(
            item.get("event") == "wake" and item.get("step") == "not_responding"
            for item in record.log
        )
        if told:
            return "asleep, told", None
        return "hung", "the car sleeps on and nobody says so: " + _ends(record)
    return "hung", "not charging after the pause: " + _ends(record)


def _asleep(record):
    moods = [value for _, signal, value in record.edges if signal == "ev_mood"]
    return bool(moods) and moods[-1] == "asleep"


def _one_phase(record, story, fields):
    """Between two times the car must charge on one phase, unless it cannot be stopped for that."""
    if fields["phases"] == 1 or fields["stop_ms"] < 0:
        return []
    from_s, to_s = story.one_phase_s
    for row in record.rows:
        if from_s * 1000 <= row["t_ms"] < to_s * 1000 and row["l2_ma"]:
            return ["still on %d phases at %.0f s" % (row["phases"], row["t_ms"] / 1000)]
    last = _last_rows(record)
    if not any(row["l2_ma"] for row in last) and not fields["cool_after_s"]:
        return ["not back on L2 at the end: " + _ends(record)]
    return []


GOALS = {"charging": _charging, "full": _full, "resumed": _resumed}
