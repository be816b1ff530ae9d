# SPDX-License-Identifier: MIT
"""The numbers of a run: how fast, how often, how much. Information, not judgement."""

from .billing import pair, transactions
from .contact import why_open
from .record import steps


def summarise(record):
    """Flat dict of numbers; times in ms, None where the run never showed the thing."""
    closing, opening = _contactor_times(record)
    gaps = _duty_gaps_ms(record)
    moves = [edge for edge in record.edges if edge[1] == "phase_relay" and edge[0] > 0]
    coil = [edge for edge in record.edges if edge[1] == "contactor_coil" and edge[0] > 0]
    known, _ = transactions(record.frames)
    rows = record.rows
    return {
        "simulated_s": record.duration_ms / 1000,
        "energy_wh": rows[-1]["energy_wh"] - rows[0]["energy_wh"] if rows else 0,
        "peak_power_w": max((row["power_w"] for row in rows), default=0),
        "contactor_closes": sum(1 for edge in coil if edge[2]),
        "close_after_c_ms": _span(closing),
        "open_after_leaving_ms": _span(opening),
        "duty_changes": len(gaps) + 1 if gaps else 0,
        "min_duty_gap_ms": min(gaps, default=None),
        "phase_moves": len(moves),
        "faults": sorted({e[2] for e in record.edges if e[1] == "fault" and e[2] != "none"}),
        "transactions": sum(1 for one in known if one.accepted),
        "frames": len(record.frames),
        "longest_silence_s": _longest_silence_s(record),
        "slowest_answer_ms": _slowest_answer_ms(record),
    }


def _span(values):
    return [round(min(values), 1), round(max(values), 1)] if values else None


def _contactor_times(record):
    """Times from C2 to closed contacts and from leaving C to open contacts, in ms."""
    closing, opening = [], []
    may_since = left_us = None
    closed = False
    for t_us, state, changed in steps(record.edges):
        c2 = why_open(state) is None and state["pilot_mode"] == "pwm"
        may_since = (t_us if may_since is None else may_since) if c2 else None
        if why_open(state) is None:
            left_us = None
        elif left_us is None:
            left_us = t_us
        if "contactor" in changed and changed["contactor"] != state["contactor"] and t_us:
            if state["contactor"] and not closed:
                closed = True
                if may_since is not None:
                    closing.append((t_us - may_since) / 1000)
            elif not state["contactor"] and not state["contactor_coil"] and closed:
                closed = False
                if left_us is not None:
                    opening.append((t_us - left_us) / 1000)
    return closing, opening


def _duty_gaps_ms(record):
    """Times between duty changes while PWM runs; going to or coming from x1/F does not count."""
    gaps = []
    previous_us = None
    for t_us, state, changed in steps(record.edges):
        if state["pilot_mode"] != "pwm" or "pilot_mode" in changed:
            previous_us = t_us if state["pilot_mode"] == "pwm" else None
        elif "duty" in changed and changed["duty"] != state["duty"]:
            if previous_us is not None:
                gaps.append((t_us - previous_us) // 1000)
            previous_us = t_us
    return gaps


def _longest_silence_s(record):
    if not record.frames:
        return None
    times = [item["t_ms"] for item in record.frames] + [record.duration_ms]
    return max(after - before for before, after in zip(times, times[1:])) / 1000


def _slowest_answer_ms(record):
    took = [answer["t_ms"] - call["t_ms"] for call, answer in pair(record.frames) if answer]
    return max(took, default=None)


def _times(count):
    return "once" if count == 1 else "%d times" % count


def describe(numbers):
    """The numbers as short lines for people."""

    def ms(span):
        return "%g ms" % span[0] if span[0] == span[1] else "%g to %g ms" % tuple(span)

    lines = [
        "energy %.3f kWh, peak %.1f kW"
        % (numbers["energy_wh"] / 1000, numbers["peak_power_w"] / 1000)
    ]
    text = "contactor closed %s" % _times(numbers["contactor_closes"])
    if numbers["close_after_c_ms"]:
        text += ", %s after C" % ms(numbers["close_after_c_ms"])
    if numbers["open_after_leaving_ms"]:
        text += ", open %s after leaving C" % ms(numbers["open_after_leaving_ms"])
    lines.append(text)
    if numbers["duty_changes"]:
        lines.append(
            "duty changed %s, at least %d ms apart"
            % (_times(numbers["duty_changes"]), numbers["min_duty_gap_ms"])
        )
    if numbers["phase_moves"]:
        lines.append("phase relay moved %s" % _times(numbers["phase_moves"]))
    if numbers["faults"]:
        lines.append("faults seen: " + ", ".join(numbers["faults"]))
    if numbers["frames"]:
        lines.append(
            "transactions: %d, OCPP frames: %d, longest silence %.0f s"
            % (numbers["transactions"], numbers["frames"], numbers["longest_silence_s"])
        )
    return lines
