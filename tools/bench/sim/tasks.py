# SPDX-License-Identifier: MIT
"""Task and TaskQueue of MicroPython's asyncio on virtual time (stands in for `_asyncio`).

The built-in versions are C and read the real clock. This queue is a sorted linked list: the
firmware has a handful of tasks, and nearly every push goes to the front. Tasks due at the same
time run in the order they were queued.
"""

from tools.bench.sim.time import HALF, MASK, ticks_ms

core = None  # asyncio.core, handed in by install() because it imports this module first


class TaskQueue:
    """Tasks by due time (`ph_key`, a wrapping millisecond tick)."""

    def __init__(self):
        self.head = None

    def peek(self):
        """The task due first, or None."""
        return self.head

    def push(self, task, key=None):
        """Queue `task` for tick `key`, default now."""
        if key is None:
            key = ticks_ms()
        task.data = None
        task.ph_key = key
        node = self.head
        if node is None or ((key - node.ph_key + HALF) & MASK) < HALF:
            task.next = node
            self.head = task
            return
        after = node.next
        while after is not None and ((key - after.ph_key + HALF) & MASK) >= HALF:
            node = after
            after = node.next
        task.next = after
        node.next = task

    def pop(self):
        """Take the task due first."""
        task = self.head
        self.head = task.next
        task.next = None
        return task

    def remove(self, task):
        """Take `task` out wherever it is."""
        node = self.head
        if node is task:
            self.head = task.next
        else:
            while node is not None and node.next is not task:
                node = node.next
            if node is None:
                return
            node.next = task.next
        task.next = None


class Task:
    """One coroutine and what it waits for.

    state: True running, a TaskQueue of waiting tasks, a callable, None finished but never
    awaited, False finished and awaited. data: the queue or task it waits on, or the exception
    to throw into it, or the result once finished.
    """

    def __init__(self, coro, globals=None):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0
        self.next = None

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiter = core.cur_task
        self.state.push(waiter)
        waiter.data = self

    def done(self):
        """True once the coroutine has ended."""
        return not self.state

    def cancel(self):
        """Throw CancelledError into the task the next time it runs. False when it has ended."""
        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):  # waiting for another task: cancel that one
            task = task.data
        if hasattr(task.data, "remove"):  # waiting in an Event, a Lock or for a stream
            task.data.remove(task)
            core._task_queue.push(task)
        elif ((task.ph_key - ticks_ms() + HALF) & MASK) > HALF:  # asleep: bring forward
            core._task_queue.remove(task)
            core._task_queue.push(task)
        task.data = core.CancelledError
        return True
