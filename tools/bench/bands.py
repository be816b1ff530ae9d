# SPDX-License-Identifier: MIT
"""What is a word and not a number: states as coloured bands, OCPP frames as marks."""

import json

from bokeh.models import ColumnDataSource, FactorRange, HoverTool

from .billing import well_formed
from .look import BLUE, GREEN, GREY, INK, ORANGE, RED, SKY, STATES, YELLOW, time_hover
from .series import spans_of_edges, spans_of_rows

REASONS = (
    "#c7cdd4", "#f6cf8d", "#d9b38c", "#b5c9e2", "#e3b7d2", "#f2a679", "#bfe3b4", "#9bc7e8",
    "#f5ef9f", "#c9b6e4",
)  # fmt: skip
QUIET_ACTIONS = ("Heartbeat", "MeterValues", "StatusNotification")
LABEL_PART = 0.028  # of the width: a narrower band stays without its word


def _colours(words):
    names = sorted(set(words))
    return {name: REASONS[number % len(REASONS)] for number, name in enumerate(names)}


def strips(axis, record):
    """States as coloured bands: pilot, who sets the offer, relays, authorisation, faults."""
    end_s = axis.end_s
    reasons = spans_of_rows(record.rows, "reason")
    reason_colour = _colours([span[2] for span in reasons])
    bands = [
        (
            "pilot state",
            spans_of_rows(record.rows, "state"),
            lambda v: STATES.get(v[:1], GREY),
            str,
        ),
        ("offer set by", reasons, reason_colour.get, str),
    ]
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
        spans = [
            (a, b, word or "open")
            for a, b, value in spans_of_edges(record.edges, signal, end_s)
            if value == wanted
        ]
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
            wide = end - start > LABEL_PART * end_s * max(1, len(say(value)) / 4)
            data["mid"].append((start + end) / 2)
            data["label"].append(say(value) if wide else "")
    source = ColumnDataSource(data)
    drawn = made.hbar(
        y="y",
        left="left",
        right="right",
        height=0.78,
        color="colour",
        line_color=None,
        source=source,
    )
    made.text(
        x="mid",
        y="y",
        text="label",
        source=source,
        text_align="center",
        text_baseline="middle",
        text_font_size="11px",
        text_color=INK,
    )
    made.add_tools(
        HoverTool(
            renderers=[drawn],
            tooltips=[("@y", "@text"), ("from", "@left{custom}"), ("for", "@took{0.000} s")],
            formatters={"@left": time_hover()},
        )
    )
    return made


def ocpp(axis, record):
    """Every frame: the upper row is the charger's, the lower one the central system's."""
    rows = ["central system", "charger"]
    made = axis.figure("OCPP", 190, y_range=FactorRange(*rows, range_padding=0.25), last=True)
    data = {key: [] for key in ("x", "y", "colour", "what", "body", "label", "marker", "align")}
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
        data["align"].append("right" if item["t_ms"] / 1000 > 0.93 * axis.end_s else "left")
        data["label"].append(what if call and what not in QUIET_ACTIONS else "")
    _space_labels(data, axis.end_s)
    source = ColumnDataSource(data)
    drawn = made.scatter(
        "x", "y", marker="marker", size=9, color="colour", alpha=0.8, source=source
    )
    made.text(
        "x",
        "y",
        text="label",
        source=source,
        text_font_size="10px",
        x_offset=3,
        y_offset=-8,
        text_align="align",
        text_color=INK,
    )
    made.add_tools(
        HoverTool(
            renderers=[drawn],
            tooltips=[("@y", "@what"), ("at", "@x{custom}"), ("", "@body")],
            formatters={"@x": time_hover()},
        )
    )
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
