# SPDX-License-Identifier: MIT
"""Wall clock of the charger: unix seconds out of wrapping ticks and a time somebody told us.

The chip has no battery-backed clock. Time of day is learnt from the central system
(BootNotification and Heartbeat carry currentTime); until then it is unset and `now()` is None.
Calendar arithmetic is done here on integers because the epoch of `time` differs between ports
(1970 or 2000) and floats on the chips carry 24 bits only.
"""

from micropython import const

from firmware.printable import printable

_TICKS_MASK = const(0x3FFFFFFF)  # ticks_ms wraps at 2**30
_HYSTERESIS_S = const(2)  # smaller differences are the network's delay, not the clock's error
_DAY_S = const(86400)

EPOCH_2020 = const(1577836800)  # unix seconds of 2020-01-01; seconds since then fit 31 bits


class Clock:
    """Seconds since boot, and unix seconds once `set` was called.

    Some method must run at least once in 12 days (the ticks wrap); `poll` is enough.
    """

    def __init__(self, ticks_ms):
        self._ticks_ms = ticks_ms  # callable -> milliseconds, wrapping at 2**30
        self._last = ticks_ms()
        self._rest_ms = 0  # 0..999, part of the second that has begun
        self._uptime_s = 0  # whole seconds since boot, never wraps
        self._offset_s = None  # unix seconds at boot, None while unset

    def poll(self):
        """Take in the ticks that passed since the last call."""
        ticks = self._ticks_ms()
        self._rest_ms += (ticks - self._last) & _TICKS_MASK
        self._last = ticks
        if self._rest_ms >= 1000:
            self._uptime_s += self._rest_ms // 1000
            self._rest_ms %= 1000

    def uptime_s(self):
        """Whole seconds since boot; goes on whatever happens to the time of day."""
        self.poll()
        return self._uptime_s

    def is_set(self):
        """True once the time of day is known."""
        return self._offset_s is not None

    def set(self, unix_s):
        """Learn the time of day. Returns the step in seconds, 0 when nothing was changed."""
        self.poll()
        offset_s = unix_s - self._uptime_s
        if self._offset_s is None:
            self._offset_s = offset_s
            return offset_s
        step_s = offset_s - self._offset_s
        if -_HYSTERESIS_S < step_s < _HYSTERESIS_S:
            return 0
        self._offset_s = offset_s
        return step_s

    def nudge(self, seconds):
        """Move a clock that is set by a second or so, as a slew does."""
        if self._offset_s is not None:
            self._offset_s += seconds

    def now(self):
        """Unix seconds, or None while the time of day is unknown."""
        self.poll()
        return None if self._offset_s is None else self._offset_s + self._uptime_s

    def at(self, uptime_s):
        """Unix seconds of a moment given as seconds since boot (may be before `set`), or None."""
        return None if self._offset_s is None else self._offset_s + uptime_s

    def iso(self):
        """Now as "YYYY-MM-DDTHH:MM:SSZ", or None while unset."""
        unix_s = self.now()
        return None if unix_s is None else format_iso(unix_s)


def days_from_civil(year, month, day):
    """Days since 1970-01-01 of a Gregorian date (H. Hinnant, "chrono-compatible algorithms")."""
    if month <= 2:
        year -= 1
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146097 + day_of_era - 719468


def civil_from_days(days):
    """(year, month, day) of a day counted from 1970-01-01; same source."""
    days += 719468
    era = days // 146097
    day_of_era = days - era * 146097
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400
    return (year + 1 if month <= 2 else year, month, day)


def format_iso(unix_s):
    """Unix seconds as "YYYY-MM-DDTHH:MM:SSZ"."""
    days = unix_s // _DAY_S
    rest = unix_s - days * _DAY_S
    year, month, day = civil_from_days(days)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (
        year, month, day, rest // 3600, rest // 60 % 60, rest % 60,
    )  # fmt: skip


def parse_iso(text):
    """Unix seconds of an ISO 8601 date and time, or None when it is not one.

    Takes what central systems send: fractions (cut off), Z, +hh:mm, +hhmm, +hh, no zone (UTC),
    lower case letters, a blank instead of T. Years 1970 to 2105, so 32 bits are enough.
    """
    if not isinstance(text, str) or not 19 <= len(text) <= 40 or not printable(text):
        return None
    if text[4] != "-" or text[7] != "-" or text[10] not in "Tt " or text[13] != ":":
        return None
    if text[16] != ":":
        return None
    year, month, day = _number(text, 0, 4), _number(text, 5, 7), _number(text, 8, 10)
    hour, minute, second = _number(text, 11, 13), _number(text, 14, 16), _number(text, 17, 19)
    if not 1970 <= year <= 2105 or not 1 <= month <= 12:
        return None
    if not 1 <= day <= _month_days(year, month):
        return None
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 60:
        return None
    east_s = _zone(_without_fraction(text[19:]))
    if east_s is None:
        return None
    days = days_from_civil(year, month, day)
    return days * _DAY_S + hour * 3600 + minute * 60 + second - east_s


def _without_fraction(rest):
    """`rest` without a leading ".123"; a point without digits stays and is no zone."""
    if not rest or rest[0] not in ".,":
        return rest
    at = 1
    while at < len(rest) and "0" <= rest[at] <= "9":
        at += 1
    return rest if at == 1 else rest[at:]


def _month_days(year, month):
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _number(text, begin, end):
    """Digits of text[begin:end] as an integer, -1 when one is not a digit."""
    value = 0
    for i in range(begin, end):
        digit = ord(text[i]) - 48
        if not 0 <= digit <= 9:
            return -1
        value = value * 10 + digit
    return value


def _zone(zone):
    """Seconds east of Greenwich of "", "Z", "+hh:mm", "+hhmm" or "+hh"; None when malformed."""
    if zone in ("", "Z", "z"):
        return 0
    if zone[0] not in "+-":
        return None
    if len(zone) == 6 and zone[3] == ":":
        minutes = _number(zone, 4, 6)
    elif len(zone) == 5:
        minutes = _number(zone, 3, 5)
    elif len(zone) == 3:
        minutes = 0
    else:
        return None
    hours = _number(zone, 1, 3)
    if not 0 <= hours <= 14 or not 0 <= minutes <= 59:
        return None
    east_s = hours * 3600 + minutes * 60
    return -east_s if zone[0] == "-" else east_s
