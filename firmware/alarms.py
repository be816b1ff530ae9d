# SPDX-License-Identifier: MIT
"""What a reboot must not forget: latched alarms, the relay's position, the contactor's wear.

A charger that was switched off and on again is as dangerous as before. So the faults of
protection.KEPT are written to flash when they come and when they go, and are there again before
the first step after boot. A person clears a weld by `charger.acknowledge()`, from the console or
through a service.

The position of the phase relay is written when it has moved (a finite number of times in each
session), so that a car that was on three phases need not wait for them after a power cut. The
contactor's operations are written when a car leaves.
"""

from control import protection
from firmware import kept

FILE = "alarms.json"
_EVERY = 200  # operations within one session before they are written all the same
# Field of data sheets for 40 A contactors: 100,000 operations at AC-7a rating, a million without.
WORN = 100000


class Alarms:
    """`poll` about every 100 ms. Built before the first control step."""

    def __init__(self, app, path=FILE):
        self._app = app
        self._path = path
        charger = app.charger
        values = kept.load(path)
        name = values.get("alarm")
        self._alarm = protection.NAMES.index(name) if name in protection.NAMES else 0
        if self._alarm in protection.KEPT:
            charger.protection.restore(self._alarm)
        session = charger.session
        session.operations = kept.number(values.get("operations"), 0, 1 << 29)
        session.under_load = kept.number(values.get("under_load"), 0, 1 << 29)
        self._operations = session.operations
        self._phases = kept.number(values.get("phases"), 1, 3)
        if self._phases in (1, 3):
            charger.phase_switch.kept(self._phases)
        self._plugged = False

    def poll(self):
        """Write what has changed."""
        charger = self._app.charger
        fault = charger.protection.fault
        alarm = fault if fault in protection.KEPT else 0
        phases = charger.phase_switch.phases
        done = charger.session.operations - self._operations
        left = self._plugged and not charger.plugged
        self._plugged = charger.plugged
        if alarm != self._alarm:
            self._app.log.event(
                "alarm", fault=protection.NAMES[alarm or self._alarm], on=bool(alarm)
            )
        elif phases == self._phases and not (left and done) and done < _EVERY:
            return
        self._alarm = alarm
        self._phases = phases
        if done:
            self._wear(charger.session)
        self._save(charger)

    def _wear(self, session):
        self._operations = session.operations
        self._app.log.event(
            "wear",
            operations=session.operations,
            under_load=session.under_load,
            worn=session.operations >= WORN,
        )

    def _save(self, charger):
        session = charger.session
        values = {
            "alarm": protection.NAMES[self._alarm],
            "phases": self._phases,
            "operations": session.operations,
            "under_load": session.under_load,
        }
        try:
            kept.save(self._path, values)
        except OSError as error:
            self._app.log.event("alarms_not_kept", path=self._path, why=str(error))
