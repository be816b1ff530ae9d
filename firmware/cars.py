# SPDX-License-Identifier: MIT
"""What cars have shown is kept by class of car, and given back when such a car comes again.

A class is a fingerprint of behaviour: the level of its pilot in state B (its resistor and diode),
its phases and its highest current. Nothing in it names a car or a person; two cars of one model
are one class. At plug-in only the pilot is known and gives a first guess; phases and current,
once measured, confirm it or choose another. After a power cut with a car still there the guess is
the class of the last car.

With control/learn.py these are 5 KB of memory, so they are there only while a car is (app.py).

Written at most once for each car that leaves, and when something woke it.
"""

from control import plateau
from firmware import kept

FILE = "cars.json"
MOST = 8
FIELDS = (
    "phases",
    "most_ma",
    "lowest_ma",
    "dead_ms",
    "rate_ma_s",
    "lag_ms",
    "step_ma",
    "pause_ok_s",
    "slept_s",
    "woken_by",
)
# Those after phases and currents, which tell cars apart, are used before they are measured again.
_RECALLED = 3
_SAME_PILOT_MV = 100
_SAME_MA = 600
_EVERY = 10  # polls


class Cars:
    """Made when a car is plugged in; `poll` about every 100 ms, `left` when it has gone.

    classes: dicts with FIELDS and pilot_mv, last used first. current: that of this car, or None.
    at_boot: the charger has just started. charger.learn must be there.
    """

    def __init__(self, app, at_boot=False, path=FILE):
        self._app = app
        self._path = path
        self.classes = _checked(kept.load(path).get("cars"))
        self.current = None
        self._pilot_mv = 0
        self._polls = 0
        self._woken_by = 0
        if at_boot and self.classes:
            self._recall(self.classes[0])

    def poll(self):
        """Follow the car: guess, confirm, keep."""
        self._polls += 1
        if self._polls % _EVERY:
            return
        charger = self._app.charger
        learn = charger.learn
        self._look(charger)
        if self.current is None or not self._like(self.current, learn):
            self._guess(learn)
        if learn.woken_by != self._woken_by:
            self._woken_by = learn.woken_by
            self._keep(learn)

    def left(self):
        """The car has gone."""
        learn = self._app.charger.learn
        if learn.most_ma:
            self._keep(learn)

    def _look(self, charger):
        """The pilot's level in B, where the car alone decides it."""
        command = charger.command
        if not self._pilot_mv and charger.pilot.state == plateau.B and command.cp_connect:
            if charger.pilot.raw == plateau.B and charger.pilot.held_ms >= 500:
                self._pilot_mv = self._app.board.readings.cp_high_mv

    def _like(self, entry, learn):
        """Could the car be of this class, as far as is known?"""
        if self._pilot_mv and abs(entry["pilot_mv"] - self._pilot_mv) > _SAME_PILOT_MV:
            return False
        if learn.phases and entry["phases"] and learn.phases != entry["phases"]:
            return False
        if not learn.limited or not entry["most_ma"]:
            return True
        return abs(entry["most_ma"] - learn.most_ma) <= _SAME_MA

    def _guess(self, learn):
        if not self._pilot_mv and not learn.phases:
            return
        wrong = self.current is not None
        self.current = None
        for entry in self.classes:
            if self._like(entry, learn):
                self._recall(entry)
                return
        if wrong:  # the memory of another car must not treat this one
            learn.woken_by = learn.slept_s = learn.pause_ok_s = 0
            self._app.charger.wake.woken_by = 0
            self._app.log.event("car", known=False)

    def _recall(self, entry):
        learn = self._app.charger.learn
        self.current = entry
        self._woken_by = entry["woken_by"]
        for name in FIELDS[_RECALLED:]:
            if not getattr(learn, name):
                setattr(learn, name, entry[name])
        self._app.log.event("car", known=True, **entry)

    def _keep(self, learn):
        entry = self.current
        if entry is None:
            entry = {"pilot_mv": self._pilot_mv}
            for name in FIELDS:
                entry[name] = 0
        elif entry in self.classes:
            self.classes.remove(entry)
        before = dict(entry)
        for name in FIELDS:
            value = getattr(learn, name)
            if name == "most_ma" and not learn.limited:
                continue  # the offer was the limit, not the car
            entry[name] = value or entry[name]
        if self._pilot_mv:
            entry["pilot_mv"] = self._pilot_mv
        self.classes.insert(0, entry)
        del self.classes[MOST:]
        self.current = entry
        if entry != before:
            self._app.log.event("learnt", **entry)
            try:
                kept.save(self._path, {"cars": self.classes})
            except OSError as error:
                self._app.log.event("cars_not_kept", path=self._path, why=str(error))


def _checked(entries):
    """Only what has every field as a sane number: the file may be old or damaged."""
    classes = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            clean = {"pilot_mv": kept.number(entry.get("pilot_mv"), 0, 13000)}
            for name in FIELDS:
                clean[name] = kept.number(entry.get(name), 0, 1 << 29)
            classes.append(clean)
    return classes[:MOST]
