# SPDX-License-Identifier: MIT
"""out/fleet/report.html: the stories of the fleet in one file that needs no network."""

from html import escape

from bokeh.embed import components
from bokeh.resources import INLINE

from tools.bench.report import STYLE
from tools.grid.page import MORE_STYLE, clause_table

from . import figures
from .swing import PARAMETERS

WORDS = {"V": "read in a source", "K": "from memory", "D": "chosen here"}


def parameters():
    """The grid's numbers with their certainty."""
    rows = "".join(
        "<tr><td>%s</td><td>%g %s</td><td><span class='tag %s'>%s</span> %s</td><td>%s</td></tr>"
        % (name, value, unit, tag, tag, WORDS[tag], escape(source))
        for name, (value, unit, tag, source) in PARAMETERS.items()
    )
    head = "<tr><th>parameter</th><th>value</th><th>certainty</th><th>from</th></tr>"
    return "<table>%s%s</table>" % (head, rows)


def numbers(stories, keys):
    """A table of the numbers of some stories."""
    head = "".join("<th>%s</th>" % escape(words) for _, words in keys)
    rows = "".join(
        "<tr><td>%s</td>%s</tr>"
        % (escape(one.label), "".join("<td>%s</td>" % one.numbers[key] for key, _ in keys))
        for one in stories
    )
    return "<table class=num><tr><th></th>%s</tr>%s</table>" % (head, rows)


def box(title, text, drawn, extra=""):
    """One chapter."""
    return "<h2>%s</h2><div class=box><p class=sub>%s</p>%s%s</div>" % (
        escape(title), text, drawn, extra,
    )  # fmt: skip


def write(path, study):
    """`study`: a tools.fleet.study.Study that has been run."""
    plots = {
        "loss": figures.stories(study.loss, "Frequency after the loss of 1.4 GW at 0:10", 5,
                                study.loss[0].t_s[-1], (49.7, 49.0)),
        "first": figures.stories(study.loss, "The first ten seconds", 9, 20, (49.7,)),
        "back": figures.stories(study.back, "Frequency while a fleet returns to service", 0,
                                study.back[0].t_s[-1], (49.9,), "Load of the fleet"),
        "stairs": figures.staircase(study.unison),
        "cycles": figures.cycles(study.pairs),
    }  # fmt: skip
    one, two = study.shown_pair()
    plots["loop"] = figures.stories([one, two], "Closed loop, %g %% of FCR-N from cars: a load "
                                    "step of 150 MW at 0:10" % (100 * one.numbers["share"]),
                                    0, one.t_s[-1], (), "Support of the cars")  # fmt: skip
    script, drawn = components(plots)
    failed = sum(1 for clause in study.clauses if clause.passed is False)
    badge = ("broken", "%d findings failed" % failed) if failed else ("held", "all held")
    checked = study.checked
    parts = [
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        "<title>GridPilot fleet</title><style>%s%s</style>" % (STYLE, MORE_STYLE),
        INLINE.render(), script, "</head><body><main>",
        "<h1>A fleet of chargers on a weak grid<span class='badge %s'>%s</span></h1>" % badge,
        "<p class=sub>%d chargers, each with the firmware's droop, latch, offer and return and a "
        "car of its own, vectorised and compared with the firmware's code: %d integers of %d "
        "devices over %d steps, %d different. One charger here stands for %d cars.</p>"
        % (study.n, checked["values"], checked["devices"], checked["steps"],
           len(checked["different"]), study.weight),
        "<div class=box>%s</div>" % clause_table(study.clauses),
        box("Loss of 1.4 GW in a low-inertia Nordic night",
            "FFR option C (49.7 Hz, 30 s) on 0, 10 and 50 % of the chargers, 5 A each, with cars "
            "quick enough to be armed; and, for comparison, FCR-D by droop with ordinary cars. "
            "Dashed: the level of the latch, and 49.0 Hz.", drawn["loss"] + drawn["first"],
            numbers(study.loss, (("armed_mw", "armed MW"), ("nadir_hz", "nadir Hz"),
                                 ("nadir_s", "after s"), ("settled_hz", "settles at Hz")))),
        box("Return to service: avalanche and rebound",
            "An event has stopped the fleet; at 0:00 the grid is normal again. Without a delay of "
            "their own all cars come back in the same second, and their load is a loss like the "
            "one that stopped them. Random return (to 300 s) and the ramp (1 A/min) are the "
            "firmware's.", drawn["back"],
            numbers(study.back, (("lowest_hz", "lowest Hz"),
                                 ("steepest_mw_min", "steepest MW in a minute"),
                                 ("final_mw", "load at the end MW")))),
        box("Stagger: steps in unison",
            "Cars move in steps of 1 A. Alike, a hundred of them are one big step; shifted by a "
            "hash of the device's name within half a step, they are a line.", drawn["stairs"],
            numbers(study.unison, (("error_steps", "rms error of the sum, steps"),))),
        box("Closed loop: when do cars make the grid hunt?",
            "Cars with 0.8 to 2.5 s of dead time and steps of 1 A take over a share of FCR-N, "
            "hydro power keeps the rest. No noise of load: what moves in the last minute is a "
            "limit cycle. Steps in unison hunt early; staggered fleets do not, until the dead "
            "time itself makes the loop unstable.", drawn["loop"] + drawn["cycles"],
            numbers([s for pair in study.pairs for s in pair],
                    (("cycle_mhz", "frequency, mHz peak to peak"),
                     ("cycle_mw", "cars, MW peak to peak")))),
        "<h2>The grid</h2><div class=box><p class=sub>One swinging mass, hydro governors with "
        "servo and water column. A model to show what chargers do to it, not a study of the "
        "Nordic system.</p>%s</div>" % parameters(),
        "</main></body></html>",
    ]  # fmt: skip
    path.write_text("\n".join(parts), encoding="utf-8")
