# SPDX-License-Identifier: MIT
"""What a car is like, as numbers: the fields of a vehicle, and what a duty cycle means to it."""

DEFAULTS = {
    "model": "three_phase_16",
    "phases": 3,
    "max_ma": 16000,
    "min_ma": 6000,
    "r_b_ohm": 2740,
    "r_c_ohm": 882,
    "cable_ohm": 220,
    "ready_delay_ms": 2000,
    "start_delay_ms": 5000,
    "dead_ms": 1500,
    "up_ma_s": 2000,
    "down_ma_s": 4000,
    "step_ma": 1000,
    "offset_ma": 0,
    "stop_ms": 1500,
    "s2_open_ms": 200,
    "need_wh": 20000,
    "sleep_s": 0,
    "wakes_on": "x2",
    "wake_hold_ms": 3000,
    "simplified": False,
    "ready": True,
}
WAKES = ("x2", "f", "cp_break", "none")


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


def check_vehicle(fields):
    """Fields completed with the defaults. Raises ValueError naming a wrong key or value."""
    vehicle = dict(DEFAULTS)
    for key in fields:
        if key not in DEFAULTS:
            raise ValueError(
                "vehicle.%s: unknown, expected one of %s" % (key, ", ".join(sorted(DEFAULTS)))
            )
        value = fields[key]
        kind = type(DEFAULTS[key])
        if type(value) is not kind:
            raise ValueError("vehicle.%s: got %r, expected %s" % (key, value, kind.__name__))
        vehicle[key] = value
    if vehicle["phases"] not in (1, 2, 3):
        raise ValueError("vehicle.phases: got %d, expected 1, 2 or 3" % vehicle["phases"])
    if vehicle["wakes_on"] not in WAKES:
        raise ValueError(
            "vehicle.wakes_on: got '%s', expected one of %s"
            % (vehicle["wakes_on"], ", ".join(WAKES))
        )
    for key in ("step_ma", "up_ma_s", "down_ma_s", "r_b_ohm", "r_c_ohm", "max_ma"):
        if vehicle[key] <= 0:
            raise ValueError("vehicle.%s: got %d, expected more than 0" % (key, vehicle[key]))
    return vehicle
