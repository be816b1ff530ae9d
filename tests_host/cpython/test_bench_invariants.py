# SPDX-License-Identifier: MIT
"""Invariants of contactor and relay on hand-made runs: held and broken."""

from tests_host.cpython.made_runs import STOP, record, row
from tools.bench import invariants
from tools.bench.contact import contactor_state, l23_unmoved_while_closed, open_within_100ms


def test_a_plain_session_holds_everything():
    found = record(*STOP, rows=[row(t) for t in range(5000, 20000, 100)])
    assert invariants.check(found) == dict.fromkeys(invariants.INVARIANTS)


def test_broken_carries_time_text_and_20_edges():
    toggles = [(5 + k / 10, "duty", 200000 + k) for k in range(40)]
    broken = open_within_100ms(record(*toggles, (20, "ev_s2", 0), (20.2, "contactor", 0)))
    assert broken.t_ms == 20100
    assert "the car is in B" in broken.text
    assert len(broken.edges) == 20
    assert broken.edges[-1] == (20000000, "ev_s2", 0)


# --- contactor_state


def test_close_in_b_is_broken():
    found = record(without=[("ev_s2", 1)])
    assert "the car is not in C" in contactor_state(found).text


def test_close_without_pwm_is_broken():
    found = record(without=[("pilot_mode", "pwm")])
    assert "the pilot is x1" in contactor_state(found).text


def test_close_on_a_pulse_is_broken():
    found = record((4.2, "ev_s2", 0), (4.3, "ev_s2", 1))
    broken = contactor_state(found)
    assert "C is only 200 ms old" in broken.text
    assert broken.t_ms == 4500


def test_a_short_glitch_in_c_does_not_count_as_a_pulse():
    assert contactor_state(record((4.3, "ev_s2", 0), (4.33, "ev_s2", 1))) is None


def test_closing_that_crosses_the_car_leaving_is_no_mistake():
    found = record((4.49, "ev_s2", 0), (4.56, "contactor_coil", 0), (4.58, "contactor", 0))
    assert contactor_state(found) is None
    assert open_within_100ms(found) is None


def test_close_without_diode_is_broken():
    assert "diode" in contactor_state(record((1, "ev_diode", 0))).text


def test_diode_lost_while_closed():
    assert contactor_state(record((10, "ev_diode", 0), (10.3, "contactor", 0))) is None
    broken = contactor_state(record((10, "ev_diode", 0), (10.7, "contactor", 0)))
    assert "500 ms after the diode was lost" in broken.text


def test_fault_while_closed():
    assert contactor_state(record((10, "fault", "rcd"), (10.05, "contactor", 0))) is None
    broken = contactor_state(record((10, "fault", "short"), (10.3, "contactor", 0)))
    assert "fault short" in broken.text
    assert broken.t_ms == 10100


def test_close_with_a_fault_is_broken():
    assert "there is fault rcd" in contactor_state(record((3, "fault", "rcd"))).text


def test_close_on_a_tripped_guard_is_broken():
    assert "guard has tripped" in contactor_state(record((3, "guard", 1))).text


def test_c1_for_six_seconds_and_no_more():
    good = record((10, "pilot_mode", "x1"), (16, "contactor_coil", 0), (16.02, "contactor", 0))
    assert contactor_state(good) is None
    bad = record((10, "pilot_mode", "x1"), (16.2, "contactor", 0))
    assert contactor_state(bad).t_ms == 16100
    assert "C1 at 10.000 s" in contactor_state(bad).text


def test_a_limit_runs_out_at_the_end_of_the_run_too():
    assert contactor_state(record((10, "pilot_mode", "x1"), duration_ms=30000)) is not None
    assert contactor_state(record((10, "pilot_mode", "x1"), duration_ms=15000)) is None


# --- open_within_100ms


