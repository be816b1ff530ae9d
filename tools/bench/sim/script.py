# SPDX-License-Identifier: MIT
"""The controls of a run: at a time, or when something happens.

An event is {"at_ms": ..., "do": ...}, or {"when": "phases:moving", "nth": 1, "after_ms": 0,
"from_ms": 0, "do": ...}: it comes `after_ms` after the named thing has come to that value for the
nth time since `from_ms`.
Names are the parts of the firmware whose state has a name (watch.state_name: state, phases,
wake, ...), looked at every 10 ms, and the signals of edges.csv, known at once.
"""

from tools.bench.sim.controls import carry_out
from tools.bench.sim.events import Event
from tools.bench.sim.watch import SOURCES, state_name, state_of


class Trigger:
    """One event that waits for something. `left`: how many more times that must come."""

    def __init__(self, script, item):
        self.script = script
        self.item = item
        self.source, _, self.value = item["when"].partition(":")
        self.left = item.get("nth", 1)
        self.from_us = item.get("from_ms", 0) * 1000
        self.event = Event(self._fire)

    def seen(self):
        """It has come to the value once more."""
        clock = self.script.world.clock
        if clock.now_us < self.from_us:
            return
        self.left -= 1
        if self.left == 0:
            clock.at(self.event, clock.now_us + self.item.get("after_ms", 0) * 1000)

    def _fire(self):
        self.script.carry_out(self.item)


class Script:
    """Owner of the events of a run; hooks itself into the recorder and the watch of `world`.

    settled_s: over() is called once nothing is to come any more and the car has charged for so
    many seconds without interruption; 0 never.
    """

    def __init__(self, world, events, visits_ms=-1, settled_s=0, over=None):
        self.world = world
        self._timed = [item for item in events if "when" not in item]
        self.triggers = [Trigger(self, item) for item in events if "when" in item]
        self._event = Event(self._next)
        if self._timed:
            world.clock.at(self._event, self._timed[0]["at_ms"] * 1000)
        polled = ("state",) + SOURCES
        self._edges = {}
        for trigger in self.triggers:
            self._edges.setdefault(trigger.source, []).append(trigger)
        self._polled = [(source, self._edges.pop(source, ())) for source in polled]
        self._polled = [pair for pair in self._polled if pair[1]]
        self._last = {}  # state of each source, as far as its triggers have seen it
        self._noted = {}  # the same for `visited`
        self.visited = []  # "phases:moving" ... in the order of their first coming, if asked for
        self._visits_us = visits_ms * 1000
        self._sources = polled if visits_ms >= 0 else ()
        self._settled_steps = settled_s * 100
        self._charged_steps = 0
        self._over = over
        self.actions_left = 0  # of the central system, kept by the owner
        if self._polled or self._sources or settled_s:
            world.watch.triggers = self
        if self._edges:
            world.recorder.on_edge = self._edge

    def _next(self):
        self.carry_out(self._timed.pop(0))
        if self._timed:
            self.world.clock.at(self._event, self._timed[0]["at_ms"] * 1000)

    def carry_out(self, item):
        """Do what an event says; ValueError when it cannot be done."""
        reply = carry_out(self.world, item)
        if not reply["ok"]:
            moment = "when " + item["when"] if "when" in item else "at %d ms" % item["at_ms"]
            raise ValueError("event %s: %s" % (moment, reply["error"]))

    def step(self, charger):
        """Every 10 ms while the firmware runs: has one of its states changed?"""
        if self._settled_steps:
            self._settle()
        if self._sources and self.world.clock.now_us >= self._visits_us:
            noted = self._noted
            for source in self._sources:
                state = state_of(charger, source)
                if noted.get(source) != state:
                    noted[source] = state
                    name = source + ":" + state_name(charger, source)
                    if name not in self.visited:
                        self.visited.append(name)
        last = self._last
        for source, triggers in self._polled:
            state = state_of(charger, source)
            if last.get(source) != state:
                last[source] = state
                self._seen(triggers, state_name(charger, source))

    def _settle(self):
        if self._timed or self.actions_left or not self.world.car.i_ma[0]:
            self._charged_steps = 0
            return
        self._charged_steps += 1
        if self._charged_steps >= self._settled_steps and not self.missed():
            self._over()

    def _edge(self, signal, value):
        if signal in self._edges:
            self._seen(self._edges[signal], str(value))

    def _seen(self, triggers, value):
        for trigger in triggers:
            if value == trigger.value and trigger.left > 0:
                trigger.seen()

    def missed(self):
        """What was waited for in vain, as texts."""
        return [t.item["when"] for t in self.triggers if t.left > 0 or t.event.queued]
