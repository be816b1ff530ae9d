# SPDX-License-Identifier: MIT
"""A run as pictures: Bokeh figures over one shared time axis."""

import json

from bokeh.layouts import column as stack
from bokeh.layouts import gridplot
from bokeh.models import (
    AdaptiveTicker,
    ColumnDataSource,
    CompositeTicker,
    CrosshairTool,
    CustomJSHover,
    CustomJSTickFormatter,
    FactorRange,
    HoverTool,
    LinearAxis,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from .billing import well_formed
from .series import column, levels, spans_of_edges, spans_of_rows

# Okabe and Ito's palette: told apart by everybody.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW, GREY, INK = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442", "#9aa0a6",
    "#22303c",
)  # fmt: skip
STATES = {
    "A": "#e8eaed", "B": "#a9d6f5", "C": "#7fd1ae", "D": "#c9b6e4", "E": "#f2a679", "F": "#d98880",
}  # fmt: skip
REASONS = (
    "#c7cdd4", "#f6cf8d", "#d9b38c", "#b5c9e2", "#e3b7d2", "#f2a679", "#bfe3b4", "#9bc7e8",
    "#f5ef9f", "#c9b6e4",
)  # fmt: skip
QUIET_ACTIONS = ("Heartbeat", "MeterValues", "StatusNotification")
STOP_LABEL_PART = 0.028  # of the width: a narrower band stays without its word

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
            title=title, height=height, x_range=self.range, min_border_left=72,
            min_border_right=64, **scale, tools="xpan,xbox_zoom,xwheel_zoom,reset,save",
            active_drag="xbox_zoom", sizing_mode="stretch_width", output_backend="canvas",
        )  # fmt: skip
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
    drawn = draw("x", "y", source=source, legend_label=label, line_color=colour,
                 line_width=width, **extra, **more)  # fmt: skip
    made.add_tools(HoverTool(
        renderers=[drawn], mode="vline" if not step else "mouse", line_policy="nearest",
        tooltips=[(label, "@y{%s} %s" % (digits, unit)), ("at", "@x{custom}")],
        formatters={"@x": time_hover()}))  # fmt: skip
    return drawn


def time_hover():
    """Seconds as h:mm:ss.mmm in a tooltip."""
    return CustomJSHover(code="const tick = value;" + TIME_JS)


def frequency(axis, record):
    """Mains frequency: what the grid does and what the firmware measures."""
    made = axis.figure("Mains frequency", 190)
    made.yaxis.axis_label = "Hz"
    true = column(record.rows, "grid_mhz", 0.001)
    live = [row for row in record.rows if row["measured_mhz"]]
    line(made, true, "grid", GREY, "Hz", "0.000", width=3.5, line_alpha=0.7)
    if live:
        # gaps where the measurement is invalid
        xs, ys, before = [], [], None
        for x, y in zip(*column(live, "measured_mhz", 0.001)):
            if before is not None and _invalid_between(record.rows, before, x):
                xs.append((before + x) / 2)
                ys.append(float("nan"))
            xs.append(x)
            ys.append(y)
            before = x
        line(made, (xs, ys), "measured", BLUE, "Hz", "0.000", width=1.3)
    low, high = min(true[1], default=50), max(true[1], default=50)
    made.y_range = Range1d(min(low, 49.95) - 0.02, max(high, 50.05) + 0.03)
    legend(made)
    return made


def _invalid_between(rows, from_s, to_s):
    if to_s - from_s < 0.15:
        return False
    first = max(0, int(from_s * 10))
    return any(row["measured_mhz"] == 0 for row in rows[first : int(to_s * 10) + 1]
               if from_s < row["t_ms"] / 1000 < to_s)  # fmt: skip


def _colours(words):
    names = sorted(set(words))
    return {name: REASONS[number % len(REASONS)] for number, name in enumerate(names)}


