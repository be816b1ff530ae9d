# SPDX-License-Identifier: MIT
"""Pilot state from voltages: windows, hysteresis, debounce, diode, simplified pilot."""

from control import plateau
from control.plateau import Plateau, letter


def feed(reader, ms, high_mv, low_mv=-12000, pwm=True):
    for _ in range(ms // 10):
        reader.step(10, high_mv, low_mv, pwm)


def test_windows_of_the_standard_from_any_state():
    for low_mv, high_mv, state in (
        (11000, 13000, plateau.A),
        (8000, 10000, plateau.B),
        (5000, 7000, plateau.C),
        (2000, 4000, plateau.D),
        (-1000, 1000, plateau.E),
    ):
        for mv in range(low_mv, high_mv + 1, 50):
            for previous in range(5):
                assert letter(mv, previous) == state, (mv, previous)


def test_a_slow_sweep_crosses_each_edge_once():
    for sweep in (range(12600, 0, -10), range(0, 12600, 10)):
        state = letter(sweep[0], plateau.C)
        changes = 0
        for step, mv in enumerate(sweep):
            noisy_mv = mv + (200 if step % 2 else -200)
            new = letter(noisy_mv, state)
            changes += new != state
            state = new
        assert changes == 4


def test_leaving_c_is_seen_within_60_ms_even_when_the_plug_is_pulled_through_b():
    reader = Plateau()
    feed(reader, 1000, 9000)
    feed(reader, 1000, 6000)
    assert reader.state == plateau.C
    feed(reader, 40, 9000)
    assert reader.state == plateau.C  # a bounce so far
    feed(reader, 20, 12000)
    assert reader.state != plateau.C


def test_a_short_bounce_changes_nothing():
    reader = Plateau()
    feed(reader, 1000, 6000)
    feed(reader, 40, 9000)
    feed(reader, 1000, 6000)
    assert reader.state == plateau.C
    feed(reader, 40, 9000)
    assert reader.state == plateau.C


def test_diode_needs_100_ms_to_be_believed_and_100_ms_to_be_doubted():
    reader = Plateau()
    feed(reader, 200, 9000)
    assert reader.diode == 1
    feed(reader, 80, 9000, -9000)
    assert reader.diode == 1
    feed(reader, 40, 9000, -9000)
    assert reader.diode == 0


def test_diode_is_unknown_without_pwm_and_without_a_car():
    reader = Plateau()
    feed(reader, 500, 9000)
    feed(reader, 20, 9000, 9000, pwm=False)
    assert reader.diode == -1
    feed(reader, 500, 12000, -12000)
    assert reader.diode == -1


def test_short_through_the_diode_is_e_though_the_low_plateau_is_good():
    reader = Plateau()
    feed(reader, 1000, 6000)
    feed(reader, 100, 700, -12000)
    assert reader.state == plateau.E


def test_simplified_only_when_a_was_there_and_b_was_not():
    reader = Plateau()
    feed(reader, 1000, 12000)
    feed(reader, 200, 6000)
    assert reader.simplified
    feed(reader, 200, 12000)
    assert not reader.simplified
    feed(reader, 600, 12000)
    feed(reader, 100, 9000)
    feed(reader, 200, 6000)
    assert not reader.simplified


def test_a_car_found_in_c_at_power_up_is_not_taken_for_a_simplified_one():
    reader = Plateau()
    feed(reader, 1000, 6000)
    assert reader.state == plateau.C and not reader.simplified


def test_blank_ignores_the_charger_own_disturbance():
    reader = Plateau()
    feed(reader, 1000, 9000)
    reader.blank()
    feed(reader, 70, -12000)
    feed(reader, 200, 9000)
    assert reader.state == plateau.B
