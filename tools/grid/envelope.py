# SPDX-License-Identifier: MIT
"""Judging functions: one clause of an operator's envelope against one delivered trace.

Every function takes plain numpy arrays and returns a Clause. `drop_w` is support: how much less
than the baseline the car draws (negative: more). Nothing here knows a service or the firmware.
"""

import numpy as np

# How sure the number of a clause is. "K" is said in words wherever it is shown.
TAGS = {
    "V": "number read in the source named",
    "K": "not verified against the operator's document",
    "C": "computed",
    "D": "rule of this project",
}


class Clause:
    """One line of a verdict. `passed` is None for a number that nobody judges.

    `required`, `measured`: words with units; `tag`: key of TAGS; `source`: where from.
    """

    def __init__(self, name, required, measured, passed, tag="D", source=""):
        if tag not in TAGS:
            raise ValueError("tag %r: expected one of %s" % (tag, ", ".join(TAGS)))
        self.name = name
        self.required = required
        self.measured = measured
        self.passed = None if passed is None else bool(passed)
        self.tag = tag
        self.source = source

    def as_dict(self):
        """For results.json."""
        return {
            "clause": self.name,
            "required": self.required,
            "measured": self.measured,
            "passed": self.passed,
            "certainty": self.tag,
            "certainty_text": TAGS[self.tag],
            "source": self.source,
        }


def reached(name, t_s, drop_w, start_s, level_w, within_s, tag, source, slack_w=1.0):
    """Support of `level_w` (its sign says the direction) within `within_s` of `start_s`."""
    sign = 1 if level_w >= 0 else -1
    after = t_s >= start_s
    hit = after & (sign * drop_w >= abs(level_w) - slack_w)
    required = "%.0f W within %.2f s" % (level_w, within_s)
    if not hit.any():
        best = sign * (sign * drop_w[after]).max(initial=0)
        return Clause(name, required, "never: %.0f W at most" % best, False, tag, source)
    took = t_s[hit][0] - start_s
    return Clause(name, required, "%.2f s" % took, took <= within_s + 1e-9, tag, source)


def at_most(name, t_s, drop_w, window, bound_w, tag, source, slack_w=1.0):
    """Support never above `bound_w` inside `window` (from_s, to_s)."""
    part = drop_w[(t_s >= window[0]) & (t_s < window[1])]
    top = part.max(initial=-1e9)
    return Clause(
        name, "at most %.0f W" % bound_w, "%.0f W" % top, top <= bound_w + slack_w, tag, source
    )


def at_least(name, t_s, drop_w, window, bound_w, tag, source, slack_w=1.0):
    """Support never below `bound_w` inside `window`."""
    part = drop_w[(t_s >= window[0]) & (t_s < window[1])]
    low = part.min(initial=1e9)
    return Clause(
        name, "at least %.0f W" % bound_w, "%.0f W" % low, low >= bound_w - slack_w, tag, source
    )


def within(name, t_s, drop_w, window, wanted_w, half_w, tag, source):
    """Support stays at `wanted_w` +- `half_w` inside `window`."""
    part = drop_w[(t_s >= window[0]) & (t_s < window[1])]
    off = np.abs(part - wanted_w).max(initial=0) if len(part) else 1e9
    return Clause(
        name,
        "%.0f W +- %.0f W" % (wanted_w, half_w),
        "off by %.0f W at most" % off,
        off <= half_w + 1.0,
        tag,
        source,
    )


def energy(name, t_s, drop_w, start_s, seconds, least_s, capacity_w, tag, source):
    """Integral of the support over `seconds`, in seconds of capacity."""
    part = (t_s >= start_s) & (t_s <= start_s + seconds)
    share = float(np.trapezoid(drop_w[part], t_s[part]) / capacity_w)
    return Clause(
        name, "at least %.1f s x C" % least_s, "%.2f s x C" % share, share >= least_s, tag, source
    )


def support(name, t_s, drop_w, capacity_w, step_w, window, tag, source):
    """FFR duration: 30 s in full, or 5 s in full and then at most 20 % of C per second down.

    A car that moves in steps of `step_w` starts to fall up to one step late and may then be one
    step below the sloping line.
    """
    required = ">= 30 s, or >= 5 s then <= 20 %/s"
    inside = (t_s >= window[0]) & (t_s < window[1])
    t, drop = t_s[inside], drop_w[inside]
    full = drop >= capacity_w - 1.0
    if not full.any():
        return Clause(name, required, "never in full", False, tag, source)
    first = int(np.argmax(full))
    lost = np.nonzero(~full[first:])[0]
    if not len(lost):
        took = t[-1] - t[first]
        return Clause(name, required, "%.1f s, to the end" % took, took >= 5, tag, source)
    end = first + int(lost[0])
    held = t[end] - t[first]
    slope_w = 0.2 * capacity_w
    from_s = max(t[first] + 5, t[end - 1] - step_w / slope_w)
    line_w = capacity_w - slope_w * (t[end:] - from_s)
    under = (line_w - drop[end:]).max(initial=0)
    gentle = under <= step_w + 1.0
    text = "%.1f s, then %s" % (held, "within the slope" if gentle else "faster than 20 %/s")
    passed = held >= 30 - 1e-9 or (held >= 5 - 1e-9 and gentle)
    return Clause(name, required, text, passed, tag, source)


def buffer(name, t_s, drop_w, end_s, seconds, tag, source, slack_w=1.0):
    """No recovery (drawing more than the baseline) for `seconds` after the deactivation."""
    part = (t_s >= end_s) & (t_s < end_s + seconds)
    worst = (-drop_w[part]).max(initial=0)
    return Clause(
        name,
        "no rise above the baseline for %.0f s" % seconds,
        "%.0f W above it" % max(0.0, worst),
        worst <= slack_w,
        tag,
        source,
    )


def untouched(name, t_s, drop_w, window, noise_w, tag, source):
    """Nothing happens inside `window`: the support stays within +-`noise_w`."""
    part = np.abs(drop_w[(t_s >= window[0]) & (t_s < window[1])])
    top = part.max(initial=0)
    return Clause(
        name, "no activation", "moved by %.0f W" % top, top <= noise_w + 1.0, tag, source
    )


def started(name, t_s, drop_w, start_s, sign, noise_w, within_s, tag, source):
    """The response has begun (more than `noise_w` in the right direction) within `within_s`."""
    hit = (t_s >= start_s) & (sign * drop_w > noise_w)
    required = "begins within %.1f s" % within_s
    if not hit.any():
        return Clause(name, required, "never", False, tag, source)
    took = t_s[hit][0] - start_s
    return Clause(name, required, "%.2f s" % took, took <= within_s + 1e-9, tag, source)


def rms(name, asked, given, capacity, most, tag, source):
    """Root mean square of the difference, in shares of the capacity."""
    value = float(np.sqrt(np.mean((asked - given) ** 2)) / capacity)
    worst = float(np.abs(asked - given).max() / capacity)
    return Clause(
        name,
        "at most %.3f C rms" % most,
        "%.4f C rms, %.3f C at worst" % (value, worst),
        value <= most,
        tag,
        source,
    )


def percentile(name, values_ms, share, most_ms, tag, source):
    """The `share` percentile of latencies in ms."""
    value = float(np.percentile(values_ms, share))
    return Clause(
        name,
        "%gth percentile at most %.0f ms" % (share, most_ms),
        "%.0f ms (median %.0f, worst %.0f, %d phases)"
        % (value, np.median(values_ms), max(values_ms), len(values_ms)),
        value <= most_ms,
        tag,
        source,
    )
