# SPDX-License-Identifier: MIT
"""The event loop's task queue on virtual ticks."""

from tools.bench.sim import chip
from tools.bench.sim import time as virtual
from tools.bench.sim.events import Clock
from tools.bench.sim.tasks import Task, TaskQueue


def queue(*keys):
    """A queue filled in the order given, and its tasks by name."""
    tasks = TaskQueue()
    for name, key in keys:
        tasks.push(Task(name), key)
    return tasks


def drain(tasks):
    names = []
    while tasks.peek() is not None:
        names.append(tasks.pop().coro)
    return names


def test_due_first_and_first_come_first_served():
    tasks = queue(("b", 20), ("a", 10), ("c", 30), ("b2", 20), ("a2", 10))
    assert drain(tasks) == ["a", "a2", "b", "b2", "c"]


def test_order_across_the_wrap():
    top = 2**30
    tasks = queue(("after", 5), ("before", top - 5), ("at", 0), ("last", 300), ("long", top - 900))
    assert drain(tasks) == ["long", "before", "at", "after", "last"]


def test_without_a_key_a_task_is_due_now_behind_those_already_due():
    chip.clock = Clock()
    now = virtual.ticks_ms()
    tasks = queue(("due", now), ("past", now - 1), ("soon", now + 1))
    tasks.push(Task("now"))
    assert drain(tasks) == ["past", "due", "now", "soon"]


def test_remove_from_every_place():
    for victim in ("a", "b", "c"):
        tasks = TaskQueue()
        made = {}
        for name, key in (("a", 1), ("b", 2), ("c", 3)):
            made[name] = Task(name)
            tasks.push(made[name], key)
        tasks.remove(made[victim])
        tasks.remove(made[victim])
        assert drain(tasks) == [name for name in ("a", "b", "c") if name != victim]
