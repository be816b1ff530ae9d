# SPDX-License-Identifier: MIT
"""Figures of the grid report: frequency and power of a case, latency splits, histograms."""

import numpy as np
from bokeh.layouts import gridplot
from bokeh.models import BoxAnnotation, ColumnDataSource, HoverTool, Range1d, Span
from bokeh.plotting import figure

from tools.bench.look import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, SKY, Axis, dress, line
from tools.bench.look import legend as place_legend
from tools.bench.series import spans_of_rows, thin

MOST = 1600
PARTS = (
    ("measurement", SKY),
    ("decision", BLUE),
    ("pilot", INK),
    ("dead", ORANGE),
    ("ramp", GREEN),
)
SETTERS = {"fcr": SKY, "ffr": RED, "lfsm": ORANGE, "frr": PURPLE, "inertia": PURPLE,
           "self_test": BLUE, "grid": RED, "voltage": ORANGE, "hold": ORANGE}  # fmt: skip
BASE = "baseline"  # what the firmware calls the reserve without an answer to give
LEAST_S = 1.0
WORDS = {
    "measurement": "measurement",
    "decision": "confirmation and decision",
    "pilot": "pilot (one PWM period)",
    "dead": "car: dead time",
    "ramp": "car: ramp",
}


def _axis(from_s, to_s):
    axis = Axis(max(to_s, 0.1))
    axis.range = Range1d(from_s, to_s, bounds=(from_s - 1, to_s + 1))
    return axis


def _points(x, y, from_s, to_s):
    part = (x >= from_s) & (x <= to_s)
    return thin(list(x[part]), list(y[part]), MOST)


def frequency(axis, case, found, from_s, to_s):
    """True and measured frequency; the level of a latch as a dashed line."""
    made = axis.figure("Mains frequency", 170)
    made.yaxis.axis_label = "Hz"
    x = found.t_s - case.lead_s
    line(made, _points(x, found.hz, from_s, to_s), "true", GREY, "Hz", "0.000", width=4,
         line_alpha=0.6)  # fmt: skip
    line(made, _points(x, found.measured_hz, from_s, to_s), "measured (500 ms)", BLUE, "Hz",
         "0.000", width=1.4)  # fmt: skip
    if case.level_hz:
        made.add_layout(Span(location=case.level_hz, dimension="width", line_color=RED,
                             line_dash="dashed", line_width=1))  # fmt: skip
    place_legend(made, "bottom_right")
    return made


def volts(axis, case, from_s, to_s):
    """The lowest voltage of a test input that moves it."""
    made = axis.figure("Lowest phase voltage", 150)
    made.yaxis.axis_label = "per unit"
    rows = case.profile.rows
    x = np.array([row[0] for row in rows]) - case.lead_s
    y = np.array([min(row[2:]) for row in rows])
    line(made, (list(x), list(y)), "voltage", PURPLE, "pu", "0.000", width=2)
    made.legend.visible = False
    return made


