# SPDX-License-Identifier: MIT
"""The OCPP report as one HTML file that needs no network."""

from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .5rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }
.ok { color: #17602a } .bad { color: #a4161a; font-weight: 600 }
details { margin: .5rem 0 } summary { cursor: pointer }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #ddd }
  .ok { color: #7bd389 } .bad { color: #ff8a80 } th, td { border-color: #333 } }
"""


def html(report):
    """The page for a report (see __main__.py)."""
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>OCPP report</title>"]
    parts.append(f"<style>{STYLE}</style><h1>OCPP 1.6J report</h1>")
    words = "no faults" if report["ok"] else f"{report['faults']} faults"
    colour = "ok" if report["ok"] else "bad"
    parts.append(f"<p class={colour}>{words}, {report['seconds']} s</p><table>")
    for section in report["sections"]:
        colour = "bad" if section["faults"] else "ok"
        parts.append(
            f"<tr><td>{escape(section['title'])}<td class={colour}>{escape(section['summary'])}"
        )
    parts.append("</table>")
    for section in report["sections"]:
        parts.append(f"<h2>{escape(section['title'])}</h2><p>{escape(section['about'])}</p>")
        parts += [f"<p class=bad>{escape(fault)}</p>" for fault in section["faults"]]
        parts.append(f"<details open><summary>{len(section['rows'])} rows</summary><table><tr>")
        parts += [f"<th>{escape(column)}" for column in section["columns"]]
        for row in section["rows"]:
            parts.append("<tr>")
            parts += [f"<td>{escape(str(cell))}" for cell in row]
        parts.append("</table></details>")
    return "".join(parts) + "</html>\n"
