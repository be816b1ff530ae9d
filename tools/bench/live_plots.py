# SPDX-License-Identifier: MIT
"""Figures of the live page: the last two minutes, following the time."""

from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    DataRange1d,
    HoverTool,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from . import look

SHOWN_S = 120
KEPT = 6000
SCALED = {
    "grid_mhz": 0.001, "measured_mhz": 0.001, "cp_high_mv": 0.001, "cp_low_mv": 0.001,
    "offer_ma": 0.001, "limit_ma": 0.001, "l1_ma": 0.001, "l2_ma": 0.001, "l3_ma": 0.001,
    "power_w": 0.001, "contactor": 1, "phases": 1,
}  # fmt: skip


class LivePlots:
    """`figures` on one time axis; `draw` appends rows."""

    def __init__(self):
        self.source = ColumnDataSource({key: [] for key in ("t", *SCALED)})
        self.figures = self._plots()

    def _plots(self):
        self.span = Span(dimension="height", line_color=look.INK, line_alpha=0.35)
        self.range = DataRange1d(follow="end", follow_interval=SHOWN_S, range_padding=0)
        amps = self._figure("Current: allowed, offered, taken (A per phase)", 250, first=True)
        for key, label, colour, width in (
            ("limit_ma", "limit", look.GREY, 3),
            ("offer_ma", "offer", look.INK, 2),
            ("l1_ma", "L1", look.BLUE, 3),
            ("l2_ma", "L2", look.ORANGE, 2),
            ("l3_ma", "L3", look.GREEN, 1),
        ):
            self._line(
                amps, key, label, colour, width, "step" if label in ("limit", "offer") else "line"
            )
        amps.y_range = Range1d(-0.5, 40)
        self.amps = amps
        kilowatts = self._figure("Power (kW)", 150)
        self._line(kilowatts, "power_w", "power", look.BLUE, 2)
        hertz = self._figure("Mains frequency (Hz)", 170)
        self._line(hertz, "grid_mhz", "grid", look.GREY, 3)
        self._line(hertz, "measured_mhz", "measured", look.BLUE, 1.5)
        self.hz = hertz
        hertz.y_range = Range1d(49.8, 50.2)
        pilot = self._figure("Control pilot plateaus (V)", 170)
        self._line(pilot, "cp_high_mv", "high", look.RED, 1.5)
        self._line(pilot, "cp_low_mv", "low", look.PURPLE, 1.5)
        pilot.y_range = Range1d(-13.5, 13.5)
        relays = self._figure("Contactor, phases", 120)
        self._line(relays, "contactor", "contactor", look.GREEN, 2.5, "step")
        self._line(relays, "phases", "phases", look.SKY, 1.5, "step")
        relays.y_range = Range1d(-0.3, 4.2)
        relays.yaxis.ticker = [0, 1, 3]
        for made in (amps, kilowatts, hertz, pilot, relays):
            look.legend(made)
        return [amps, kilowatts, hertz, pilot, relays]

    def _figure(self, title, height, first=False):
        made = figure(
            title=title,
            height=height,
            x_range=self.range,
            min_border_left=56,
            tools="xpan,xwheel_zoom,reset,save",
            sizing_mode="stretch_width",
            toolbar_location="above" if first else None,
        )
        made.add_tools(CrosshairTool(overlay=self.span, dimensions="height"))
        look.dress(made)
        return made

    def _line(self, made, key, label, colour, width, kind="line"):
        extra = {"mode": "after"} if kind == "step" else {}
        drawn = getattr(made, kind)(
            "t",
            key,
            source=self.source,
            legend_label=label,
            line_color=colour,
            line_width=width,
            **extra,
        )
        made.add_tools(
            HoverTool(
                renderers=[drawn],
                mode="mouse" if extra else "vline",
                tooltips=[(label, "@%s{0.000}" % key)],
            )
        )

    def draw(self, rows, recent):
        """Append `rows`; scales follow the rows in `recent`."""
        new = {"t": [item["t_ms"] / 1000 for item in rows]}
        for key, scale in SCALED.items():
            new[key] = [item[key] * scale for item in rows]
        new["measured_mhz"] = [value or float("nan") for value in new["measured_mhz"]]
        new["limit_ma"] = [min(value, 80) for value in new["limit_ma"]]
        self.source.stream(new, rollover=KEPT)
        top = max(max(item["limit_ma"], item["l1_ma"]) for item in recent) / 1000
        self.amps.y_range.end = min(top, 63) * 1.25 + 2
        hertz = [item["grid_mhz"] / 1000 for item in recent]
        self.hz.y_range.start = min([*hertz, 49.95]) - 0.05
        self.hz.y_range.end = max([*hertz, 50.05]) + 0.05
