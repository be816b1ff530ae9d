# SPDX-License-Identifier: MIT
"""The keys of the "grid" object with their defaults and ranges; one table, read at start only.

A rule is (default, lowest, highest) for whole numbers, (default, choices) for names, a default
alone for true/false and for names whose choices belong to their service, None for true/false
without a default, LIST for lists that are checked where they are used. A whole number whose
default is None is optional.
"""

LIST = ()


def _open(lowest, highest):
    return (None, lowest, highest)


FCR = {
    "mode": "custom",
    "capacity_ma": _open(0, 74000),
    "capacity_w": _open(0, 100000),
    "curve": LIST,
    "unit": ("pm", ("pm", "ma", "w")),
    "deadband_mhz": _open(0, 1000),
    "deadband_style": ("step", ("step", "offset")),
    "hysteresis_mhz": (0, 0, 100),
    "full_ms": _open(100, 300000),
}

SECTIONS = {
    "baseline_ma": (0, 0, 80000),
    "fleet": False,
    "pause": False,
    "fcr": LIST,
    "frequency": {"clock_ppm": (0, -200, 200)},
    "arming": {
        "required": True,
        "steady_s": (60, 1, 3600),
        "self_test": True,
        "response_ms": (0, 0, 60000),
        "clamp_ma": (500, 0, 5000),
    },
    "ffr": {
        "option": "custom",
        "capacity_ma": _open(1, 74000),
        "capacity_w": _open(1, 100000),
        "level_mhz": _open(40000, 70000),
        "full_ms": _open(100, 30000),
        "support_s": _open(1, 3600),
        "deactivate_pm_s": _open(1, 100000),
        "buffer_s": _open(0, 3600),
        "recovery_pm": _open(0, 1000),
        "ready_s": _open(1, 7200),
        "confirm": _open(2, 50),
        "over": None,
    },
    "frr": {"ramp_ma_s": (100, 1, 80000)},
    "volt_watt": {
        "curve": LIST,
        "fall_ma_s": (1000, 10, 80000),
        "rise_ma_s": (50, 10, 80000),
    },
    "lfsm": {
        "under_mhz": (49800, 40000, 60000),
        "over_mhz": (50200, 40000, 70000),
        "droop_pm": (50, 5, 200),
    },
    "ride_through": {"curve": LIST, "ramp_ma_s": (1000, 1, 80000)},
    "island": {
        "low_mhz": (47500, 40000, 60000),
        "high_mhz": (51500, 40000, 70000),
        "low_pm": (800, 0, 1000),
        "high_pm": (1150, 1000, 1500),
        "rocof_mhz_s": (2500, 0, 20000),
        "time_ms": (500, 0, 60000),
    },
    "enter_service": {
        "low_mhz": (49900, 40000, 60000),
        "high_mhz": (50100, 40000, 70000),
        "low_pm": (900, 0, 1000),
        "high_pm": (1090, 1000, 1500),
        "delay_s": (60, 0, 3600),
        "random_s": (300, 0, 3600),
        "ramp_ma_min": (1000, 100, 1000000),
        "at_boot": False,
    },
    "random_delay": {"max_s": (600, 0, 1800)},
    "inertia": {"gain_ma": (0, 0, 20000), "most_ma": (2000, 0, 80000)},
    "log": {"threshold_pm": (200, 1, 1000), "max_kb": (160, 8, 1000)},
}


def _wrong(rule, value):
    """What was expected, or None when the value is right."""
    if rule == LIST:
        return None if isinstance(value, (list, tuple)) else "a list"
    if isinstance(rule, str):
        return None if isinstance(value, str) else "a name"
    if rule is None or isinstance(rule, bool):
        return None if isinstance(value, bool) else "true or false"
    if len(rule) == 2:
        return None if value in rule[1] else "one of " + ", ".join(rule[1])
    if isinstance(value, int) and not isinstance(value, bool) and rule[1] <= value <= rule[2]:
        return None
    return "a whole number from %d to %d" % (rule[1], rule[2])


def knots(place, listed):
    """A list of [x, y] lists; ValueError names the first that is none."""
    found = []
    for point in listed:
        if not isinstance(point, (list, tuple)) or len(point) != 2:
            raise ValueError("%s.curve: knot %d: expected [x, y]" % (place, len(found) + 1))
        found.append(list(point))
    return found


def check(place, values, rules):
    """A dict with one value for each key of `rules`; ValueError names the first wrong key."""
    if not isinstance(values, dict):
        raise ValueError("%s: expected an object with keys and values" % place)
    for key in values:
        if key not in rules:
            raise ValueError("%s.%s: unknown key" % (place, key))
    found = {}
    for key, rule in rules.items():
        if key in values:
            expected = _wrong(rule, values[key])
            if expected:
                raise ValueError("%s.%s: %r: expected %s" % (place, key, values[key], expected))
            found[key] = values[key]
        else:
            found[key] = rule[0] if isinstance(rule, tuple) and rule else rule
    return found
