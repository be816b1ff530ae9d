# SPDX-License-Identifier: MIT
"""Cars by name: what a scenario or the live page may plug in.

One dict of numbers per car; a car only lists what differs from DEFAULTS. Phases and currents of
real models follow public vehicle tables (open-ev-data), manners follow field reports; they are
typical numbers for tests and not measurements of the named cars.
"""

DEFAULTS = {
    "model": "three_phase_16",
    "phases": 3,  # of the on-board charger
    "max_ma": 16000,
    "min_ma": 6000,
    "r_b_ohm": 2740,
    "r_c_ohm": 882,
    "cable_ohm": 220,  # proximity resistor: 1500 13 A, 680 20 A, 220 32 A, 100 63 A
    "ready_delay_ms": 2000,  # x2 seen -> S2 closes
    "start_delay_ms": 5000,  # contactor closed -> first current
    "dead_ms": 1500,  # duty change -> current begins to move
    "up_ma_s": 2000,
    "down_ma_s": 4000,
    "step_ma": 1000,
    "offset_ma": 0,  # drawn minus offered
    "stop_ms": 1500,  # x1 -> current 0; -1 ignores x1
    "s2_open_ms": 200,  # current 0 -> S2 opens
    "need_wh": 20000,  # then tapers off and opens S2
    "sleep_s": 0,  # asleep after so long in B1; 0 never
    "wakes_on": "x2",
    "wake_hold_ms": 3000,
    "simplified": False,  # no S2: C as soon as plugged in
    "ready": True,
}

WAKES = ("x2", "f", "cp_break", "none")

# The most a field may hold, so that a slip of the pen is found before the run.
LIMITS = {
    "phases": (1, 3), "max_ma": (0, 80000), "min_ma": (0, 80000), "r_b_ohm": (500, 20000),
    "r_c_ohm": (100, 5000), "cable_ohm": (0, 1000000), "ready_delay_ms": (0, 3600000),
    "start_delay_ms": (0, 3600000), "dead_ms": (0, 60000), "up_ma_s": (1, 1000000),
    "down_ma_s": (1, 1000000), "step_ma": (1, 32000), "offset_ma": (-6000, 6000),
    "stop_ms": (-1, 60000), "s2_open_ms": (0, 60000), "need_wh": (0, 1000000),
    "sleep_s": (0, 1000000), "wake_hold_ms": (0, 600000),
}  # fmt: skip

CARS = {
    "three_phase_16": {},
    "three_phase_32": {"max_ma": 32000},
    "two_phase_16": {"phases": 2},
    "one_phase_16": {"phases": 1},
    "one_phase_32": {"phases": 1, "max_ma": 32000},
    "zoe": {"max_ma": 32000, "min_ma": 8000, "start_delay_ms": 8000, "up_ma_s": 1500,
            "offset_ma": -500, "sleep_s": 600, "wakes_on": "f", "step_ma": 500},
    "leaf": {"phases": 1, "max_ma": 29000, "start_delay_ms": 4000, "step_ma": 500,
             "need_wh": 12000},
    "tesla_model_3": {"start_delay_ms": 11000, "dead_ms": 1000, "ready_delay_ms": 1500,
                      "need_wh": 30000},
    "id3": {"start_delay_ms": 6000, "dead_ms": 1200},
    "e_up": {"phases": 2, "need_wh": 15000},
    "kona_2018": {"phases": 1, "max_ma": 32000, "stop_ms": -1, "step_ma": 500},
    "fiat_500e": {"sleep_s": 300, "wakes_on": "f"},
    "twingo": {"max_ma": 32000, "sleep_s": 300, "wakes_on": "cp_break", "wake_hold_ms": 4000},
    "phev": {"phases": 1, "need_wh": 6000, "start_delay_ms": 3000},
    "scooter": {"simplified": True, "phases": 1, "max_ma": 10000, "start_delay_ms": 1000,
                "need_wh": 2000},
    "rule_breaker": {"stop_ms": -1},
}  # fmt: skip


def car(model):
    """All fields of the car called `model`; KeyError when there is none."""
    fields = dict(DEFAULTS)
    fields.update(CARS[model])
    fields["model"] = model
    return fields


def problem(field, value):
    """None when `value` suits `field`, else what was expected."""
    if field == "model":
        return None if isinstance(value, str) else "text"
    if field in ("simplified", "ready"):
        return None if isinstance(value, bool) else "true or false"
    if field == "wakes_on":
        return None if value in WAKES else "one of " + ", ".join(WAKES)
    low, high = LIMITS[field]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        return "a whole number from %d to %d" % (low, high)
    return None
