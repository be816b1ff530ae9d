# SPDX-License-Identifier: MIT
"""out/grid/report.html: verdicts, latency, accuracy and every case in one file, no network."""

from html import escape

from bokeh.embed import components
from bokeh.resources import INLINE

from tools.bench.report import STYLE

from . import figures
from .envelope import TAGS

MORE_STYLE = """
.tag { display: inline-block; min-width: 17px; text-align: center; border-radius: 4px;
  font-weight: 600; font-size: 12px; padding: 0 5px; color: #fff; }
.tag.V { background: #0072b2; } .tag.K { background: #b26a00; } .tag.C { background: #5b6770; }
.tag.D { background: #7a5195; }
.k { color: #b26a00; font-size: 12px; }
.src { color: var(--soft); font-size: 12px; }
.toc td, .toc th { padding: 3px 12px 3px 0; } .toc a { color: #0b5394; text-decoration: none; }
table.num td, table.num th { text-align: right; font-variant-numeric: tabular-nums;
  padding: 3px 14px 3px 0; }
table.num td:first-child, table.num th:first-child { text-align: left; }
.case { margin-top: 26px; } .case h3 { font-size: 16px; margin: 0 0 2px; }
.badge.small { font-size: 12px; padding: 1px 9px; vertical-align: 1px; }
.legendline { margin: 8px 0 0; color: var(--soft); font-size: 13px; }
details > div { margin-top: 8px; }
"""


def verdict_mark(passed):
    """(class, word) of a verdict."""
    return {True: ("ok", "held"), False: ("bad", "FAILED"), None: ("", "info")}[passed]


def clause_rows(clauses):
    """Table rows of clauses."""
    rows = []
    for clause in clauses:
        css, word = verdict_mark(clause.passed)
        doubt = "<br><span class=k>%s</span>" % TAGS["K"] if clause.tag == "K" else ""
        rows.append(
            "<tr><td class='mark %s'>%s</td><td>%s</td><td>%s</td><td>%s</td>"
            "<td><span class='tag %s' title='%s'>%s</span> <span class=src>%s</span>%s</td></tr>"
            % (css, word, escape(clause.name), escape(clause.required),
               escape(clause.measured), clause.tag, TAGS[clause.tag], clause.tag,
               escape(clause.source), doubt)
        )  # fmt: skip
    return "".join(rows)


def clause_table(clauses):
    """Clauses with their head."""
    return (
        "<table><tr><th></th><th>clause</th><th>required</th><th>measured</th>"
        "<th>certainty of the number</th></tr>%s</table>" % clause_rows(clauses)
    )


def contents(outcomes):
    """One line per case."""
    rows = []
    for one in outcomes:
        failed = sum(1 for clause in one.clauses if clause.passed is False)
        judged = sum(1 for clause in one.clauses if clause.passed is not None)
        css, word = verdict_mark(one.held)
        doubtful = sum(1 for clause in one.clauses if clause.tag == "K")
        rows.append(
            "<tr><td class='mark %s'>%s</td><td>%s</td><td><a href='#%s'>%s</a></td><td>%s</td>"
            "<td>%d of %d clauses</td><td class=src>%s</td></tr>"
            % (css, word, escape(one.case.service), one.case.name, escape(one.case.title),
               escape(one.case.vehicle.get("model", "")), judged - failed, judged,
               "%d not verified" % doubtful if doubtful else "")
        )  # fmt: skip
    return (
        "<table class=toc><tr><th></th><th>service</th><th>test</th><th>car</th><th>held</th>"
        "<th>numbers from memory</th></tr>%s</table>" % "".join(rows)
    )


def accuracy_table(rows):
    """The accuracy of the frequency measurement, mHz."""
    cells = []
    for row in rows:
        numbers = []
        for key in ("fast", "slow", "used_now"):
            found = row.get(key)
            numbers += ["%.2f" % found["rms"], "%+.1f" % found["worst"]] if found else ["-", "-"]
        gap = "%.0f ms" % row["gap_ms"] if row["gap_ms"] else "-"
        numbers += ["%.1f %%" % (row["valid_pm"] / 10), gap]
        cells.append(
            "<tr><td>%s</td>%s</tr>"
            % (escape(row["case"]), "".join("<td>%s</td>" % text for text in numbers))
        )
    return (
        "<table class=num><tr><th>edges</th><th>fast window<br>rms mHz</th><th>worst</th>"
        "<th>slow window<br>rms mHz</th><th>worst</th><th>droop follows<br>rms mHz</th>"
        "<th>worst</th><th>valid</th><th>longest gap</th></tr>"
        "%s</table>" % "".join(cells)
    )