def test_unplugging_short_trip_f_cp_break_and_power_all_open():
    for signal, value in (
        ("ev_plug", 0), ("ev_s2", 0), ("cp_short", 1), ("rcd", 1), ("guard", 1),
        ("pilot_mode", "f"), ("pilot_mode", "off"), ("cp_connect", 0), ("power", 0),
    ):  # fmt: skip
        good = record((10, signal, value), (10.099, "contactor", 0))
        assert open_within_100ms(good) is None, signal
        bad = record((10, signal, value), (10.101, "contactor", 0))
        assert open_within_100ms(bad).t_ms == 10100, signal


def test_never_opening_is_broken_even_at_the_end_of_the_run():
    assert open_within_100ms(record((29.8, "ev_s2", 0))) is not None
    assert open_within_100ms(record((29.95, "ev_s2", 0))) is None


def test_bounce_counts_to_the_last_contact():
    bad = record(
        (10, "ev_s2", 0), (10.095, "contactor", 0), (10.099, "contactor", 1),
        (10.104, "contactor", 0),
    )  # fmt: skip
    assert open_within_100ms(bad) is not None


def test_a_glitch_of_the_car_that_ends_in_time_needs_no_opening():
    assert open_within_100ms(record((10, "ev_s2", 0), (10.04, "ev_s2", 1))) is None


def test_a_weld_excuses_once_the_coil_is_off():
    good = record((9, "weld", 1), (10, "ev_s2", 0), (10.05, "contactor_coil", 0))
    assert open_within_100ms(good) is None
    assert contactor_state(good) is None
    bad = record((9, "weld", 1), (10, "ev_s2", 0))
    assert open_within_100ms(bad) is not None


def test_a_dead_board_has_no_coil():
    assert open_within_100ms(record((9, "weld", 1), (10, "power", 0))) is None


# --- l23_unmoved_while_closed


def test_relay_moves_only_between_sessions():
    assert l23_unmoved_while_closed(record((3, "phase_relay", 1))) is None
    assert l23_unmoved_while_closed(record(*STOP, (20.6, "phase_relay", 1))) is None
    broken = l23_unmoved_while_closed(record((12, "phase_relay", 1)))
    assert "moved to 1 while the main contacts were closed" in broken.text


def test_relay_must_not_move_while_contacts_bounce():
    bad = record(*STOP, (20.07, "phase_relay", 1))
    assert "bouncing" in l23_unmoved_while_closed(bad).text


def test_a_weld_is_no_excuse_for_the_relay():
    bad = record((9, "weld", 1), (10, "ev_s2", 0), (10.05, "contactor_coil", 0),
                 (15, "phase_relay", 1))  # fmt: skip
    assert l23_unmoved_while_closed(bad) is not None


def test_a_relay_that_falls_open_with_the_supply_is_excused():
    good = record((3, "phase_relay", 1), (10, "power", 0), (10.01, "phase_relay", 0))
    assert l23_unmoved_while_closed(good) is None
    bad = record((3, "phase_relay", 1), (10, "contactor_coil", 0), (10.01, "phase_relay", 0))
    assert l23_unmoved_while_closed(bad) is not None


def two_contactors(*moves):
    return l23_unmoved_while_closed(record(*moves, settings={"board": "pico_w_2x2"}))


def test_on_a_board_with_two_contactors_both_move_together():
    assert two_contactors((4.53, "phase_relay", 1)) is None
    assert two_contactors((4.53, "phase_relay", 1), *STOP, (20.1, "phase_relay", 0)) is None
    late = two_contactors((12, "phase_relay", 1))
    assert "live on L1" in late.text
    alone = two_contactors((4.53, "phase_relay", 1), *STOP)
    assert "without L1 and N" in alone.text


def test_a_weld_that_is_repaired_lets_go_a_little_later():
    weld = ((9, "weld", 1), (10, "ev_s2", 0), (10.05, "contactor_coil", 0), (15, "weld", 0))
    assert open_within_100ms(record(*weld, (15.02, "contactor", 0))) is None
    assert contactor_state(record(*weld, (15.02, "contactor", 0))) is None
