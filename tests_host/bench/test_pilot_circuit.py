# SPDX-License-Identifier: MIT
"""Plateau voltages of the control pilot per state and fault."""

from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F, PilotCircuit


def circuit(mode=PWM, **fields):
    pilot = PilotCircuit()
    pilot.mode = mode
    for name, value in fields.items():
        setattr(pilot, name, value)
    return pilot


def near(value, expected, tolerance=60):
    return abs(value - expected) <= tolerance


def test_levels_of_the_states_are_within_the_windows_of_the_standard():
    assert circuit().plateaus() == (12000, -12000)
    for ohm, nominal in ((2740, 9000), (882, 6000), (246, 2930)):
        high, low = circuit(car_ohm=ohm).plateaus()
        assert near(high, nominal), (ohm, high)
        assert low == -12000


def test_static_levels_have_one_value():
    high, low = circuit(X1, car_ohm=2740).plateaus()
    assert high == low
    assert near(high, 9000)
    assert circuit(F, car_ohm=2740).plateaus() == (-12000, -12000)
    assert circuit(DEAD, car_ohm=2740).plateaus() == (0, 0)


def test_a_bridged_diode_mirrors_the_high_level():
    high, low = circuit(car_ohm=2740, diode_good=False).plateaus()
    assert high == -low
    assert near(high, 8790)


def test_shorts_and_the_open_switch():
    assert circuit(car_ohm=882, short_diode=True).plateaus() == (700, -12000)
    assert circuit(car_ohm=882, short_hard=True).plateaus() == (0, 0)
    assert circuit(car_ohm=882, connected=0).plateaus() == (12000, -12000)
    high, low = circuit(car_ohm=882, rail_ok=False).plateaus()
    assert high == 0
    assert low == -12000


def test_what_arrives_at_the_car():
    assert circuit().car_mode() == PWM
    assert circuit(connected=0).car_mode() == DEAD
    assert circuit(short_diode=True).car_mode() == DEAD
    assert circuit(F).car_mode() == F
    assert circuit(rail_ok=False).car_mode() == DEAD
    assert circuit(F, rail_ok=False).car_mode() == F


def test_peaks_rise_at_once_and_fall_within_a_few_steps():
    pilot = circuit(car_ohm=2740)
    pilot.changed()
    b_mv = pilot.high_mv
    pilot.car_ohm = 882
    pilot.changed()
    assert pilot.high_mv == b_mv
    pilot.decay()
    assert near(pilot.high_mv, 6000 + 3000 // 8)
    for _ in range(6):
        pilot.decay()
    assert near(pilot.high_mv, 6000)
    pilot.car_ohm = 2740
    pilot.changed()
    assert pilot.high_mv == b_mv


def test_low_peak_leaves_minus_twelve_volts_when_the_pilot_becomes_static():
    pilot = circuit(car_ohm=2740)
    pilot.changed()
    pilot.mode = X1
    pilot.changed()
    assert pilot.low_mv == -12000
    for _ in range(8):
        pilot.decay()
    assert near(pilot.low_mv, 9000)
