# SPDX-License-Identifier: MIT
"""Virtual time: order of events, the wrap of both tick counters, the calendar."""

from tools.bench.sim import chip
from tools.bench.sim import time as virtual
from tools.bench.sim.events import Clock, Event, Noise


class Log:
    """Collects who fired when."""

    def __init__(self, clock):
        self.clock = clock
        self.seen = []

    def event(self, name):
        """An event that writes down its name and time."""
        return Event(lambda: self.seen.append((name, self.clock.now_us)))


def test_events_fire_in_time_order_and_equal_times_in_order_of_asking():
    clock = Clock()
    log = Log(clock)
    for name, at in (("c", 30), ("a", 10), ("b1", 20), ("b2", 20), ("late", 99)):
        clock.at(log.event(name), at)
    clock.advance(50)
    assert log.seen == [("a", 10), ("b1", 20), ("b2", 20), ("c", 30)]
    assert clock.now_us == 50
    assert clock.head.at == 99


def test_an_event_asked_for_twice_fires_once_at_the_later_wish():
    clock = Clock()
    log = Log(clock)
    event = log.event("x")
    clock.at(event, 10)
    clock.at(event, 40)
    clock.advance(100)
    assert log.seen == [("x", 40)]


def test_cancelled_events_stay_silent():
    clock = Clock()
    log = Log(clock)
    events = [log.event(k) for k in range(4)]
    for k in range(4):
        clock.at(events[k], 10 + k)
    clock.cancel(events[0])
    clock.cancel(events[2])
    clock.cancel(events[2])
    clock.advance(100)
    assert [name for name, _ in log.seen] == [1, 3]


def test_pause_returns_at_the_time_of_the_event():
    clock = Clock()

    def stop():
        clock.pause = True

    clock.at(Event(stop), 25)
    clock.advance(100)
    assert clock.now_us == 25
    clock.advance(100)
    assert clock.now_us == 100


def test_both_tick_counters_wrap_one_minute_into_the_run():
    clock = chip.clock = Clock()
    before_ms, before_us = virtual.ticks_ms(), virtual.ticks_us()
    assert before_ms == 2**30 - 60000
    assert before_us == 2**30 - 60000000
    clock.advance(59999999)
    assert virtual.ticks_ms() == 2**30 - 1
    assert virtual.ticks_us() == 2**30 - 1
    clock.advance(60000000)
    assert virtual.ticks_ms() == 0
    assert virtual.ticks_us() == 0
    assert virtual.ticks_diff(virtual.ticks_ms(), before_ms) == 60000
    assert virtual.ticks_diff(before_ms, virtual.ticks_ms()) == -60000
    assert virtual.ticks_diff(virtual.ticks_us(), before_us) == 60000000
    assert virtual.ticks_add(before_ms, 60001) == 1


def test_sleep_moves_the_world_and_a_halt_ends_it():
    clock = chip.clock = Clock()
    virtual.sleep_ms(5)
    assert clock.now_us == 5000

    class Cut(BaseException):
        pass

    def cut():
        clock.halt = Cut()

    clock.at(Event(cut), 7000)
    try:
        virtual.sleep_ms(10)
        ended = False
    except Cut:
        ended = True
    assert ended
    assert clock.now_us == 7000


def test_calendar_both_ways():
    for seconds, date in (
        (0, (1970, 1, 1, 0, 0, 0, 3, 1)),
        (951782400, (2000, 2, 29, 0, 0, 0, 1, 60)),
        (1609459199, (2020, 12, 31, 23, 59, 59, 3, 366)),
        (1745848740, (2025, 4, 28, 13, 59, 0, 0, 118)),
    ):
        assert virtual.gmtime(seconds) == date
        assert virtual.mktime(date) == seconds


def test_noise_stays_within_its_limits_and_uses_all_of_them():
    noise = Noise(1, 1)
    seen = {}
    for _ in range(2000):
        value = noise.within(5)
        seen[value] = seen.get(value, 0) + 1
    assert sorted(seen) == list(range(-5, 6))
    assert min(seen.values()) > 100
    other = Noise(1, 2)
    assert [noise.within(1000) for _ in range(8)] != [other.within(1000) for _ in range(8)]