def power(axis, case, found, from_s, to_s):
    """What was asked, what the pilot offered, what the car drew; marks of the envelope."""
    made = axis.figure("Power: asked, offered, delivered", 250)
    made.yaxis.axis_label = "kW"
    x = found.t_s - case.lead_s
    kilowatt = found.w_per_ma / 1000
    base_ma = case.grid.get("baseline_ma", 0)
    if case.law:
        asked = base_ma - np.array([case.law(hz) for hz in found.hz]) * case.capacity_ma
        line(made, _points(x, asked * kilowatt, from_s, to_s), "asked", ORANGE, "kW", width=4,
             line_alpha=0.55)  # fmt: skip
    changes = [(t - case.lead_s, ma * kilowatt) for t, ma in found.duties]
    steps_x = [t for t, _ in changes] + [float(x[-1])] if changes else []
    steps_y = [kw for _, kw in changes] + [changes[-1][1]] if changes else []
    first = max([i for i, t in enumerate(steps_x) if t <= from_s], default=0)
    shown = [i for i, t in enumerate(steps_x) if i >= first and t <= to_s + 60]
    if len(shown) > 4 * MOST:
        shown = shown[:: len(shown) // (4 * MOST) + 1]
    line(made, ([steps_x[i] for i in shown], [steps_y[i] for i in shown]), "offered", INK, "kW",
         step=True, width=1.5)  # fmt: skip
    line(made, _points(x, found.power_w / 1000, from_s, to_s), "delivered", BLUE, "kW",
         width=2.2)  # fmt: skip
    if case.level_hz:
        _envelope(made, case, found)
    part = (x >= from_s) & (x <= to_s)
    top = max(found.power_w[part].max(initial=1000), 1000) / 1000
    made.y_range = Range1d(0, top * 1.28)
    place_legend(made, "top_left")
    return made


def setters(axis, case, found, from_s, to_s):
    """Who sets the offer at each moment, a row for each, and when the charger says it is armed."""
    rows = [{"t_ms": 1000 * (t - case.lead_s), "reason": BASE if word == "reserve" else word}
            for t, word in zip(found.t_s, found.reason)]  # fmt: skip
    spans = [("offer: " + word, start, end) for start, end, word in spans_of_rows(rows, "reason")]
    since = None
    for item in found.events("grid_armed") + [{"armed": False, "t_ms": 1000 * found.t_s[-1]}]:
        at_s = item["t_ms"] / 1000 - case.lead_s
        if since is not None and not item["armed"]:
            spans.append(("armed", since, at_s))
            since = None
        elif since is None and item["armed"]:
            since = at_s
    spans = [(name, max(start, from_s), min(end, to_s)) for name, start, end in spans
             if end > from_s and start < to_s]  # fmt: skip
    took_s = {}
    for name, start, end in spans:
        took_s[name] = took_s.get(name, 0) + end - start
    spans = [span for span in spans if took_s[span[0]] >= LEAST_S]  # not each moment of the boot
    names = sorted({span[0] for span in spans}, reverse=True) or ["nobody"]
    made = axis.figure("Who sets the offer", 62 + 17 * len(names), y_range=names)
    made.ygrid.grid_line_color = None
    data = {"y": [], "left": [], "right": [], "colour": []}
    for name, start, end in spans:
        data["y"].append(name)
        data["left"].append(start)
        data["right"].append(end)
        data["colour"].append(GREEN if name == "armed" else SETTERS.get(name[7:], GREY))
    made.hbar(y="y", left="left", right="right", height=0.7, color="colour", line_color=None,
              source=ColumnDataSource(data))  # fmt: skip
    return made


def _envelope(made, case, found):
    """FFR: from the crossing on, the power must be below the green area's top in time."""
    crossings = case.profile.crossings(case.level_hz)
    if not crossings:
        return
    base_w, _ = found.drop_w(crossings[0])
    for cross_s in crossings:
        at_s = cross_s - case.lead_s
        made.add_layout(Span(location=at_s, dimension="height", line_color=RED,
                             line_dash="dotted", line_width=1.2))  # fmt: skip
    at_s = crossings[0] - case.lead_s
    made.add_layout(
        BoxAnnotation(left=at_s, right=at_s + 30,
                      bottom=(base_w - 1.35 * case.capacity_w) / 1000,
                      top=(base_w - case.capacity_w) / 1000,
                      fill_color=GREEN, fill_alpha=0.12, line_color=None)
    )  # fmt: skip


def of_case(outcome):
    """The figures of one case: the whole input, and a closer look where one is worth it."""
    case, found = outcome.case, outcome.found
    views = [(-case.lead_s, case.profile.end_s - case.lead_s)]
    if case.view_s:
        views.append(case.view_s)
    columns = []
    for from_s, to_s in views:
        axis = _axis(from_s, to_s)
        made = [frequency(axis, case, found, from_s, to_s)]
        if any(row[2:] != [1.0, 1.0, 1.0] for row in case.profile.rows):
            made.append(volts(axis, case, from_s, to_s))
        made.append(power(axis, case, found, from_s, to_s))
        made.append(setters(axis, case, found, from_s, to_s))
        made[-1].xaxis.major_label_text_font_size = "11px"
        made[-1].xaxis.axis_label = "time of the test input"
        made[-1].xaxis.axis_label_text_font_size = "11px"
        made[-1].xaxis.axis_label_text_font_style = "normal"
        columns.append(made)
    if len(columns) > 1:
        columns[1][0].title.text += ", a closer look"
    rows = [list(row) for row in zip(*columns)]
    return gridplot(rows, merge_tools=True, toolbar_location="right",
                    sizing_mode="stretch_width")  # fmt: skip


def split_name(outcome):
    """The activation in words: latches count to full delivery, curves to half of it."""
    return outcome.case.title + (" (to half)" if outcome.case.half_hz else "")


def splits(outcomes):
    """Stacked bars: where the time went between the true crossing and full delivery."""
    rows = [one for one in outcomes if one.split and one.split.total_ms is not None]
    names = [split_name(one) for one in rows][::-1]
    data = {"name": names}
    for part, _ in PARTS:
        data[part] = [(getattr(one.split, part + "_ms") or 0.0) for one in rows][::-1]
    made = figure(title="Latency of each activation: true crossing to delivery",
                  y_range=names or ["none"], height=110 + 34 * max(1, len(names)),
                  sizing_mode="stretch_width", tools="save", min_border_left=72)  # fmt: skip
    if names:
        drawn = made.hbar_stack([part for part, _ in PARTS], y="name", height=0.62,
                                color=[colour for _, colour in PARTS],
                                source=ColumnDataSource(data),
                                legend_label=[WORDS[part] for part, _ in PARTS])  # fmt: skip
        for (part, _), bar in zip(PARTS, drawn):
            made.add_tools(HoverTool(renderers=[bar], tooltips=[
                ("@name", ""), (WORDS[part], "@%s{0} ms" % part)]))  # fmt: skip
        made.add_layout(made.legend[0], "below")
        made.legend.orientation = "horizontal"
        made.legend.border_line_color = None
        made.legend.label_text_font_size = "11px"
    made.xaxis.axis_label = "ms"
    _plain(made)
    made.ygrid.grid_line_color = None
    return made


def histogram(title, values_ms, bound_ms, colour=BLUE, height=210):
    """How often which latency; the bound as a dashed line."""
    end_ms = max(*values_ms, bound_ms) + 20
    counts, edges = np.histogram(values_ms, bins=np.arange(0, end_ms, 5))
    made = figure(title=title, height=height, sizing_mode="stretch_width", tools="save",
                  min_border_left=72)  # fmt: skip
    made.quad(top=counts, bottom=0, left=edges[:-1], right=edges[1:], fill_color=colour,
              line_color="white")  # fmt: skip
    made.add_layout(Span(location=bound_ms, dimension="height", line_color=RED,
                         line_dash="dashed", line_width=1.5))  # fmt: skip
    made.xaxis.axis_label = "ms from the true crossing to the new duty"
    made.yaxis.axis_label = "phases"
    _plain(made)
    return made


def _plain(made):
    """Look of figures without a time axis."""
    ticker, formatter = made.xaxis[0].ticker, made.xaxis[0].formatter
    dress(made)
    made.xaxis.ticker = ticker
    made.xaxis.formatter = formatter
    made.xaxis.axis_label_text_font_style = "normal"
    made.xaxis.axis_label_text_font_size = "11px"
