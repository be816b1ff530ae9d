# SPDX-License-Identifier: MIT
"""Invariants of offer, authorisation and transactions on hand-made runs, and the summary."""

from tests_host.cpython.made_runs import STOP, record, row
from tools.bench import billing, invariants, offers
from tools.bench.summary import summarise

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