def split_table(outcomes):
    """Latency of each activation in ms."""
    rows = []
    for one in outcomes:
        if not one.split:
            continue
        data = one.split.as_dict()
        keys = ("measurement_ms", "decision_ms", "pilot_ms", "pin_ms", "dead_ms", "ramp_ms",
                "total_ms")  # fmt: skip
        cells = "".join("<td>%s</td>" % ("-" if data[key] is None else data[key]) for key in keys)
        rows.append("<tr><td>%s</td>%s</tr>" % (escape(figures.split_name(one)), cells))
    return (
        "<table class=num><tr><th>activation</th><th>measurement</th><th>decision</th>"
        "<th>pilot</th><th>to the pin</th><th>car, dead time</th><th>car, ramp</th>"
        "<th>total, ms</th></tr>%s</table>" % "".join(rows)
    )


def case_part(outcome, drawn):
    """Heading, clauses and figures of one case."""
    case = outcome.case
    css = "held" if outcome.held else "broken"
    word = "held" if outcome.held else "not held"
    said = []
    if case.capacity_ma:
        said.append("capacity %.1f A per phase = %.0f W" % (case.capacity_ma / 1000,
                                                            case.capacity_w))  # fmt: skip
    said.append("car: %s" % case.vehicle.get("model", ""))
    said.append("input: %s (%s)" % (case.profile.name, case.profile.provenance))
    return (
        "<div class='box case' id='%s'><h3>%s <span class='badge small %s'>%s</span></h3>"
        "<p class=sub>%s</p>%s%s%s</div>"
        % (case.name, escape(case.title), css, word, escape("; ".join(said)),
           "<p>%s</p>" % escape(case.note) if case.note else "",
           clause_table(outcome.clauses), drawn)
    )  # fmt: skip


def card(value, name):
    """One number of the head line."""
    return "<div class=card><b>%s</b><span>%s</span></div>" % (escape(value), escape(name))


def write(path, outcomes, bench, command):
    """`bench`: results at edge level (see edge_level.py). `command`: how this was made."""
    plots = {one.case.name: figures.of_case(one) for one in outcomes if one.found is not None
             and len(one.found.t_s)}  # fmt: skip
    plots["splits"] = figures.splits(outcomes)
    for number, (title, values, bound) in enumerate(bench.histograms()):
        plots["hist%d" % number] = figures.histogram(title, values, bound)
    script, drawn = components(plots)
    clauses = [clause for one in outcomes for clause in one.clauses] + bench.clauses
    failed = sum(1 for clause in clauses if clause.passed is False)
    judged = sum(1 for clause in clauses if clause.passed is not None)
    badge = ("broken", "%d of %d clauses failed" % (failed, judged)) if failed else (
        "held", "all %d clauses held" % judged)  # fmt: skip
    doubtful = sum(1 for clause in clauses if clause.tag == "K")
    cards = [card("%d of %d" % (sum(one.held for one in outcomes), len(outcomes)),
                  "tests held")] + [card(*pair) for pair in bench.cards()]  # fmt: skip
    histograms = "".join(
        "<div>%s</div>" % drawn["hist%d" % n] for n in range(len(bench.histograms()))
    )
    tags = ", ".join("<span class='tag %s'>%s</span> %s" % (t, t, escape(words))
                     for t, words in TAGS.items())  # fmt: skip
    parts = [
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        "<title>GridPilot grid report</title>",
        "<style>%s%s</style>" % (STYLE, MORE_STYLE),
        INLINE.render(),
        script,
        "</head><body><main>",
        "<h1>Grid services at the plug<span class='badge %s'>%s</span></h1>" % badge,
        "<p class=sub>Every test runs the whole firmware on MicroPython against a simulated car "
        "and mains (<code>%s</code>). Frequency is the charger's own measurement of the zero "
        "crossings, 5 us of jitter included. %d of the %d numbers judged against come from "
        "memory and are <b>not verified against the operator's document</b>; this is no "
        "prequalification.</p>" % (escape(command), doubtful, judged),
        "<div class=cards>%s</div>" % "".join(cards),
        "<p class=legendline>Certainty of a number: %s.</p>" % tags,
        "<h2>Tests</h2><div class=box>%s</div>" % contents(outcomes),
        "<h2>Latency</h2><div class=box><p class=sub>Measurement: until the firmware's own code, "
        "fed with the very edges of the run, says that the level is passed. Decision: "
        "confirmation, and the next control step. Latches count to full delivery; curves from "
        "the frequency of half the response to half the response. The car is sampled every "
        "100 ms.</p>%s%s<div class=two>%s</div>%s</div>"
        % (drawn["splits"], split_table(outcomes), histograms, clause_table(bench.clauses)),
        "<h2>Accuracy of the frequency measurement</h2><div class=box>",
        "<p class=sub>Error of each window against the true frequency in its middle, and of what "
        "the droop follows (5 to 25 cycles) against the true frequency of that moment, its delay "
        "included; edges as the zero-crossing detector hands them over, 5 us of jitter where "
        "nothing else is said.</p>%s</div>" % accuracy_table(bench.accuracy),
        "<h2>The tests one by one</h2>",
        "".join(case_part(one, drawn.get(one.case.name, "")) for one in outcomes),
        "</main></body></html>",
    ]
    path.write_text("\n".join(parts), encoding="utf-8")
