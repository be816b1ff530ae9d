# SPDX-License-Identifier: MIT
"""Writes what happened: trace.csv every 100 ms, edges.csv on change, ocpp.jsonl per frame."""

import json

COLUMNS = (
    "t_ms,grid_mhz,measured_mhz,cp_high_mv,cp_low_mv,state,duty_pct,offer_ma,contactor,"
    "phases,l1_ma,l2_ma,l3_ma,power_w,energy_wh,limit_ma,reason"
)
KEYS = COLUMNS.split(",")
ROW = "%d,%d,%d,%d,%d,%s,%s,%d,%d,%d,%d,%d,%d,%d,%d,%d,%s\n"
FLUSH_ROWS = 50


def percent(ppm):
    """Duty as text with two decimals, trailing zeros dropped: 26.67, 10, 100, 0."""
    hundredths = (ppm + 50) // 100
    whole, part = divmod(hundredths, 100)
    if not part:
        return str(whole)
    return ("%d.%02d" % (whole, part)).rstrip("0")


class Recorder:
    """Keeps rows in memory for a few seconds and appends them in one go."""

    def __init__(self, clock, folder):
        self.clock = clock
        self.trace = open(folder + "/trace.csv", "w")
        self.edges = open(folder + "/edges.csv", "w")
        self.frames = open(folder + "/ocpp.jsonl", "w")
        self.trace.write(COLUMNS + "\n")
        self.edges.write("t_us,signal,value\n")
        self.rows = []
        self.last = {}
        self.live = None  # called with each row as a dict in live mode
        self.on_edge = None  # called with signal and value of each edge
        self._ppm = -1
        self._percent = "0"

    def duty(self, ppm):
        """Text of a duty cycle; it changes rarely, so the last one is kept."""
        if ppm != self._ppm:
            self._ppm = ppm
            self._percent = percent(ppm)
        return self._percent

    def row(self, values):
        """One trace row, values in the order of KEYS."""
        self.rows.append(ROW % values)
        if len(self.rows) >= FLUSH_ROWS:
            self.flush()
        if self.live is not None:
            self.live(dict(zip(KEYS, values)))

    def edge(self, signal, value):
        """A signal has a new value; the same value again is not an edge."""
        if self.last.get(signal) == value:
            return
        self.last[signal] = value
        self.edges.write("%d,%s,%s\n" % (self.clock.now_us, signal, value))
        if self.on_edge is not None:
            self.on_edge(signal, value)

    def frame(self, direction, text):
        """A WebSocket text message went "out" or came "in"."""
        try:
            json.loads(text)  # only to know: the text itself is kept, key order included
            frame = text.replace("\r", "").replace("\n", " ")
        except ValueError:
            frame = json.dumps(text)  # broken frames are sent on purpose, too
        self.frames.write(
            '{"t_ms":%d,"dir":"%s","frame":%s}\n' % (self.clock.now_us // 1000, direction, frame)
        )

    def flush(self):
        """Everything so far is on disk."""
        self.trace.write("".join(self.rows))
        self.rows = []

    def close(self):
        """End of the run."""
        self.flush()
        self.trace.close()
        self.edges.close()
        self.frames.close()
