# SPDX-License-Identifier: MIT
"""Charging profiles against a second evaluation that is written as naively as possible."""

from control.composite import Composite
from control.profiles import (
    AMPERES,
    CHARGE_POINT_MAX,
    DAILY,
    MAX_PERIODS,
    MAX_PROFILES,
    NEVER,
    NO_LIMIT,
    ONCE,
    RELATIVE,
    TX,
    TX_DEFAULT,
    WATTS,
    WEEKLY,
    Profiles,
)

HOUR = 3600
DAY0 = 168000000  # a day in 2025, in seconds since 2020


class Dice:
    """Repeatable numbers without the random module."""

    def __init__(self, seed):
        self.value = seed

    def below(self, n):
        """A number from 0 to n - 1."""
        self.value = (self.value * 7141 + 54773) % 259200
        return self.value % n


class Entry:
    """One profile of the naive evaluation."""

    def __init__(self, **fields):
        for key, value in fields.items():
            setattr(self, key, value)


def put(profiles, entry):
    slot = profiles.put(entry.id, entry.purpose, entry.stack, entry.connector)
    if slot < 0:
        return False
    profiles.times(
        slot, entry.unit, entry.every, entry.begin, entry.duration, entry.first, entry.until
    )
    for period in entry.periods:
        profiles.period(slot, *period)
    return True


def simple(id=1, purpose=TX_DEFAULT, stack=0, connector=0, unit=AMPERES, begin=DAY0, duration=-1,
           first=0, until=NEVER, periods=((0, 160, 0),), every=ONCE):  # fmt: skip
    return Entry(id=id, purpose=purpose, stack=stack, connector=connector, unit=unit, begin=begin,
                 duration=duration, first=first, until=until, periods=periods,
                 every=every)  # fmt: skip


def composite(profiles, now_s, duration_s, unit, hardware_da, hardware_phases, begun_s=None):
    """(periods, covered seconds) of a composite schedule."""
    begun_s = now_s if begun_s is None else begun_s
    work = Composite(profiles, now_s, begun_s, duration_s, unit, hardware_da, hardware_phases)
    work.run()
    return work.periods, work.covered_s


def value_at(entry, t, begun=DAY0):
    """(limit, phases) of one profile or None, second by second from the standard's words."""
    offset = t - (begun if entry.every == RELATIVE else entry.begin)
    if entry.every > 0:
        offset %= entry.every
    if not entry.first <= t < entry.until or offset < 0:
        return None
    if entry.duration >= 0 and offset >= entry.duration:
        return None
    value = None
    for start, limit, phases in entry.periods:
        if start <= offset:
            value = (limit, phases)
    return value


def naive(entries, t):
    """(0.1 A at numberPhases or 3, phases) with NO_LIMIT and 0 for nothing."""
    chosen = []
    running = [e for e in entries if e.purpose == TX and value_at(e, t) is not None]
    for purpose in (CHARGE_POINT_MAX, TX if running else TX_DEFAULT):
        candidates = [
            (e.stack, e.connector, e.unit, value_at(e, t))
            for e in entries
            if e.purpose == purpose and value_at(e, t) is not None
        ]
        if candidates:
            top = max(candidates, key=lambda c: (c[0], c[1]))
            chosen.append((top[2], top[3][0], top[3][1]))
    given = [phases for _, _, phases in chosen if phases]
    phases = min(given) if given else 0
    limits = [
        limit if unit == AMPERES else limit // (230 * (phases or 3)) for unit, limit, _ in chosen
    ]
    return (min(limits) if limits else NO_LIMIT), phases


def random_entry(dice, number):
    unit = dice.below(2)
    periods = []
    start = 0
    for _ in range(1 + dice.below(5)):
        limit = dice.below(330) if unit == AMPERES else dice.below(230000)
        periods.append((start, limit, dice.below(4)))
        start += 1 + dice.below(200)
    return simple(
        id=number,
        purpose=dice.below(3),
        every=(ONCE, RELATIVE, DAILY, WEEKLY)[dice.below(4)],
        stack=dice.below(4),
        connector=dice.below(2),
        unit=unit,
        begin=DAY0 + dice.below(600) - 300,
        duration=dice.below(500) if dice.below(2) else -1,
        first=DAY0 + dice.below(300) if dice.below(3) == 0 else 0,
        until=DAY0 + 300 + dice.below(300) if dice.below(3) == 0 else NEVER,
        periods=periods,
    )


def test_brute_force():
    dice = Dice(7)
    compared = 0
    for _ in range(60):
        profiles = Profiles()
        entries = []
        for number in range(1 + dice.below(9)):
            entry = random_entry(dice, number)
            place = (entry.purpose, entry.stack, entry.connector)
            entries = [e for e in entries if (e.purpose, e.stack, e.connector) != place]
            entries.append(entry)
            assert put(profiles, entry)
        assert profiles.count() == len(entries)
        expected_change = DAY0 - 400
        last = None
        for t in range(DAY0 - 400, DAY0 + 900, 3):
            profiles.evaluate(t, DAY0)
            expected = naive(entries, t)
            found = (profiles.limit(AMPERES, profiles.phases or 3), profiles.phases)
            assert found == expected, (t - DAY0, found, expected)
            if last is not None and found != last:
                assert t >= expected_change, "changed before next_s"
            last = found
            expected_change = profiles.next_s
            assert expected_change > t
            compared += 1
    assert compared > 20000


