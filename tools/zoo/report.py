# SPDX-License-Identifier: MIT
"""The report of the zoo as one HTML file that needs no network."""

from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem;
  color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .5rem; text-align: left;
  vertical-align: top }
th { position: sticky; top: 0; background: #fff }
.ok { color: #17602a } .bad { color: #a4161a; font-weight: 600 } .none { color: #999 }
.sums span { display: inline-block; margin-right: 2rem } .sums b { font-size: 1.6rem }
code, pre { font: 12px/1.4 ui-monospace, monospace; background: #f5f5f5; padding: .1rem .3rem }
pre { padding: .6rem; overflow-x: auto } small { color: #666 }
@media (prefers-color-scheme: dark) {
  body, th { background: #16181c; color: #ddd } code, pre { background: #24272d }
  .ok { color: #7bd389 } .bad { color: #ff8a80 } th, td { border-color: #333 } }
"""
NUMBERS = (("findings", "findings"), ("broken", "invariant breaks"), ("hung", "hung"))


def html(table, seconds, command):
    """The page for a table.Table that took `seconds` of wall time."""
    sums = table.sums()
    parts = ["<!doctype html><html lang=en><meta charset=utf-8>"]
    parts.append("<title>Zoo of cars</title><style>%s</style>" % STYLE)
    parts.append("<h1>Zoo of cars</h1><p class=sums>")
    for key, words in NUMBERS:
        colour = "bad" if sums[key] else "ok"
        parts.append("<span><b class=%s>%d</b> %s</span>" % (colour, sums[key], words))
    parts.append("<span><b>%d</b> cars</span>" % len(table.cars))
    parts.append("<span><b>%d</b> runs</span>" % sums["runs"])
    parts.append("<span><b>%.1f</b> simulated hours</span>" % sums["hours"])
    parts.append("<span><b>%.1f</b> minutes</span></p>" % (seconds / 60))
    parts.append("<p><code>%s</code></p>" % escape(command))
    parts += _broken(table)
    parts += _matrix(table)
    return "\n".join(parts) + "</html>\n"


def _matrix(table):
    yield "<h2>Car by car</h2><table><tr><th>car</th>"
    yield "".join("<th>%s</th>" % escape(name.replace("_", " ")) for name in table.columns)
    yield "</tr>"
    for car in table.cars:
        yield "<tr><td><b>%s</b><br>%s<br><small>%s</small></td>" % tuple(
            escape(text) for text in (car.name, car.title, car.about)
        )
        for name in table.columns:
            cell = table.cell(car, name)
            colour = "bad" if cell.broken else "ok" if cell.results else "none"
            title = ", ".join(sorted({r.judgement.ended for r in cell.results} - {""}))
            yield '<td class=%s title="%s">%s</td>' % (colour, escape(title), cell.text())
        yield "</tr>"
    yield "</table>"


def _broken(table):
    if not table.broken:
        yield "<p class=ok>No car was hurt, no invariant broken, none left hanging.</p>"
        return
    yield "<h2>What broke</h2>"
    for result in table.broken:
        judgement = result.judgement
        yield "<h3>%s</h3><ul>" % escape(result.job.name())
        for texts in (judgement.findings, judgement.broken, judgement.hung):
            for text in texts:
                yield "<li>%s</li>" % escape(text)
        yield "</ul><pre>%s</pre>" % escape(result.job.command())
