# SPDX-License-Identifier: MIT
"""Figures of the fleet report: several stories over one time axis, bars of the limit cycles."""

from bokeh.layouts import gridplot
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Range1d, Span
from bokeh.plotting import figure
from bokeh.transform import dodge

from tools.bench.look import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, Axis, dress, line
from tools.bench.look import legend as place_legend
from tools.bench.series import thin

COLOURS = (INK, ORANGE, GREEN, BLUE, PURPLE, RED, GREY)
MOST = 1500


def stories(found, title, from_s, to_s, levels=(), mw_title="Support of the fleet",
            where="bottom_right"):  # fmt: skip
    """Frequency and fleet power of some stories, one colour each."""
    axis = Axis(to_s)
    axis.range = Range1d(from_s, to_s, bounds=(from_s - 1, to_s + 1))
    top = axis.figure(title, 270)
    top.yaxis.axis_label = "Hz"
    low = axis.figure(mw_title, 210)
    low.yaxis.axis_label = "MW"
    for number, story in enumerate(found):
        part = (story.t_s >= from_s) & (story.t_s <= to_s)
        for made, values, unit, digits in ((top, story.hz, "Hz", "0.000"),
                                           (low, story.fleet_mw, "MW", "0")):  # fmt: skip
            points = thin(list(story.t_s[part]), list(values[part]), MOST)
            line(made, points, story.label, COLOURS[number % len(COLOURS)], unit, digits, width=2)
    for level in levels:
        top.add_layout(Span(location=level, dimension="width", line_color=RED,
                            line_dash="dashed", line_width=1))  # fmt: skip
    place_legend(top, where)
    top.legend.orientation = "vertical"
    low.legend.visible = False
    low.xaxis.major_label_text_font_size = "11px"
    return gridplot([[top], [low]], merge_tools=True, toolbar_location="right",
                    sizing_mode="stretch_width")  # fmt: skip


def staircase(found):
    """Open loop: what was asked of a hundred cars and what they did together."""
    made = figure(title="A hundred cars of 1 A steps follow a slow wave of the frequency",
                  height=300, sizing_mode="stretch_width", tools="pan,box_zoom,reset,save",
                  min_border_left=72)  # fmt: skip
    ends = [0, len(found[0].hz) // 4]
    line(made, (list(found[0].hz[ends]), list(found[0].asked[ends])), "asked", ORANGE, "A",
         width=6, line_alpha=0.45)  # fmt: skip
    for number, story in enumerate(found):
        half = len(story.hz) // 4
        line(made, (list(story.hz[:half:4]), list(story.fleet_mw[:half:4])), story.label,
             (RED, BLUE)[number], "A", width=1.8)  # fmt: skip
    made.xaxis.axis_label = "Hz"
    made.yaxis.axis_label = "mean shift of a car, A"
    place_legend(made, "top_left")
    _plain(made)
    return made


def cycles(pairs):
    """Bars: peak to peak of the frequency in the last minute, by share and stagger."""
    shares = ["%g %%" % (100 * one.numbers["share"]) for one, _ in pairs]
    data = {
        "share": shares,
        "alike": [max(0.01, one.numbers["cycle_mhz"]) for one, _ in pairs],
        "spread": [max(0.01, two.numbers["cycle_mhz"]) for _, two in pairs],
    }
    made = figure(title="Limit cycle of the frequency when 100 cars are a part of FCR-N",
                  x_range=FactorRange(*shares), y_axis_type="log", y_range=Range1d(0.008, 2000),
                  height=300, sizing_mode="stretch_width", tools="save",
                  min_border_left=72)  # fmt: skip
    source = ColumnDataSource(data)
    for key, by, colour, label in (("alike", -0.18, RED, "all alike"),
                                   ("spread", 0.18, BLUE, "staggered")):  # fmt: skip
        bars = made.vbar(x=dodge("share", by, range=made.x_range), top=key, bottom=0.008,
                         width=0.32, source=source, color=colour,
                         legend_label=label)  # fmt: skip
        made.add_tools(HoverTool(renderers=[bars], tooltips=[
            ("share of FCR-N", "@share"), (label, "@%s{0.00} mHz" % key)]))  # fmt: skip
    made.xaxis.axis_label = "share of the system's FCR-N that comes from cars"
    made.yaxis.axis_label = "mHz peak to peak (log)"
    place_legend(made, "top_left")
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
