# SPDX-License-Identifier: MIT
"""The page of the live bench: what the charger does now, and everything that can be done to it."""

import json
from html import escape

from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    Div,
    Select,
    Slider,
    TextInput,
    Toggle,
)

from . import vehicles
from .controls import FAULTS
from .live_plots import SHOWN_S, LivePlots
from .look import STATES

UPDATE_MS = 250
TILE = (
    "<div style='background:%s;border:1px solid #dfe4ea;border-radius:8px;padding:8px 14px;"
    "min-width:84px'><b style='display:block;font-size:21px;font-weight:600'>%s</b>"
    "<span style='color:#55606b;font-size:12px'>%s</span></div>"
)


class Page:
    """One opened page: its own widgets and plots on the shared LiveBench."""

    def __init__(self, document, bench, with_csms):
        self.document = document
        self.bench = bench
        self.seen = max(0, bench.count - len(bench.rows))
        self.plots = LivePlots()
        self.tiles = Div(sizing_mode="stretch_width")
        self.message = Div(
            text="ready",
            sizing_mode="stretch_width",
            styles={"color": "#55606b", "min-height": "34px"},
        )
        self.log = Div(
            sizing_mode="stretch_width",
            styles={
                "font": "12px/1.5 ui-monospace, monospace",
                "background": "#fff",
                "padding": "8px",
                "border": "1px solid #dfe4ea",
                "border-radius": "8px",
                "height": "180px",
                "overflow-y": "auto",
                "white-space": "pre-wrap",
            },
        )
        self.fault_toggles = {}
        self.grid_seen = None
        self.quiet = False  # a widget is being set by us and not by a person
        left = column(*self._controls(), width=310)
        right = column(self.tiles, *self.plots.figures, self.log, sizing_mode="stretch_width")
        subtitle = "with a central system inside" if with_csms else ""
        head = Div(
            text="<h2 style='margin:12px 0 4px'>GridPilot live bench "
            "<small style='color:#55606b;font-weight:400'>%s</small></h2>" % subtitle
        )
        document.title = "GridPilot live bench"
        document.add_root(
            column(
                head,
                row(left, right, sizing_mode="stretch_width"),
                sizing_mode="stretch_width",
                styles={"padding": "0 18px 24px", "font-family": "system-ui, sans-serif"},
            )
        )
        self.update()
        document.add_periodic_callback(self.update, UPDATE_MS)
        document.add_periodic_callback(self.follow, 1000)

    # --- controls

    def _controls(self):
        self.vehicle = Select(title="Car", value="three_phase_16", options=list(vehicles.CARS))
        plug = Button(label="plug in", button_type="primary", width=135)
        plug.on_click(lambda: self.tell({"do": "plug", "vehicle": self.vehicle.value}))
        unplug = Button(label="unplug", width=135)
        unplug.on_click(lambda: self.tell({"do": "unplug"}))
        self.ready = self._toggle("car wants energy", True, lambda on: {"do": "ready", "on": on})
        self.hertz = Slider(
            title="Grid frequency (Hz)", start=47, end=52, step=0.01, value=50, width=280
        )
        self.hertz.on_change(
            "value_throttled",
            lambda _a, _o, value: self.tell({"do": "grid", "mhz": round(value * 1000)}),
        )
        self.volts = Slider(
            title="Grid voltage (per unit)", start=0, end=1.2, step=0.01, value=1, width=280
        )
        self.volts.on_change(
            "value_throttled", lambda _a, _o, value: self.tell({"do": "grid", "v_pu": value})
        )
        self.card = TextInput(title="Card number", value="04A1B2C3", width=170)
        tap = Button(label="tap card", width=100, margin=(23, 5, 5, 5))
        tap.on_click(lambda: self.tell({"do": "tap", "id_tag": self.card.value}))
        self.power = self._toggle("board power", True, lambda on: {"do": "power", "on": on})
        self.network = self._toggle("network", True, lambda on: {"do": "network", "up": on})
        faults = []
        for name, text in FAULTS.items():
            toggle = self._toggle(
                text, False, lambda on, n=name: {"do": "fault", "name": n, "on": on}, "danger"
            )
            self.fault_toggles[name] = toggle
            faults.append(toggle)
        heading = Div(text="<b>Faults</b>", margin=(12, 5, 0, 5))
        return [
            self.vehicle,
            row(plug, unplug),
            self.ready,
            self.hertz,
            self.volts,
            row(self.card, tap),
            row(self.power, self.network),
            heading,
            *faults,
            self.message,
        ]

    def _toggle(self, label, active, message, kind="success"):
        narrow = label in ("board power", "network")
        toggle = Toggle(
            label=label,
            active=active,
            width=135 if narrow else 280,
            button_type=kind if active else "default",
        )

        def changed(_attribute, _old, on):
            toggle.button_type = kind if on else "default"
            if not self.quiet:
                self.tell(message(on))

        toggle.on_change("active", changed)
        return toggle

    def tell(self, message):
        """Send a command and show what came of it."""

        async def send():
            reply = await self.bench.command(message)
            word = json.dumps(message)
            self.message.text = escape(
                word + (" done" if reply.get("ok") else ": " + reply.get("error", "?"))
            )

        self.document.add_next_tick_callback(send)

    # --- what comes in

    def update(self):
        """Draw the rows that have come since the last time."""
        fresh = self.bench.count - self.seen
        if fresh:
            rows = list(self.bench.rows)
            self.seen = self.bench.count
            self.plots.draw(rows[-fresh:], rows[-SHOWN_S * 10 :])
        lines = [_log_line(item) for item in list(self.bench.log)[-60:]]
        self.log.text = escape("\n".join(reversed(lines)))

    async def follow(self):
        """Tiles and switches from the full state, so that two pages and stdin agree."""
        state = await self.bench.command({"do": "state"})
        if not state.get("ok"):
            self.message.text = escape(state.get("error", ""))
            return
        letter = str(state.get("state", "off"))
        colour = STATES.get(letter[:1], "#fff")
        latest = self.bench.rows[-1] if self.bench.rows else {}
        tiles = [
            (colour, letter, "pilot state"),
            ("#fff", "%.1f A" % (state.get("offer_ma", 0) / 1000), "offer"),
            (
                "#fff",
                "%.1f A" % (min(state.get("limit_ma", 0), 80000) / 1000),
                "limit: %s" % state.get("reason", "-"),
            ),
            ("#fff", "%.2f kW" % (latest.get("power_w", 0) / 1000), "power"),
            ("#fff", "%.3f kWh" % (state.get("energy_wh", 0) / 1000), "meter"),
            (
                "#bfe6d5" if state.get("contactor") else "#fff",
                "closed" if state.get("contactor") else "open",
                "contactor",
            ),
            ("#fff", str(latest.get("phases", "-")), "phases"),
            ("#fff", "yes" if state.get("authorised") else "no", "authorised"),
            (
                "#f2b8a8" if state.get("fault", "none") != "none" else "#fff",
                str(state.get("fault", "none")),
                "fault",
            ),
            ("#fff", str(state.get("vehicle") or "none"), "car"),
        ]
        self.tiles.text = "<div style='display:flex;flex-wrap:wrap;gap:8px'>%s</div>" % "".join(
            TILE % (shade, escape(value), escape(name)) for shade, value, name in tiles
        )
        self.quiet = True
        self.ready.active = bool(state.get("ready", True))
        self.power.active = bool(state.get("power", True))
        self.network.active = bool(state.get("network", True))
        grid = (state.get("grid_mhz", 50000), state.get("v_mv", [230000])[0])
        if grid != self.grid_seen:
            self.grid_seen = grid
            self.hertz.value = round(grid[0] / 1000, 2)
            self.volts.value = round(grid[1] / 230000, 2)
        for name, toggle in self.fault_toggles.items():
            toggle.active = name in state.get("faults", ())
        self.quiet = False


def _log_line(item):
    rest = {key: value for key, value in item.items() if key not in ("t_ms", "event")}
    at = "%10.2f s" % (item["t_ms"] / 1000)
    return "%s  %-18s %s" % (
        at,
        item.get("event", ""),
        " ".join("%s=%s" % (key, value) for key, value in rest.items()),
    )


def build(document, bench, with_csms):
    """Fill a new Bokeh document with the page."""
    Page(document, bench, with_csms)
