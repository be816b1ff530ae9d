# SPDX-License-Identifier: MIT
"""MicroPython's own asyncio runs on the virtual clock: the order and the times of everything."""

import sys

from tools.bench.sim import chip, tasks
from tools.bench.sim import time as virtual
from tools.bench.sim.events import Clock

RUNTIMES = ("mp",)

for name, module in (("time", virtual), ("_asyncio", tasks)):
    sys.modules[name] = module
import asyncio  # noqa: E402
from asyncio import core  # noqa: E402

tasks.core = core


def fresh():
    """A new loop on a new clock."""
    clock = chip.clock = Clock()
    asyncio.new_event_loop()

    def wait(dt):
        assert dt >= 0, "nothing to wait for"
        clock.advance(clock.now_us + dt * 1000)

    core._io_queue.wait_io_event = wait
    return clock


def test_an_hour_of_sleeps_takes_an_hour_of_virtual_time():
    clock = fresh()
    count = [0]

    async def beat():
        for _ in range(36000):
            await asyncio.sleep_ms(100)
            count[0] += 1

    asyncio.run(beat())
    assert count[0] == 36000
    assert clock.now_us == 3600 * 1000000


def test_two_tasks_interleave_by_time():
    clock = fresh()
    log = []

    async def beat(name, period_ms, times):
        for _ in range(times):
            await asyncio.sleep_ms(period_ms)
            log.append((clock.now_us // 1000, name))

    async def main():
        other = asyncio.create_task(beat("b", 30, 2))
        await beat("a", 20, 4)
        await other

    asyncio.run(main())
    assert log == [(20, "a"), (30, "b"), (40, "a"), (60, "b"), (60, "a"), (80, "a")]


def test_timeout_event_lock_cancel_and_gather():
    clock = fresh()
    log = []

    async def never():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            log.append("cancelled at %d" % (clock.now_us // 1000))
            raise

    async def setter(event):
        await asyncio.sleep_ms(70)
        event.set()
        return 7

    async def holder(lock, name):
        async with lock:
            log.append(name)
            await asyncio.sleep_ms(10)

    async def main():
        try:
            await asyncio.wait_for(never(), 0.05)
        except asyncio.TimeoutError:  # noqa: UP041 - not the builtin on MicroPython
            log.append("timeout at %d" % (clock.now_us // 1000))
        event = asyncio.Event()
        task = asyncio.create_task(setter(event))
        await event.wait()
        log.append("event at %d" % (clock.now_us // 1000))
        assert await task == 7
        lock = asyncio.Lock()
        await asyncio.gather(holder(lock, "one"), holder(lock, "two"))
        log.append("gathered at %d" % (clock.now_us // 1000))
        sleeper = asyncio.create_task(never())
        await asyncio.sleep_ms(0)
        assert sleeper.cancel()
        try:
            await sleeper
        except asyncio.CancelledError:
            log.append("seen")
        assert sleeper.done()
        assert not sleeper.cancel()

    asyncio.run(main())
    assert log == ["cancelled at 50", "timeout at 50", "event at 120", "one", "two",
                   "gathered at 140", "cancelled at 140", "seen"]  # fmt: skip


def test_an_exception_reaches_whoever_awaits_the_task():
    fresh()

    async def fails():
        await asyncio.sleep_ms(1)
        raise ValueError("as told")

    async def main():
        task = asyncio.create_task(fails())
        try:
            await task
        except ValueError as error:
            return str(error)
        return None

    assert asyncio.run(main()) == "as told"
