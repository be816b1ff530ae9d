# SPDX-License-Identifier: MIT
"""report.html: verdict, plots, scenario, last edges and log in one file that needs no network."""

import json
from html import escape

from bokeh.embed import components
from bokeh.resources import INLINE

from . import plots
from .summary import describe

LOG_LINES = 3000
STYLE = """
:root { --ink: #22303c; --soft: #55606b; --line: #dfe4ea; }
body { font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--ink);
  margin: 0; background: #f5f7f9; }
main { max-width: 1500px; margin: 0 auto; padding: 20px 24px 60px; }
h1 { font-size: 24px; margin: 6px 0 2px; } h2 { font-size: 16px; margin: 26px 0 8px; }
.sub { color: var(--soft); margin: 0 0 14px; }
.badge { display: inline-block; padding: 3px 12px; border-radius: 14px; font-weight: 600;
  font-size: 14px; vertical-align: 4px; margin-left: 10px; color: #fff; }
.held { background: #00805e; } .broken { background: #c0392b; }
.cards { display: flex; flex-wrap: wrap; gap: 10px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 8px;
  padding: 8px 14px; min-width: 120px; }
.card b { display: block; font-size: 19px; font-weight: 600; } .card span { color: var(--soft);
  font-size: 12px; }
.box { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 4px 10px 4px 0;
  vertical-align: top; border-top: 1px solid var(--line); } tr:first-child td { border-top: 0; }
td.mark { width: 70px; font-weight: 600; } .ok { color: #00805e; } .bad { color: #c0392b; }
td.name { width: 230px; font-family: ui-monospace, monospace; font-size: 13px; }
pre { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; margin: 0; overflow-x: auto;
  white-space: pre-wrap; }
details { margin-top: 10px; } summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
.scroll { max-height: 420px; overflow-y: auto; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
@media (max-width: 900px) { .two { grid-template-columns: 1fr; } }
"""
MEANING = {
    "contactor_state": "contactor closed only in C2/D2, or C1 within 6 s, diode good, no fault",
    "open_within_100ms": "apart within 100 ms of leaving C or D, of E, F, a trip or power loss",
    "l23_unmoved_while_closed": "L2/L3 never move while the main contacts touch",
    "offer_within_limit": "the duty never stands for more than the lowest limit",
    "energy_authorised": "no energy without authorisation where it is required",
    "transactions_complete": "every transaction stopped or still open, with the meter's energy",
    "ocpp_well_formed": "every frame suits the OCPP schemas and the conversation",
    "no_unhandled_exception": "no exception reached the console",
    "no_harm": "nothing in the models was damaged",
}


def write(path, scenario, seed, record, verdict):
    """Write the report of a run to `path`."""
    script, drawn = components(plots.page(record))
    badge = "held" if verdict.held else "broken"
    parts = [
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        "<title>%s</title>" % escape(scenario.title),
        "<style>%s</style>" % STYLE,
        INLINE.render(),
        script,
        "</head><body><main>",
        "<h1>%s<span class='badge %s'>%s</span></h1>"
        % (escape(scenario.title), badge, "all held" if verdict.held else "broken"),
        "<p class=sub>scenario %s, seed %d, %s simulated</p>"
        % (escape(scenario.name), seed, _clock(record.duration_ms)),
        _cards(verdict.numbers),
        "<h2>Findings</h2>",
        _findings(verdict),
        "<h2>Session</h2><div class=box>",
        drawn,
        "</div>",
        _details(scenario, record),
        "</main></body></html>",
    ]
    path.write_text("\n".join(parts), encoding="utf-8")


def write_picture(path, record, title, width=1200):
    """Write a page with nothing but the picture of a session (to be photographed)."""
    script, drawn = components(plots.picture(record, title, width))
    parts = [
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>",
        "<title>%s</title>" % escape(title),
        "<style>body { margin: 12px; background: #fff; }</style>",
        INLINE.render(),
        script,
        "</head><body>",
        drawn,
        "</body></html>",
    ]
    path.write_text("\n".join(parts), encoding="utf-8")


