# SPDX-License-Identifier: MIT
"""The mains of a scenario: a recorded trace or breakpoints become points for the simulator.

A point is [t_ms, frequency in mHz, voltage of L1, L2, L3 in per mille of 230 V]. The simulator
goes in straight lines from point to point; after the last one its values hold.
"""

import csv
import math

QUIET = [[0, 50000, 1000, 1000, 1000]]
V_COLUMNS = ("v_l1_pu", "v_l2_pu", "v_l3_pu")


def point(t_s, f_hz, volts_pu):
    """One point from seconds, Hz and per unit; ValueError names what is out of range."""
    if not 40 <= f_hz <= 70:
        raise ValueError("frequency %g Hz: expected 40 to 70" % f_hz)
    for volt in volts_pu:
        if not 0 <= volt <= 1.5:
            raise ValueError("voltage %g pu: expected 0 to 1.5" % volt)
    return [round(t_s * 1000), round(f_hz * 1000)] + [round(v * 1000) for v in volts_pu]


def from_breakpoints(rows):
    """Points from [[t_s, hz], ...], [[t_s, hz, v_pu], ...] or with three voltages."""
    if not isinstance(rows, list) or not rows:
        raise ValueError("expected a list like [[0, 50.0], [10, 49.8]]")
    points = []
    for number, row in enumerate(rows, 1):
        if (
            not isinstance(row, list)
            or len(row) not in (2, 3, 5)
            or not all(
                isinstance(item, (int, float)) and not isinstance(item, bool) for item in row
            )
        ):
            raise ValueError(
                "entry %d: expected [t_s, hz], [t_s, hz, v_pu] or three voltages, "
                "got %r" % (number, row)
            )
        volts = row[2:] if len(row) == 5 else row[2:] * 3 if len(row) == 3 else [1, 1, 1]
        try:
            points.append(point(row[0], row[1], volts))
        except ValueError as error:
            raise ValueError("entry %d: %s" % (number, error)) from None
    return _in_order(points)


def from_csv(path, from_s=None, to_s=None):
    """Points from a CSV file with the columns t_s, f_hz and perhaps v_l1_pu .. v_l3_pu.

    A row that says nan is a lost sample and is left out.
    `from_s` and `to_s` cut a window out of the trace; the window starts at simulated time 0.
    OSError when the file cannot be read, ValueError with the line when its content is wrong.
    """
    rows = []
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or []
        for needed in ("t_s", "f_hz"):
            if needed not in header:
                raise ValueError("column %s is missing, found %s" % (needed, ", ".join(header)))
        volt_columns = [name for name in V_COLUMNS if name in header]
        if volt_columns and len(volt_columns) != 3:
            raise ValueError("expected all of %s or none" % ", ".join(V_COLUMNS))
        for row in reader:
            try:
                volts = [float(row[name]) for name in volt_columns] or [1.0, 1.0, 1.0]
                t_s, f_hz = float(row["t_s"]), float(row["f_hz"])
                if math.isnan(f_hz) or any(math.isnan(volt) for volt in volts):
                    continue  # a lost sample of a recording: straight on to the next one
                point(t_s, f_hz, volts)
            except (TypeError, ValueError) as error:
                raise ValueError("line %d: %s" % (reader.line_num, error)) from None
            if rows and t_s <= rows[-1][0]:
                raise ValueError("line %d: time %g s does not go on" % (reader.line_num, t_s))
            rows.append((t_s, f_hz, volts))
    if not rows:
        raise ValueError("no rows in it")
    return _in_order(_window(rows, from_s, to_s))


def repeat(points, until_ms, seam_ms=2000):
    """The points again and again up to `until_ms`, `seam_ms` from an end to the next start."""
    period_ms = points[-1][0] + seam_ms
    repeated = []
    for start_ms in range(0, until_ms + 1, period_ms):
        repeated += [[item[0] + start_ms] + item[1:] for item in points]
    return repeated


def _window(rows, from_s, to_s):
    start = rows[0][0] if from_s is None else from_s
    end = rows[-1][0] if to_s is None else to_s
    if start >= end and len(rows) > 1:
        raise ValueError("the window from %g s to %g s is empty" % (start, end))
    if start > rows[-1][0] or end < rows[0][0]:
        raise ValueError(
            "the window from %g s to %g s lies outside %g..%g s"
            % (start, end, rows[0][0], rows[-1][0])
        )
    inside = [row for row in rows if start < row[0] < end]
    kept = [_at(rows, start)] + inside + [_at(rows, end)]
    return [point(max(t_s, start) - start, f_hz, volts) for t_s, f_hz, volts in kept]


def _at(rows, t_s):
    """The trace at `t_s`, in straight lines between its rows, held outside of them."""
    if t_s <= rows[0][0]:
        return (t_s, rows[0][1], rows[0][2])
    for before, after in zip(rows, rows[1:]):
        if before[0] <= t_s <= after[0]:
            part = (t_s - before[0]) / (after[0] - before[0])
            volts = [a + (b - a) * part for a, b in zip(before[2], after[2])]
            return (t_s, before[1] + (after[1] - before[1]) * part, volts)
    return (t_s, rows[-1][1], rows[-1][2])


def _in_order(points):
    kept = []
    for item in points:
        if kept and item[0] < kept[-1][0]:
            raise ValueError("time %g s comes after %g s" % (item[0] / 1000, kept[-1][0] / 1000))
        if not kept or item != kept[-1]:
            kept.append(item)
    if kept[0][0] < 0:
        raise ValueError("time %g s is before the start" % (kept[0][0] / 1000))
    return kept
