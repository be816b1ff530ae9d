# SPDX-License-Identifier: MIT
"""Every invariant on hand-made runs: held where it should hold, broken where it should break."""

from tools.bench import billing, invariants, offers
from tools.bench.contact import contactor_state, l23_unmoved_while_closed, open_within_100ms
from tools.bench.record import Record
from tools.bench.summary import summarise


def charge(*more, without=()):
    """Edges of a plain session: C from 4 s, closed at 4.52 s; `more` as (t_s, signal, value)."""
    plain = [
        (0, "power", 1), (0, "pilot_mode", "x1"), (1, "ev_plug", 1), (1.5, "authorised", 1),
        (2, "pilot_mode", "pwm"), (4, "ev_s2", 1), (4.5, "contactor_coil", 1),
        (4.52, "contactor", 1),
    ]  # fmt: skip
    kept = [edge for edge in plain if edge[1:] not in without]
    edges = sorted(kept + list(more), key=lambda edge: edge[0])
    return [(round(t_s * 1e6), signal, value) for t_s, signal, value in edges]


def record(*more, without=(), duration_ms=30000, **parts):
    return Record(edges=charge(*more, without=without), duration_ms=duration_ms, **parts)


STOP = ((20, "ev_s2", 0), (20.05, "contactor_coil", 0), (20.065, "contactor", 0))


def row(t_ms, limit=16000, duty=26.67, state="C2", reason="board", wh=0):
    return {
        "t_ms": t_ms, "limit_ma": limit, "duty_pct": duty, "state": state, "reason": reason,
        "energy_wh": wh, "power_w": 0, "offer_ma": 0, "l1_ma": 0, "phases": 3,
    }  # fmt: skip


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


# --- offer_within_limit


def test_duty_to_ma_on_both_lines_and_their_ends():
    for duty, current_ma in (
        (5, 0), (7.9, 0), (8, 6000), (10, 6000), (26.67, 16002), (85, 51000), (86, 55000),
        (96, 80000), (97, 80000), (97.1, 0), (100, 0),
    ):  # fmt: skip
        assert offers.duty_to_ma(duty) == current_ma


def test_cable_ratings_by_band():
    for ohm, rating in ((50, 0), (100, 63000), (220, 32000), (680, 20000), (1500, 13000),
                        (5000, 0)):  # fmt: skip
        assert offers.cable_ma(ohm) == rating


def test_offer_above_the_limit_is_broken():
    assert offers.offer_within_limit(record(rows=[row(5000), row(5100)])) is None
    bad = record(rows=[row(5000), row(5100, limit=13000, reason="ocpp")])
    broken = offers.offer_within_limit(bad)
    assert broken.t_ms == 5100
    assert "16002 mA is above the limit 13000 mA (ocpp)" in broken.text


def test_x1_and_f_offer_nothing():
    rows = [row(5000, limit=0, duty=100, state="B1"), row(5100, limit=0, duty=0, state="F")]
    assert offers.offer_within_limit(record(rows=rows)) is None


def test_the_cable_binds_whatever_the_firmware_believes():
    car = {"cable_ohm": 1500}
    plug = [{"do": "plug", "at_ms": 1000, "vehicle": car}]
    broken = offers.offer_within_limit(record(rows=[row(5000)], events=plug))
    assert "limit 13000 mA (cable)" in broken.text
    tethered = {"cable": "tethered"}
    held = offers.offer_within_limit(record(rows=[row(5000)], events=plug, settings=tethered))
    assert held is None


def test_the_setting_binds_whatever_the_firmware_believes():
    bad = record(rows=[row(5000, limit=32000)], settings={"max_current_ma": 10000})
    assert "settings.max_current_ma" in offers.offer_within_limit(bad).text


def test_a_duty_between_two_rows_is_seen():
    bad = record((5.04, "duty", 533333), (5.06, "duty", 266666), rows=[row(5000), row(5100)])
    assert offers.offer_within_limit(bad).t_ms == 5040


# --- energy_authorised


CARD = {"authorisation": "card"}


def test_closing_without_authorisation():
    bad = record(without=[("authorised", 1)], settings=CARD)
    assert "without authorisation" in invariants.energy_authorised(bad).text
    assert invariants.energy_authorised(record(without=[("authorised", 1)])) is None