def strips(axis, record):
    """States as coloured bands: pilot, who sets the limit, relays, authorisation, faults."""
    end_s = axis.end_s
    reasons = spans_of_rows(record.rows, "reason")
    reason_colour = _colours([span[2] for span in reasons])
    bands = [("pilot state", spans_of_rows(record.rows, "state"),
              lambda v: STATES.get(v[:1], GREY), str),
             ("limit set by", reasons, reason_colour.get, str)]  # fmt: skip
    onoff = (
        ("contactor", "contactor", "closed", GREEN),
        ("L2/L3 relay", "phase_relay", "three phases", SKY),
        ("authorised", "authorised", "yes", YELLOW),
        ("CP broken", "cp_connect", None, ORANGE),
        ("trip", "rcd", "residual current", RED),
        ("guard", "guard", "tripped", RED),
    )
    for name, signal, word, colour in onoff:
        wanted = 0 if signal == "cp_connect" else 1
        spans = [(a, b, word or "open") for a, b, value
                 in spans_of_edges(record.edges, signal, end_s) if value == wanted]  # fmt: skip
        if spans or signal in ("contactor", "phase_relay"):
            bands.append((name, spans, lambda v, c=colour: c, str))
    faults = [span for span in spans_of_edges(record.edges, "fault", end_s) if span[2] != "none"]
    if faults:
        bands.append(("fault", faults, lambda v: RED, str))
    names = [band[0] for band in bands][::-1]
    made = axis.figure("States", 40 + 24 * len(names), y_range=names)
    made.ygrid.grid_line_color = None
    data = {key: [] for key in ("left", "right", "y", "colour", "text", "took", "mid", "label")}
    for name, spans, colour, say in bands:
        for start, end, value in spans:
            data["left"].append(start)
            data["right"].append(end)
            data["y"].append(name)
            data["colour"].append(colour(value))
            data["text"].append(say(value))
            data["took"].append(end - start)
            wide = end - start > STOP_LABEL_PART * end_s * max(1, len(say(value)) / 4)
            data["mid"].append((start + end) / 2)
            data["label"].append(say(value) if wide else "")
    source = ColumnDataSource(data)
    drawn = made.hbar(y="y", left="left", right="right", height=0.78, color="colour",
                      line_color=None, source=source)  # fmt: skip
    made.text(x="mid", y="y", text="label", source=source, text_align="center",
              text_baseline="middle", text_font_size="11px", text_color=INK)  # fmt: skip
    made.add_tools(HoverTool(
        renderers=[drawn], tooltips=[("@y", "@text"), ("from", "@left{custom}"),
                                     ("for", "@took{0.000} s")],
        formatters={"@left": time_hover()}))  # fmt: skip
    return made


def offer(axis, record):
    """Limit, offer on the pilot and the current the car takes."""
    made = axis.figure("Current: allowed, offered, taken", 240)
    made.yaxis.axis_label = "A per phase"
    line(made, levels(record.rows, "limit_ma", 0.001), "limit", GREY, "A", step=True, width=3,
         line_alpha=0.8)  # fmt: skip
    line(made, levels(record.rows, "offer_ma", 0.001), "offer", INK, "A", step=True, width=1.8)
    # from wide to narrow, so that equal currents stay visible on top of each other
    for name, colour, width in (("l1_ma", BLUE, 3.6), ("l2_ma", ORANGE, 2.2), ("l3_ma", GREEN, 1)):
        line(made, column(record.rows, name, 0.001), name[:2].upper(), colour, "A", width=width)
    top = max([row["offer_ma"] for row in record.rows]
              + [row["l1_ma"] for row in record.rows] + [6000]) / 1000  # fmt: skip
    shown = [row["limit_ma"] / 1000 for row in record.rows if row["limit_ma"] <= 63000]
    made.y_range = Range1d(-0.5, max([top] + shown) * 1.2)
    legend(made)
    return made


def power(axis, record):
    """Power and energy."""
    made = axis.figure("Power and energy", 190)
    made.yaxis.axis_label = "kW"
    kilowatts = column(record.rows, "power_w", 0.001)
    made.varea(x=kilowatts[0], y1=[0] * len(kilowatts[0]), y2=kilowatts[1], fill_color=SKY,
               fill_alpha=0.25)  # fmt: skip
    line(made, kilowatts, "power", BLUE, "kW")
    made.y_range = Range1d(0, max(kilowatts[1], default=1) * 1.25 + 0.1)
    energy = levels(record.rows, "energy_wh", 0.001)
    first = energy[1][0] if energy[1] else 0
    energy = (energy[0], [value - first for value in energy[1]])
    made.extra_y_ranges = {"energy": Range1d(0, max(energy[1], default=1) * 1.25 + 0.01)}
    made.add_layout(LinearAxis(y_range_name="energy", axis_label="kWh"), "right")
    dress(made, False)
    line(made, energy, "energy", ORANGE, "kWh", "0.000", step=True, y_range_name="energy")
    legend(made)
    return made


