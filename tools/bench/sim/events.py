# SPDX-License-Identifier: MIT
"""The virtual clock and the list of what happens next.

Time is a plain integer of microseconds since the start of the run; it never wraps. Events
sit in a singly linked list sorted by time: a handful are pending at any moment, so inserting
from the front is faster than a heap and keeps equal times in the order they were asked for.
"""


class Event:
    """Something that happens at a time. `fire` is called without arguments when it is due."""

    def __init__(self, fire):
        self.fire = fire
        self.at = 0
        self.next = None
        self.queued = False


class Clock:
    """Virtual time in us. It only moves inside `advance`."""

    def __init__(self):
        self.now_us = 0
        self.head = None
        self.pause = False  # an event asks advance() to return early
        self.halt = None  # exception the firmware dies of: power cut, reset, end of the run

    def at(self, event, at_us):
        """Schedule `event` at `at_us`, or move it there when it is already waiting."""
        if event.queued:
            self.cancel(event)
        event.at = at_us
        event.queued = True
        node = self.head
        if node is None or at_us < node.at:
            event.next = node
            self.head = event
            return
        after = node.next
        while after is not None and after.at <= at_us:
            node = after
            after = node.next
        event.next = after
        node.next = event

    def cancel(self, event):
        """Take `event` out of the list; harmless when it is not in it."""
        if not event.queued:
            return
        event.queued = False
        node = self.head
        if node is event:
            self.head = event.next
            return
        while node.next is not event:
            node = node.next
        node.next = event.next

    def advance(self, until_us):
        """Let everything up to `until_us` happen, each at its own time.

        Returns early, at the time of the event, when one sets `pause` or `halt`.
        """
        event = self.head
        while event is not None and event.at <= until_us:
            self.head = event.next
            event.queued = False
            self.now_us = event.at
            event.fire()
            if self.pause or self.halt is not None:
                self.pause = False
                return
            event = self.head
        if until_us > self.now_us:
            self.now_us = until_us


class Noise:
    """A small seeded generator, one per model, so that models never disturb each other.

    Linear congruential (constants of the C standard's example); the high bits are used.
    """

    def __init__(self, seed, stream):
        self.state = (seed * 7919 + stream * 104729 + 12345) & 0x7FFFFFFF
        self.within(1)
        self.within(1)

    def within(self, limit):
        """A number in -limit ... +limit, every value about equally likely."""
        s = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        self.state = s
        return ((s >> 8) * (2 * limit + 1) >> 23) - limit
