# SPDX-License-Identifier: MIT
"""What a car is like, as numbers: every field with its default and bounds, and a check of them.

The same table serves the simulator and the host (tools/bench/vehicles.py).
"""

# field: (default, lowest, highest) of a whole number, (default, choices) of a word, a default
# alone for true/false. What each field does is told in tools/bench/README.md.
FIELDS = {
    "model": "three_phase_16",
    # electrical
    "phases": (3, 1, 3),
    "max_ma": (16000, 1, 80000),
    "min_ma": (6000, 0, 80000),
    "r_b_ohm": (2740, 500, 20000),
    "r_c_ohm": (882, 100, 5000),
    "cable_ohm": (220, 0, 1000000),
    "simplified": False,
    # how it starts, follows and stops
    "ready": True,
    "ready_delay_ms": (2000, 0, 3600000),
    "resume_delay_ms": (0, 0, 3600000),
    "start_delay_ms": (5000, 0, 3600000),
    "dead_ms": (1500, 0, 60000),
    "up_ma_s": (2000, 1, 1000000),
    "down_ma_s": (4000, 1, 1000000),
    "step_ma": (1000, 1, 32000),
    "offset_ma": (0, -6000, 6000),
    "two_phase_below_ma": (0, 0, 80000),
    "stop_ms": (1500, -1, 60000),
    "s2_open_ms": (200, 0, 60000),
    "hold_c_ms": (0, 0, 600000),
    "need_wh": (20000, 0, 1000000),
    "taper_pct": (5, 0, 100),
    # sleep
    "sleep_s": (0, 0, 1000000),
    "wakes_on": ("x2", ("x2", "f", "cp_break", "none")),
    "wake_hold_ms": (3000, 0, 600000),
    "light_sleep_after_s": (0, 0, 100000),
    "most_pulses": (0, 0, 1000),
    # habits
    "cool_after_s": (0, 0, 100000),
    "cool_s": (30, 1, 3600),
    "c_blip_ms": (0, 0, 10000),
    "b_blip_ms": (0, 0, 10000),
    "b_blip_after_ms": (500, 0, 10000),
    "trip_step_ma": (0, 0, 80000),
    "trip_window_ms": (4000, 0, 60000),
    # phases
    "bridges": False,
    "rejoin_s": (0, 0, 3600),
}
WAKES = FIELDS["wakes_on"][1]


def default(field):
    """The value of a field that is not given."""
    rule = FIELDS[field]
    return rule[0] if isinstance(rule, tuple) else rule


DEFAULTS = {field: default(field) for field in FIELDS}


def duty_to_ma(ppm):
    """Current a car may draw at a duty cycle of `ppm`, 0 when it may not (IEC Table A.8)."""
    if ppm < 80000 or ppm > 970000:
        return 0
    if ppm < 100000:
        return 6000
    if ppm <= 850000:
        return ppm * 6 // 100
    if ppm <= 960000:
        return (ppm - 640000) // 4
    return 80000


def problem(field, value):
    """None when `value` suits `field`, else what was expected."""
    rule = FIELDS[field]
    if isinstance(rule, str):
        return None if isinstance(value, str) else "text"
    if isinstance(rule, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(rule[0], str):
        return None if value in rule[1] else "one of " + ", ".join(rule[1])
    low, high = rule[1], rule[2]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        return "a whole number from %d to %d" % (low, high)
    return None


def contradiction(vehicle):
    """What does not go together in complete fields, as "field: expected ...", or None."""
    v = vehicle
    if v["bridges"] and v["phases"] == 1:
        return "bridges: a car with one phase has nothing to bridge, expected phases 2 or 3"
    if v["bridges"] and not v["rejoin_s"]:
        return "rejoin_s: expected the seconds after which the bridge opens, more than 0"
    if v["two_phase_below_ma"] and v["phases"] != 3:
        return "two_phase_below_ma: expected phases 3, got %d" % v["phases"]
    if v["simplified"] and (v["sleep_s"] or v["cool_after_s"]):
        return "simplified: a car without S2 cannot sleep or cool, expected 0"
    if v["b_blip_ms"] and v["b_blip_ms"] >= v["b_blip_after_ms"] + 1000:
        return "b_blip_ms: expected less than b_blip_after_ms + 1000"
    return None


def check_vehicle(fields):
    """Fields completed with the defaults. Raises ValueError naming a wrong key or value."""
    vehicle = dict(DEFAULTS)
    for key in fields:
        if key not in FIELDS:
            raise ValueError(
                "vehicle.%s: unknown, expected one of %s" % (key, ", ".join(sorted(FIELDS)))
            )
        expected = problem(key, fields[key])
        if expected:
            raise ValueError("vehicle.%s: got %r, expected %s" % (key, fields[key], expected))
        vehicle[key] = fields[key]
    wrong = contradiction(vehicle)
    if wrong:
        raise ValueError("vehicle." + wrong)
    return vehicle
