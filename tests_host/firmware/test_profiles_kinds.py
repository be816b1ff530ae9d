# SPDX-License-Identifier: MIT
"""Charging profiles that recur or begin with a transaction, and long questions about them."""

from control.composite import MAX_STEPS, Composite
from control.profiles import (
    AMPERES,
    CHARGE_POINT_MAX,
    DAILY,
    MAX_PERIODS,
    MAX_PROFILES,
    NEVER,
    NO_LIMIT,
    RELATIVE,
    TX,
    Profiles,
)
from tests_host.firmware.test_profiles import (
    DAY0,
    HOUR,
    Dice,
    composite,
    put,
    random_entry,
    simple,
)


def test_recurring_goes_round_also_before_its_first_date():
    profiles = Profiles()
    put(profiles, simple(every=DAILY, duration=7200, periods=((0, 160, 0), (3600, 100, 0))))
    for day in (-40, -1, 0, 1, 400):
        for offset, expected in ((0, 16000), (3599, 16000), (3600, 10000), (7199, 10000),
                                 (7200, NO_LIMIT), (-1, NO_LIMIT)):  # fmt: skip
            profiles.evaluate(DAY0 + day * DAILY + offset)
            assert profiles.offer_ma(3) == expected, (day, offset)
    profiles.evaluate(DAY0 + 7200)
    assert profiles.next_s == DAY0 + DAILY


def test_a_round_is_cut_off_where_the_next_begins():
    profiles = Profiles()
    periods = ((0, 160, 0), (DAILY - 1, 100, 0), (DAILY, 70, 0))
    put(profiles, simple(every=DAILY, duration=3 * DAILY, periods=periods))
    listed, _ = composite(profiles, DAY0, 2 * DAILY, AMPERES, 320, 3)
    assert listed == [(0, 160, 0), (DAILY - 1, 100, 0), (DAILY, 160, 0), (2 * DAILY - 1, 100, 0)]


def test_relative_runs_from_the_transaction_or_from_the_question():
    profiles = Profiles()
    put(profiles, simple(every=RELATIVE, duration=120, periods=((0, 160, 0), (60, 80, 0))))
    for now, begun, expected in ((0, -59, 16000), (0, -60, 8000), (0, -120, NO_LIMIT),
                                 (0, 0, 16000)):  # fmt: skip
        profiles.evaluate(DAY0 + now, DAY0 + begun)
        assert profiles.offer_ma(3) == expected
    for now in (0, 100, 1000):
        profiles.evaluate(DAY0 + now)  # nobody charges: the schedule has not begun
        assert profiles.offer_ma(3) == 16000 and profiles.next_s == NEVER
    listed, _ = composite(profiles, DAY0, 300, AMPERES, 320, 3)
    assert listed == [(0, 160, 0), (60, 80, 0), (120, 320, 0)]


def test_tx_profile_takes_the_place_of_the_default_not_of_the_maximum():
    profiles = Profiles()
    put(profiles, simple(id=1, stack=7, periods=((0, 100, 0),)))
    put(profiles, simple(id=2, stack=0, purpose=TX, duration=60, periods=((0, 200, 0),)))
    put(profiles, simple(id=3, purpose=CHARGE_POINT_MAX, periods=((0, 180, 0),)))
    for t, expected in ((0, 18000), (60, 10000)):
        profiles.evaluate(DAY0 + t, DAY0)
        assert profiles.offer_ma(3) == expected


def test_a_long_question_is_answered_in_bounded_steps():
    profiles = Profiles()
    put(profiles, simple(every=DAILY, periods=[(i * HOUR, 100, 0) for i in range(24)]))
    work = Composite(profiles, DAY0, DAY0, 400 * DAILY, AMPERES, 160, 3)
    steps = 0
    while not work.done:
        work.step()
        steps += 1
    assert steps == MAX_STEPS and work.periods == [(0, 100, 0)]
    assert work.covered_s == MAX_STEPS * HOUR


def test_export_and_put_back():
    dice = Dice(3)
    for number in range(50):
        entry = random_entry(dice, number)
        first = Profiles()
        put(first, entry)
        second = Profiles()
        assert second.put_back(first.export(0)) == 0
        assert second.export(0) == first.export(0)
        for t in range(DAY0 - 300, DAY0 + 900, 50):
            first.evaluate(t, DAY0)
            second.evaluate(t, DAY0)
            assert first.offer_ma(3) == second.offer_ma(3)


def test_all_24_periods():
    periods = [(i * HOUR, 60 + i, 0) for i in range(MAX_PERIODS)]
    profiles = Profiles()
    for number in range(MAX_PROFILES):
        put(profiles, simple(id=number, stack=number, periods=periods))
    for i in range(MAX_PERIODS):
        profiles.evaluate(DAY0 + i * HOUR)
        assert profiles.offer_ma(3) == (60 + i) * 100
    listed, covered = composite(profiles, DAY0, 30 * HOUR, AMPERES, 320, 3)
    assert len(listed) == MAX_PERIODS and covered == 30 * HOUR