def test_composite_is_the_evaluation_written_down():
    dice = Dice(99)
    for unit in (AMPERES, WATTS):
        for _ in range(40):
            profiles = Profiles()
            for number in range(1 + dice.below(9)):
                put(profiles, random_entry(dice, number))
            duration = 100 + dice.below(800)
            periods, covered = composite(profiles, DAY0, duration, unit, 160, 3)
            assert periods[0][0] == 0 and len(periods) <= MAX_PERIODS
            assert covered == duration or len(periods) == MAX_PERIODS
            at = 0
            for offset in range(0, covered, 7):
                while at + 1 < len(periods) and periods[at + 1][0] <= offset:
                    at += 1
                profiles.evaluate(DAY0 + offset, DAY0)
                limit = profiles.limit(unit, profiles.phases or 3)
                top = 160 if unit == AMPERES else 160 * 230 * (profiles.phases or 3)
                expected = top if limit == NO_LIMIT else min(limit, top)
                assert periods[at][1:] == (expected, profiles.phases)
            for before, after in zip(periods, periods[1:]):
                assert before[0] < after[0] and before[1:] != after[1:]


def test_nothing_stored_says_nothing():
    profiles = Profiles()
    profiles.evaluate(DAY0)
    assert profiles.offer_ma(3) == NO_LIMIT and profiles.phases == 0
    assert profiles.next_s == NEVER
    assert composite(profiles, DAY0, 60, AMPERES, 160, 3) == ([(0, 160, 0)], 60)
    assert composite(profiles, DAY0, 60, WATTS, 160, 1) == ([(0, 36800, 0)], 60)
    assert composite(profiles, DAY0, 0, AMPERES, 160, 3) == ([], 0)


def test_below_6_amperes_pauses():
    for limit, expected in ((0, 0), (1, 0), (59, 0), (60, 6000), (61, 6100), (320, 32000)):
        profiles = Profiles()
        put(profiles, simple(periods=((0, limit, 0),)))
        profiles.evaluate(DAY0)
        assert profiles.offer_ma(3) == expected


def test_watts_never_become_more():
    for watts in range(0, 23000, 77):
        profiles = Profiles()
        put(profiles, simple(unit=WATTS, periods=((0, watts * 10, 0),)))
        profiles.evaluate(DAY0)
        for phases in (1, 2, 3):
            ma = profiles.offer_ma(phases)
            assert ma * 230 * phases <= watts * 1000
            if ma:  # and not needlessly less: one step of 0.1 A more would be too much
                assert (ma + 100) * 230 * phases > watts * 1000


def test_watts_are_shared_over_the_phases_in_use():
    profiles = Profiles()
    put(profiles, simple(unit=WATTS, periods=((0, 18400, 1),)))  # 8 A on the one phase asked for
    profiles.evaluate(DAY0)
    assert profiles.phases == 1
    assert profiles.offer_ma(1) == 8000
    assert profiles.offer_ma(3) == 0  # still on three phases: 2.6 A each, so wait


def test_amperes_protect_the_conductor_of_each_phase():
    profiles = Profiles()
    put(profiles, simple(id=1, purpose=CHARGE_POINT_MAX, periods=((0, 160, 1),)))
    put(profiles, simple(id=2, periods=((0, 100, 3),)))
    profiles.evaluate(DAY0)
    assert profiles.offer_ma(1) == 10000 and profiles.phases == 1


def test_gap_falls_to_the_level_below():
    profiles = Profiles()
    put(profiles, simple(id=1, stack=0, periods=((0, 160, 0),)))
    put(profiles, simple(id=2, stack=5, duration=60, periods=((0, 80, 0),)))
    for t, expected in ((0, 8000), (59, 8000), (60, 16000)):
        profiles.evaluate(DAY0 + t)
        assert profiles.offer_ma(3) == expected
    profiles.evaluate(DAY0 - 1)
    assert profiles.offer_ma(3) == NO_LIMIT and profiles.next_s == DAY0


def test_clock_that_goes_back_is_noticed():
    profiles = Profiles()
    put(profiles, simple(periods=((0, 160, 0), (60, 80, 0))))
    profiles.evaluate(DAY0 + 61)
    assert profiles.offer_ma(3) == 8000
    profiles.evaluate(DAY0 + 10)
    assert profiles.offer_ma(3) == 16000


def test_replacing_and_room():
    profiles = Profiles()
    assert put(profiles, simple(id=1, stack=0))
    assert put(profiles, simple(id=1, stack=3))  # same id, other place
    assert profiles.count() == 1
    assert put(profiles, simple(id=9, stack=3))  # same place, other id
    assert profiles.count() == 1
    assert put(profiles, simple(id=10, stack=3, connector=1))
    assert profiles.count() == 2
    for number in range(MAX_PROFILES - 2):
        purpose = (CHARGE_POINT_MAX, TX)[number % 2]
        assert put(profiles, simple(id=20 + number, purpose=purpose, stack=number // 2))
    assert not put(profiles, simple(id=99, stack=8))
    assert profiles.count() == MAX_PROFILES
    assert put(profiles, simple(id=9, stack=8)) and put(profiles, simple(id=99, stack=8))
    assert profiles.count() == MAX_PROFILES


def test_clear_filters():
    def filled():
        profiles = Profiles()
        put(profiles, simple(id=1, stack=0))
        put(profiles, simple(id=2, stack=1, connector=1))
        put(profiles, simple(id=3, stack=1, purpose=CHARGE_POINT_MAX))
        return profiles

    assert filled().clear() == 3
    assert filled().clear(profile_id=2, stack_level=7) == 1  # an id wins over everything
    assert filled().clear(profile_id=8) == 0
    assert filled().clear(stack_level=1) == 2
    assert filled().clear(stack_level=1, purpose=TX_DEFAULT) == 1
    assert filled().clear(connector=0) == 2
    assert filled().clear(purpose=TX) == 0
    profiles = filled()
    profiles.evaluate(DAY0)
    assert profiles.offer_ma(3) == 16000
    profiles.clear()
    profiles.evaluate(DAY0)
    assert profiles.offer_ma(3) == NO_LIMIT
