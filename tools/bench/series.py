# SPDX-License-Identifier: MIT
"""Columns of a Record made small enough to draw: what does not change is not drawn twice."""

MOST = 6000  # points of one line; more would not be visible on a screen


def column(rows, name, scale=1.0):
    """(seconds, values) of a trace column, thinned for a straight line between points."""
    xs = [row["t_ms"] / 1000 for row in rows]
    ys = [row[name] * scale for row in rows]
    return thin(xs, ys)


def thin(xs, ys, most=MOST):
    """Drop points equal to both neighbours, then keep the extremes of narrow intervals."""
    last = len(xs) - 1
    kept = [
        i for i in range(len(xs)) if i in (0, last) or ys[i] != ys[i - 1] or ys[i] != ys[i + 1]
    ]
    if len(kept) > most:
        kept = _extremes(kept, ys, most // 6)
    return [xs[i] for i in kept], [ys[i] for i in kept]


def _extremes(kept, ys, buckets):
    chosen = {kept[0], kept[-1]}
    size = len(kept) / buckets
    for number in range(buckets):
        part = kept[int(number * size) : int((number + 1) * size)]
        if part:
            # first and last of each extreme, so that the corners of jumps stay
            for order in (part, part[::-1]):
                chosen.add(order[0])
                chosen.add(min(order, key=ys.__getitem__))
                chosen.add(max(order, key=ys.__getitem__))
    return sorted(chosen)


def levels(rows, name, scale=1.0):
    """(seconds, values) of a trace column that jumps: only the rows where it changed."""
    xs, ys = [], []
    for row in rows:
        value = row[name] * scale
        if not ys or value != ys[-1]:
            xs.append(row["t_ms"] / 1000)
            ys.append(value)
    if rows and xs[-1] != rows[-1]["t_ms"] / 1000:
        xs.append(rows[-1]["t_ms"] / 1000)
        ys.append(ys[-1])
    return xs, ys


def spans_of_rows(rows, name):
    """[(from_s, to_s, value)] while a trace column keeps its value."""
    spans = []
    for row in rows:
        t_s = row["t_ms"] / 1000
        if spans and spans[-1][2] == row[name]:
            spans[-1][1] = t_s
        else:
            if spans:
                spans[-1][1] = t_s
            spans.append([t_s, t_s, row[name]])
    return [tuple(span) for span in spans]


def spans_of_edges(edges, signal, end_s):
    """[(from_s, to_s, value)] of a signal in the edges, to the microsecond."""
    spans = []
    for t_us, name, value in edges:
        if name != signal:
            continue
        if spans:
            spans[-1][1] = t_us / 1e6
        spans.append([t_us / 1e6, end_s, value])
    return [tuple(span) for span in spans if span[1] > span[0]]