def _clock(t_ms):
    seconds = t_ms // 1000
    return "%d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)


def _cards(numbers):
    def span(pair):
        if pair is None:
            return "none"
        return "%g ms" % pair[0] if pair[0] == pair[1] else "%g to %g ms" % tuple(pair)

    cards = [
        ("%.2f kWh" % (numbers["energy_wh"] / 1000), "energy"),
        ("%.1f kW" % (numbers["peak_power_w"] / 1000), "peak power"),
        (str(numbers["contactor_closes"]), "contactor closings"),
        (span(numbers["close_after_c_ms"]), "C2 to closed"),
        (span(numbers["open_after_leaving_ms"]), "leaving C to open"),
        (str(numbers["phase_moves"]), "phase relay moves"),
        (str(numbers["duty_changes"]), "duty changes"),
        (str(numbers["transactions"]), "transactions"),
        (", ".join(numbers["faults"]) or "none", "faults"),
    ]
    return "<div class=cards>%s</div>" % "".join(
        "<div class=card><b>%s</b><span>%s</span></div>" % (escape(value), escape(name))
        for value, name in cards
    )


def _row(good, name, text):
    return "<tr><td class='mark %s'>%s</td><td class=name>%s</td><td>%s</td></tr>" % (
        "ok" if good else "bad",
        "held" if good else "BROKEN",
        escape(name),
        text,
    )


def _findings(verdict):
    rows = []
    for name, broken in verdict.invariants.items():
        if broken is None:
            rows.append(_row(True, name, escape(MEANING[name])))
            continue
        text = "<b>at %.3f s: %s</b>" % (broken.t_ms / 1000, escape(broken.text))
        edges = "\n".join(
            "%14.6f s  %-15s %s" % (t_us / 1e6, signal, value)
            for t_us, signal, value in broken.edges
        )
        if edges:
            text += "<pre>%s</pre>" % escape(edges)
        rows.append(_row(False, name, text))
    for t_ms, text in verdict.disappointed:
        rows.append(_row(False, "expect", "<b>at %.3f s: %s</b>" % (t_ms / 1000, escape(text))))
    for text in describe(verdict.numbers):
        rows.append("<tr><td class=mark>info</td><td></td><td>%s</td></tr>" % escape(text))
    for t_ms, text in verdict.notes:
        rows.append(
            "<tr><td class=mark>note</td><td></td><td>at %.3f s: %s</td></tr>"
            % (t_ms / 1000, escape(text))
        )
    return "<div class=box><table>%s</table></div>" % "".join(rows)


def _details(scenario, record):
    log = [
        "%12.3f s  %-20s %s" % (item["t_ms"] / 1000, item.get("event", ""), _rest(item))
        for item in record.log
    ]
    frames = [
        "%12.3f s  %s  %s"
        % (
            item["t_ms"] / 1000,
            "charger >" if item["dir"] == "out" else "        <",
            json.dumps(item["frame"]),
        )
        for item in record.frames
    ]
    parts = []
    for title, lines, opened in (
        ("Scenario", scenario.text.splitlines(), True),
        ("Log of the firmware (%d)" % len(log), log, False),
        ("OCPP frames (%d)" % len(frames), frames, False),
        ("Console (%d)" % len(record.console), record.console, False),
    ):
        if not lines:
            continue
        shown = lines[:LOG_LINES]
        if len(lines) > LOG_LINES:
            left_out = len(lines) - LOG_LINES
            shown = shown + ["... %d more in the files beside this report" % left_out]
        parts.append(
            "<details%s><summary>%s</summary><div class='box scroll'><pre>%s</pre></div>"
            "</details>" % (" open" if opened else "", escape(title), escape("\n".join(shown)))
        )
    return "".join(parts)


def _rest(item):
    rest = {key: value for key, value in item.items() if key not in ("t_ms", "event")}
    return " ".join("%s=%s" % (key, json.dumps(value)) for key, value in rest.items())
