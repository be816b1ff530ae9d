# SPDX-License-Identifier: MIT
"""The wall clock: calendar, ISO 8601 both ways, and ticks that wrap."""

from firmware.clock import Clock, civil_from_days, days_from_civil, format_iso, parse_iso

WRAP = 1 << 30


class Ticks:
    """A tick counter that is set by hand."""

    def __init__(self, ms):
        self.ms = ms

    def __call__(self):
        """The ticks."""
        return self.ms & (WRAP - 1)


def test_known_moments():
    assert format_iso(0) == "1970-01-01T00:00:00Z"
    assert format_iso(951782400) == "2000-02-29T00:00:00Z"
    assert format_iso(1745835300) == "2025-04-28T10:15:00Z"
    assert format_iso(4107542399) == "2100-02-28T23:59:59Z"
    assert format_iso(4107542400) == "2100-03-01T00:00:00Z"  # 2100 is no leap year


def follow(year, last_year):
    """Walk through whole years day by day, counting by hand."""
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    month, day = 1, 1
    n = days_from_civil(year, 1, 1)
    while year <= last_year:
        assert civil_from_days(n) == (year, month, day)
        assert days_from_civil(year, month, day) == n
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        last = 29 if leap and month == 2 else lengths[month - 1]
        n += 1
        day += 1
        if day > last:
            day = 1
            month += 1
        if month > 12:
            month = 1
            year += 1


def test_every_day_follows_the_one_before():
    assert days_from_civil(1970, 1, 1) == 0
    follow(1970, 1973)
    follow(1999, 2005)
    follow(2095, 2105)


def test_parse_what_central_systems_send():
    expected = 1745835300
    for text in (
        "2025-04-28T10:15:00Z",
        "2025-04-28t10:15:00z",
        "2025-04-28 10:15:00",
        "2025-04-28T10:15:00.999999Z",
        "2025-04-28T10:15:00,5Z",
        "2025-04-28T12:15:00+02:00",
        "2025-04-28T12:15:00.123+0200",
        "2025-04-28T12:15:00+02",
        "2025-04-28T04:45:00-05:30",
        "2025-04-28T10:14:60Z",
    ):
        assert parse_iso(text) == expected, text


def test_refuse_what_is_no_date():
    for text in (
        None,
        1745835300,
        "",
        "now",
        "2025-04-28",
        "2025-04-28T10:15",
        "2025-4-28T10:15:00Z",
        "2025-02-29T10:15:00Z",
        "2025-13-01T10:15:00Z",
        "2025-00-01T10:15:00Z",
        "2025-04-31T10:15:00Z",
        "2025-04-28T24:15:00Z",
        "2025-04-28T10:60:00Z",
        "2025-04-28T10:15:61Z",
        "2025-04-28T10:15:00X",
        "2025-04-28T10:15:00.Z",
        "2025-04-28T10:15:00+2",
        "2025-04-28T10:15:00+15:00",
        "1969-04-28T10:15:00Z",
        "2925-04-28T10:15:00Z",
        "2025-04-28T10:15:00Z" * 9,
    ):
        assert parse_iso(text) is None, text


def test_format_and_parse_are_inverse():
    unix_s = 0
    step_s = 1
    while unix_s < 4260000000:
        assert parse_iso(format_iso(unix_s)) == unix_s
        step_s = (step_s * 75 + 74) % 65537
        unix_s += step_s * 97


def test_unset_until_told():
    ticks = Ticks(WRAP - 500)
    clock = Clock(ticks)
    ticks.ms += 5000
    assert not clock.is_set()
    assert clock.now() is None and clock.iso() is None and clock.at(3) is None
    assert clock.uptime_s() == 5
    clock.set(1745835300)
    assert clock.iso() == "2025-04-28T10:15:00Z"
    assert clock.at(0) == 1745835295  # a moment before the time was known


def test_counts_across_the_wrap_without_losing_milliseconds():
    ticks = Ticks(WRAP - 1)
    clock = Clock(ticks)
    clock.set(1745835300)
    for step_ms in (1, 999, 1, 333, 333, 333, 1 << 29, (1 << 30) - 1):
        ticks.ms += step_ms
        clock.poll()
    passed_s = (ticks.ms - (WRAP - 1)) // 1000
    assert clock.uptime_s() == passed_s
    assert clock.now() == 1745835300 + passed_s


def test_small_differences_do_not_move_it():
    ticks = Ticks(0)
    clock = Clock(ticks)
    assert clock.set(1000000) != 0
    ticks.ms += 10900
    assert clock.set(1000011) == 0 and clock.now() == 1000010
    assert clock.set(1000009) == 0 and clock.now() == 1000010
    assert clock.set(1000020) == 10 and clock.now() == 1000020
    assert clock.set(1000000) == -20 and clock.now() == 1000000
    assert clock.uptime_s() == 10  # goes on whatever happens to the time of day
