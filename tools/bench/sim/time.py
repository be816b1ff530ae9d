# SPDX-License-Identifier: MIT
"""Virtual `time` for the firmware, with the device's counters that wrap at 2**30.

Both counters start shortly before their wrap: ticks_ms and ticks_us roll over 60 s into every
run, so code that compares ticks without ticks_diff fails on the desk and not after 12 days.
"""

from tools.bench.sim import chip

MASK = 0x3FFFFFFF
HALF = 0x20000000
START_MS = 0x40000000 - 60000
START_US = 0x40000000 - 60000000
# A Pico without network time wakes up in 2021 (the RP2 port's default clock).
EPOCH_S = 1609459200


def ticks_ms():
    """Milliseconds, 0 ... 2**30 - 1."""
    return (chip.clock.now_us // 1000 + START_MS) & MASK


def ticks_us():
    """Microseconds, 0 ... 2**30 - 1."""
    return (chip.clock.now_us + START_US) & MASK


def ticks_cpu():
    """Same as ticks_us, as on ports without a cycle counter."""
    return (chip.clock.now_us + START_US) & MASK


def ticks_diff(a, b):
    """Signed distance a - b, right for distances below 2**29."""
    return ((a - b + HALF) & MASK) - HALF


def ticks_add(a, delta):
    """Tick value `delta` after `a`."""
    return (a + delta) & MASK


def sleep_us(us):
    """Block for `us`; the world goes on and may end the firmware meanwhile."""
    until = chip.clock.now_us + us
    while chip.clock.now_us < until:
        chip.clock.advance(until)
        if chip.clock.halt is not None:
            raise chip.clock.halt


def sleep_ms(ms):
    """Block for `ms`."""
    sleep_us(ms * 1000)


def sleep(seconds):
    """Block for `seconds` (float allowed)."""
    sleep_us(int(seconds * 1000000))


def time():
    """Seconds of the chip's clock, which nobody has set."""
    return EPOCH_S + chip.clock.now_us // 1000000


def time_ns():
    """Nanoseconds of the chip's clock."""
    return (EPOCH_S * 1000000 + chip.clock.now_us) * 1000


def gmtime(seconds=None):
    """(year, month, day, hour, minute, second, weekday, yearday) of `seconds` since 1970."""
    if seconds is None:
        seconds = time()
    days, rest = seconds // 86400, seconds % 86400
    # Civil date from a day count: shift the year to start in March, so that the leap day is last.
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    yearday = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month - 1] + day
    if leap and month > 2:
        yearday += 1
    return (year, month, day, rest // 3600, rest % 3600 // 60, rest % 60, (days + 3) % 7, yearday)


localtime = gmtime


def mktime(t):
    """Seconds since 1970 of a date tuple (year, month, day, hour, minute, second, ...)."""
    year, month, day = t[0], t[1], t[2]
    y = year - 1 if month <= 2 else year
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
    return days * 86400 + t[3] * 3600 + t[4] * 60 + t[5]