def plateaus(axis, record):
    """Plateau voltages of the control pilot over the windows of the standard."""
    made = axis.figure("Control pilot plateaus", 210, y_range=Range1d(-13.5, 13.5))
    made.yaxis.axis_label = "V"
    for volts, name in ((12, "A"), (9, "B"), (6, "C"), (3, "D"), (0, "E")):
        made.hspan(y=volts, line_color=STATES[name], line_width=7, line_alpha=0.6)
    line(made, column(record.rows, "cp_high_mv", 0.001), "high", RED, "V", width=1.3)
    line(made, column(record.rows, "cp_low_mv", 0.001), "low", PURPLE, "V", width=1.3)
    legend(made, (10, 42))
    return made


def duty(axis, record):
    """Duty cycle as the drivers set it, to the microsecond."""
    made = axis.figure("Duty cycle", 150, y_range=Range1d(-3, 106))
    made.yaxis.axis_label = "%"
    line(made, levels(record.rows, "duty_pct"), "duty", INK, "%", step=True)
    made.legend.visible = False
    return made


def ocpp(axis, record):
    """Every frame: the upper row is the charger's, the lower one the central system's."""
    rows = ["central system", "charger"]
    made = axis.figure("OCPP", 190, y_range=FactorRange(*rows, range_padding=0.25), last=True)
    data = {key: [] for key in ("x", "y", "colour", "what", "body", "label", "marker")}
    asked = {}
    for item in record.frames:
        frame = item["frame"]
        if not well_formed(frame):
            frame = [4, "", "broken frame", str(frame)]
        call = frame[0] == 2
        if call:
            asked[frame[1]] = frame[2]
        what = frame[2] if call else asked.get(frame[1], "?")
        word = {2: what, 3: what + " answered", 4: what + " refused"}.get(frame[0], "?")
        data["x"].append(item["t_ms"] / 1000)
        data["y"].append("charger" if item["dir"] == "out" else "central system")
        data["colour"].append(RED if frame[0] == 4 else BLUE if call else GREY)
        data["marker"].append("circle" if call else "dot")
        data["what"].append(word)
        data["body"].append(json.dumps(frame[3] if call else frame[2:])[:160])
        data["label"].append(what if call and what not in QUIET_ACTIONS else "")
    _space_labels(data, axis.end_s)
    source = ColumnDataSource(data)
    drawn = made.scatter("x", "y", marker="marker", size=9, color="colour", alpha=0.8,
                         source=source)  # fmt: skip
    made.text("x", "y", text="label", source=source, text_font_size="10px", x_offset=3,
              y_offset=-8, angle=0.18, text_color=INK)  # fmt: skip
    made.add_tools(HoverTool(renderers=[drawn], tooltips=[
        ("@y", "@what"), ("at", "@x{custom}"), ("", "@body")],
        formatters={"@x": time_hover()}))  # fmt: skip
    return made


def _space_labels(data, end_s):
    """Blank the labels that would be written over the one before them in their row."""
    free_from = {}
    for number, word in enumerate(data["label"]):
        row, x = data["y"][number], data["x"][number]
        if word and x >= free_from.get(row, -1):
            free_from[row] = x + end_s * 0.0062 * (len(word) + 1)
        else:
            data["label"][number] = ""


def page(record):
    """All figures of a run under one toolbar."""
    axis = Axis(record.duration_ms / 1000)
    made = [strips(axis, record)]
    if record.rows:
        made += [offer(axis, record), power(axis, record), frequency(axis, record),
                 duty(axis, record), plateaus(axis, record)]  # fmt: skip
    if record.frames:
        made.append(ocpp(axis, record))
    made[-1].xaxis.major_label_text_font_size = "11px"
    made[0].xaxis.major_label_text_font_size = "11px"
    return gridplot([[one] for one in made], merge_tools=True, toolbar_location="right",
                    sizing_mode="stretch_width")  # fmt: skip


def picture(record, title, width=1200):
    """One figure of a session for a README: states, currents, power and frequency, no tools."""
    axis = Axis(record.duration_ms / 1000)
    made = [strips(axis, record), offer(axis, record), power(axis, record),
            frequency(axis, record)]  # fmt: skip
    for one in made:
        one.toolbar_location = None
        one.sizing_mode = "fixed"
        one.width = width
    made[0].title.text = title
    made[-1].xaxis.major_label_text_font_size = "11px"
    return stack(made)
