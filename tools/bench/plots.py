# SPDX-License-Identifier: MIT
"""A run as pictures: Bokeh figures over one shared time axis."""

from bokeh.layouts import column as stack
from bokeh.layouts import gridplot
from bokeh.models import LinearAxis, Range1d

from .bands import ocpp, strips
from .look import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    STATES,
    Axis,
    dress,
    legend,
    line,
)
from .series import column, levels


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
    made.y_range = Range1d(min(low, 49.97) - 0.01, max(high, 50.03) + 0.02)
    legend(made)
    return made


def _invalid_between(rows, from_s, to_s):
    if to_s - from_s < 0.15:
        return False
    first = max(0, int(from_s * 10))
    return any(
        row["measured_mhz"] == 0
        for row in rows[first : int(to_s * 10) + 1]
        if from_s < row["t_ms"] / 1000 < to_s
    )


def offer(axis, record):
    """Limit, offer on the pilot and the current the car takes."""
    made = axis.figure("Current: allowed, offered, taken", 240)
    made.yaxis.axis_label = "A per phase"
    line(
        made,
        levels(record.rows, "limit_ma", 0.001),
        "limit",
        GREY,
        "A",
        step=True,
        width=3,
        line_alpha=0.8,
    )
    line(made, levels(record.rows, "offer_ma", 0.001), "offer", INK, "A", step=True, width=1.8)
    # from wide to narrow, so that equal currents stay visible on top of each other
    for name, colour, width in (("l1_ma", BLUE, 3.6), ("l2_ma", ORANGE, 2.2), ("l3_ma", GREEN, 1)):
        line(made, column(record.rows, name, 0.001), name[:2].upper(), colour, "A", width=width)
    top = (
        max(
            [row["offer_ma"] for row in record.rows]
            + [row["l1_ma"] for row in record.rows]
            + [6000]
        )
        / 1000
    )
    shown = [row["limit_ma"] / 1000 for row in record.rows if row["limit_ma"] <= 63000]
    made.y_range = Range1d(-0.5, max([top] + shown) * 1.2)
    legend(made)
    return made


def power(axis, record):
    """Power and energy."""
    made = axis.figure("Power and energy", 190)
    made.yaxis.axis_label = "kW"
    kilowatts = column(record.rows, "power_w", 0.001)
    made.varea(
        x=kilowatts[0],
        y1=[0] * len(kilowatts[0]),
        y2=kilowatts[1],
        fill_color=SKY,
        fill_alpha=0.25,
    )
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


def page(record):
    """All figures of a run under one toolbar."""
    axis = Axis(record.duration_ms / 1000)
    made = [strips(axis, record)]
    if record.rows:
        made += [
            offer(axis, record),
            power(axis, record),
            frequency(axis, record),
            duty(axis, record),
            plateaus(axis, record),
        ]
    if record.frames:
        made.append(ocpp(axis, record))
    made[-1].xaxis.major_label_text_font_size = "11px"
    made[0].xaxis.major_label_text_font_size = "11px"
    return gridplot(
        [[one] for one in made],
        merge_tools=True,
        toolbar_location="right",
        sizing_mode="stretch_width",
    )


def picture(record, title, width=1200):
    """One figure of a session for a README: states, currents, power and frequency, no tools."""
    axis = Axis(record.duration_ms / 1000)
    made = [
        strips(axis, record),
        offer(axis, record),
        power(axis, record),
        frequency(axis, record),
    ]
    for one in made:
        one.toolbar_location = None
        one.sizing_mode = "fixed"
        one.width = width
    made[0].title.text = title
    made[-1].xaxis.major_label_text_font_size = "11px"
    return stack(made)
