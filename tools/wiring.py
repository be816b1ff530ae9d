# SPDX-License-Identifier: MIT
"""Draws what is wired where, from the boards' own data: docs/wiring_pico_w.svg and _esp32.svg.

Usage: python -m tools.wiring        (a test holds the files to the data)
"""

import sys
from xml.sax.saxutils import escape

from firmware import boards
from tools.tree import ROOT

BOARDS = {"pico_w": ("Raspberry Pi Pico W", "GP"), "esp32": ("ESP32-WROOM-32", "IO")}

# Block of the drawing: side, title, what it is, and (name in the board's data, direction, words).
BLOCKS = (
    (
        "left",
        "Control pilot",
        "op-amp on +-12 V, 1 kohm; comparator and divider",
        (
            ("CP_PWM", "out", "1 kHz, high = +12 V"),
            ("CP_CONNECT", "out", "pilot switch, pull-up: connected"),
            ("CP_HIGH", "in", "high plateau (or the bare pilot)"),
            ("CP_LOW", "in", "low plateau, peak detector"),
            ("CP_DUTY", "in", "comparator at 0 V, optional"),
        ),
    ),
    (
        "left",
        "Plug",
        "resistor of the cable",
        (("PROXIMITY", "in", "1 kohm to 3.3 V"),),
    ),
    (
        "left",
        "Mains",
        "optocoupler or comparator behind a transformer",
        (
            ("MAINS", "in", "square wave of L1"),
            ("CLOCK_OUT", "out", "1 MHz, wired to the next pin"),
            ("CLOCK_IN", "in", "pulse counter"),
        ),
    ),
    (
        "left",
        "Energy meter",
        "RS-485, 19200 baud, direction by itself",
        (
            ("METER_TX", "out", "to the transceiver"),
            ("METER_RX", "in", "from the transceiver"),
        ),
    ),
    (
        "right",
        "Contactors",
        "coil drivers with pull-down; feedback by mirror contacts",
        (
            ("CONTACTOR", "out", "main coil, after the monitor"),
            ("PHASE_RELAY", "out", "L2/L3, after the main mirror"),
            ("CONTACTOR_FEEDBACK", "in", "1 = contacts closed"),
            ("PHASE_FEEDBACK", "in", "1 = contacts closed"),
            ("LOAD_L1", "in", "1 = voltage behind the contactor"),
        ),
    ),
    (
        "right",
        "Residual current, earth",
        "RDC-DD 6 mA and RCD type A; earth monitor",
        (
            ("RCD_OK", "in", "1 = healthy, pull-down"),
            ("RCD_TEST", "out", "self-test"),
            ("PE_OK", "in", "1 = earth good, pull-down"),
        ),
    ),
    (
        "right",
        "Temperature",
        "TMP1075 at the terminals",
        (("I2C_SDA", "in", "I2C data"), ("I2C_SCL", "out", "I2C clock")),
    ),
    (
        "right",
        "People",
        "card reader, lamp, button, buzzer",
        (
            ("READER_TX", "out", "serial reader (or SPI)"),
            ("READER_RX", "in", "card number as text"),
            ("LED", "out", "WS2812B"),
            ("BUTTON", "in", "to ground"),
            ("BUZZER", "out", "piezo"),
        ),
    ),
)
ROW, GAP, TOP = 22, 58, 70
CHIP_X, CHIP_W, BOX_W = 430, 160, 330
STYLE = (
    "text{font-family:sans-serif;font-size:13px;fill:#222}"
    ".t{font-weight:bold}.s{font-size:11px;fill:#666}.b{fill:#fafafa;stroke:#888}"
    ".c{fill:#eef4ee;stroke:#464}.in{stroke:#2468a8}.out{stroke:#b03a2e}"
)


MARKERS = "".join(
    f'<marker id="{kind}" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    f'<path d="M0,0 L8,4 L0,8 z" fill="{colour}"/></marker>'
    for kind, colour in (("in", "#2468a8"), ("out", "#b03a2e"))
)


def rows_of(board, names):
    """The pins of a block that this board has, as (name, direction, words, number)."""
    found = []
    for name, direction, words in names:
        number = getattr(board, name, -1)
        if number >= 0:
            found.append((name, direction, words, number))
    return found


def text(x, y, words, kind="", anchor="start"):
    """One line of text."""
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{kind} text-anchor="{anchor}">{escape(words)}</text>'


def block(board, side, y, entry, prefix):
    """SVG lines of one block and its wires; returns (lines, height)."""
    _, title, about, names = entry
    rows = rows_of(board, names)
    height = 44 + ROW * len(rows)
    x = 20 if side == "left" else CHIP_X + CHIP_W + 80
    edge = x + BOX_W if side == "left" else x
    pin = CHIP_X if side == "left" else CHIP_X + CHIP_W
    lines = [f'<rect class="b" x="{x}" y="{y}" width="{BOX_W}" height="{height - 8}" rx="5"/>']
    lines.append(text(x + 10, y + 17, title, "t"))
    lines.append(text(x + 10, y + 32, about, "s"))
    for i, (name, direction, words, number) in enumerate(rows):
        at = y + 50 + ROW * i
        lines.append(text(x + 10, at, f"{name}: {words}"))
        ends = (edge, pin) if (direction == "in") else (pin, edge)
        lines.append(
            f'<line class="{direction}" x1="{ends[0]}" y1="{at - 4}" x2="{ends[1]}" '
            f'y2="{at - 4}" marker-end="url(#{direction})"/>'
        )
        anchor, px = ("start", pin + 8) if side == "left" else ("end", pin - 8)
        lines.append(text(px, at, f"{prefix}{number}", "", anchor))
    return lines, height


def drawing(name):
    """The whole SVG of a board."""
    board = boards.load(name)
    title, prefix = BOARDS[name]
    lines, y = [], {"left": TOP, "right": TOP}
    for entry in BLOCKS:
        if not rows_of(board, entry[3]):
            continue
        side = entry[0]
        more, height = block(board, side, y[side], entry, prefix)
        lines += more
        y[side] += height + 8
    bottom = max(y.values())
    width = CHIP_X + CHIP_W + 100 + BOX_W
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 34}">',
        f"<style>{STYLE}</style>",
        "<defs>" + MARKERS + "</defs>",
        f'<rect width="{width}" height="{bottom + 34}" fill="#fff"/>',
        text(20, 30, f"GridPilot reference board: {title}", "t"),
        text(20, 48, "blue: into the chip, red: out of it; numbers are pins", "s"),
        f'<rect class="c" x="{CHIP_X}" y="{TOP}" width="{CHIP_W}" height="{bottom - TOP}"/>',
        text(CHIP_X + CHIP_W // 2, TOP + 16, title, "t", "middle"),
    ]
    foot = text(20, bottom + 20, f"Made from firmware/boards/{name}.py; see hardware.md.", "s")
    return "\n".join([*head, *lines, foot, "</svg>"]) + "\n"


def path(name):
    """Where the drawing of a board is kept."""
    return ROOT / "docs" / f"wiring_{name}.svg"


def main():
    """Write the drawings."""
    for name in BOARDS:
        path(name).write_text(drawing(name), encoding="utf-8")
        print(path(name).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
