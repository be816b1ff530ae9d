# SPDX-License-Identifier: MIT
"""How figures look: colours, the shared time axis, lines with their hover."""

from bokeh.models import (
    AdaptiveTicker,
    ColumnDataSource,
    CompositeTicker,
    CrosshairTool,
    CustomJSHover,
    CustomJSTickFormatter,
    HoverTool,
    Range1d,
    Span,
)
from bokeh.plotting import figure

# Okabe and Ito's palette: told apart by everybody.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW, GREY, INK = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442", "#9aa0a6",
    "#22303c",
)  # fmt: skip
STATES = {
    "A": "#e8eaed", "B": "#a9d6f5", "C": "#7fd1ae", "D": "#c9b6e4", "E": "#f2a679", "F": "#d98880",
}  # fmt: skip

TIME_JS = """
const whole = Math.floor(Math.abs(tick) + 1e-6), part = Math.abs(tick) - whole;
const two = n => String(n).padStart(2, "0");
const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
let text = h ? h + ":" + two(m) + ":" + two(s) : m + ":" + two(s);
if (part > 5e-4) text += part.toFixed(3).slice(1).replace(/0+$/, "");
return (tick < -1e-6 ? "-" : "") + text;
"""
TICKERS = (
    {"base": 10, "mantissas": [1, 2, 5], "max_interval": 0.5},
    {"base": 60, "mantissas": [1, 2, 5, 10, 15, 30], "min_interval": 1, "max_interval": 1800},
    {"base": 24 * 3600, "mantissas": [3600, 7200, 14400, 21600], "min_interval": 3600},
)


class Axis:
    """The shared time axis and crosshair of one page."""

    def __init__(self, end_s):
        self.end_s = max(end_s, 0.1)
        self.range = Range1d(0, self.end_s, bounds=(-0.02 * self.end_s, 1.02 * self.end_s))
        self.line = Span(dimension="height", line_color=INK, line_alpha=0.35, line_width=1)

    def figure(self, title, height, y_range=None, last=False):
        """An empty figure on this axis."""
        scale = {} if y_range is None else {"y_range": y_range}
        made = figure(
            title=title,
            height=height,
            x_range=self.range,
            min_border_left=72,
            min_border_right=64,
            **scale,
            tools="xpan,xbox_zoom,xwheel_zoom,reset,save",
            active_drag="xbox_zoom",
            sizing_mode="stretch_width",
            output_backend="canvas",
        )
        made.add_tools(CrosshairTool(overlay=self.line, dimensions="height"))
        dress(made, last)
        return made


def dress(made, labelled=True):
    """The look of all figures: light grid, small type, time as h:mm:ss."""
    made.xaxis.ticker = CompositeTicker(tickers=[AdaptiveTicker(**kind) for kind in TICKERS])
    made.xaxis.formatter = CustomJSTickFormatter(code=TIME_JS)
    made.xaxis.major_label_text_font_size = "11px" if labelled else "0px"
    made.xaxis.minor_tick_line_color = None
    made.yaxis.minor_tick_line_color = None
    made.yaxis.major_label_text_font_size = "11px"
    made.yaxis.axis_label_text_font_style = "normal"
    made.yaxis.axis_label_text_font_size = "11px"
    made.yaxis.axis_label_text_color = "#55606b"
    made.title.text_font_size = "13px"
    made.title.text_color = INK
    made.grid.grid_line_color = "#e7eaee"
    made.outline_line_color = "#cfd5dc"
    for axis in made.axis:
        axis.axis_line_color = "#9aa5b1"
        axis.major_tick_line_color = "#9aa5b1"
        axis.major_label_text_color = "#55606b"


def legend(made, where="top_left"):
    """A small horizontal legend that mutes a line on a click."""
    if not made.legend:
        return
    made.legend.location = where
    made.legend.orientation = "horizontal"
    made.legend.click_policy = "hide"
    made.legend.label_text_font_size = "11px"
    made.legend.padding = 3
    made.legend.spacing = 12
    made.legend.glyph_height = 12
    made.legend.border_line_color = None
    made.legend.background_fill_alpha = 0.8


def line(made, points, label, colour, unit, digits="0.00", step=False, width=1.6, **more):
    """A line or steps with its own hover."""
    source = ColumnDataSource({"x": points[0], "y": points[1]})
    draw = made.step if step else made.line
    extra = {"mode": "after"} if step else {}
    drawn = draw(
        "x",
        "y",
        source=source,
        legend_label=label,
        line_color=colour,
        line_width=width,
        **extra,
        **more,
    )
    made.add_tools(
        HoverTool(
            renderers=[drawn],
            mode="vline" if not step else "mouse",
            line_policy="nearest",
            tooltips=[(label, "@y{%s} %s" % (digits, unit)), ("at", "@x{custom}")],
            formatters={"@x": time_hover()},
        )
    )
    return drawn


def time_hover():
    """Seconds as h:mm:ss.mmm in a tooltip."""
    return CustomJSHover(code="const tick = value;" + TIME_JS)