def test_an_orderly_stop_may_take_six_seconds():
    good = record((10, "authorised", 0), (16.05, "contactor", 0), settings=CARD)
    assert invariants.energy_authorised(good) is None
    bad = record((10, "authorised", 0), (16.2, "contactor", 0), settings=CARD)
    assert invariants.energy_authorised(bad).t_ms == 16100


def frame(t_ms, direction, *content):
    return {"t_ms": t_ms, "dir": direction, "frame": list(content)}


def test_the_central_system_must_have_granted_something():
    refused = [
        frame(1200, "out", 2, "1", "Authorize", {"idTag": "A"}),
        frame(1300, "in", 3, "1", {"idTagInfo": {"status": "Blocked"}}),
    ]
    bad = record(settings=CARD, frames=refused)
    assert "granted nothing" in invariants.energy_authorised(bad).text
    remote = [frame(1400, "in", 2, "9", "RemoteStartTransaction", {"idTag": "A"})]
    assert invariants.energy_authorised(record(settings=CARD, frames=refused + remote)) is None


# --- transactions_complete


def bill(start=100, stop=200, answer="Accepted", stops=1, number=1):
    frames = [
        frame(4000, "out", 2, "1", "StartTransaction", {"meterStart": start}),
        frame(4050, "in", 3, "1", {"transactionId": 1, "idTagInfo": {"status": answer}}),
    ]
    for k in range(stops):
        key = "s%d" % k
        content = {"transactionId": number, "meterStop": stop}
        frames.append(frame(22000 + k * 100, "out", 2, key, "StopTransaction", content))
        frames.append(frame(22050 + k * 100, "in", 3, key, {}))
    return frames


METER = [row(t, wh=100 if t < 5000 else 200) for t in range(0, 30000, 100)]


def test_transaction_with_the_meters_energy():
    assert billing.transactions_complete(record(*STOP, rows=METER, frames=bill())) is None
    t_ms, text = billing.transactions_complete(record(*STOP, rows=METER, frames=bill(stop=150)))
    assert t_ms == 22000
    assert text == "transaction 1: meterStop 150 Wh, the meter says 200 Wh"


def test_transaction_that_runs_backwards():
    found = billing.transactions_complete(record(*STOP, frames=bill(stop=50)))
    assert "below meterStart" in found[1]


def test_stop_of_an_unknown_or_stopped_transaction():
    found = billing.transactions_complete(record(*STOP, frames=bill(number=7)))
    assert "never started" in found[1]
    found = billing.transactions_complete(record(*STOP, rows=METER, frames=bill(stops=2)))
    assert "stopped again" in found[1]


def test_open_at_the_end_is_good_while_the_car_is_there():
    assert billing.transactions_complete(record(frames=bill(stops=0))) is None
    gone = record(*STOP, (20.1, "ev_plug", 0), frames=bill(stops=0), duration_ms=40000)
    assert "still open 19 s after the car has left" in billing.transactions_complete(gone)[1]
    cut = [{"do": "network", "at_ms": 19000, "up": False}]
    gone.events = cut
    assert billing.transactions_complete(gone) is None


def test_frames_that_are_no_frames_do_no_harm():
    odd = [frame(1000, "in"), {"t_ms": 1, "dir": "in", "frame": "garbage"}]
    assert billing.transactions_complete(record(frames=odd + bill(stops=0))) is None


# --- the rest


def test_exceptions_and_a_dead_simulator():
    assert invariants.no_unhandled_exception(record(console=["all well"])) is None
    text = ["Traceback (most recent call last):", '  File "x.py"', "ValueError: no"]
    assert "ValueError: no" in invariants.no_unhandled_exception(record(console=text)).text
    assert invariants.no_unhandled_exception(record(ended=None)) is not None


def test_harm_and_refused_frames():
    assert invariants.no_harm(record((0, "harm", "none"))) is None
    assert invariants.no_harm(record((9, "harm", "bridge energised"))).text == "bridge energised"
    refused = [{"t_ms": 7, "kind": "schema", "text": "Heartbeat: x"}]
    assert invariants.ocpp_well_formed(record(refused=refused)).t_ms == 7


def test_numbers():
    numbers = summarise(record(*STOP, rows=METER, frames=bill()))
    assert numbers["energy_wh"] == 100
    assert numbers["contactor_closes"] == 1
    assert numbers["close_after_c_ms"] == [520, 520]
    assert numbers["open_after_leaving_ms"] == [65, 65]
    assert numbers["transactions"] == 1
