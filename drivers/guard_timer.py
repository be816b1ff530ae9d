# SPDX-License-Identifier: MIT
"""The guard's own heartbeat: a timer that looks and can only open the contactor.

On the RP2040 the callback is a hard interrupt and runs through garbage collection and a hung
main loop. The ESP32 port has soft timers only; there the board's hardware must stand behind
it (see the README's safety notice).

    timer = GuardTimer(guard, contactors, sense, rcd)
"""

from machine import Timer

PERIOD_MS = 10


class GuardTimer:
    """Ticks `guard` (control.guard.Guard) every 10 ms and obeys its answer."""

    def __init__(self, guard, contactors, sense, rcd):
        self._guard = guard
        self._contactors = contactors
        self._sense = sense
        self._rcd = rcd
        self.failures = 0
        self._tick_ref = self._tick  # bound once: binding allocates, an interrupt must not
        self._timer = Timer(-1)
        try:
            self._timer.init(
                mode=Timer.PERIODIC, period=PERIOD_MS, callback=self._tick_ref, hard=True
            )
        except (TypeError, ValueError):  # ESP32: no hard timers
            self._timer.init(mode=Timer.PERIODIC, period=PERIOD_MS, callback=self._tick_ref)

    def _tick(self, _timer):
        contactors = self._contactors
        try:
            if contactors.main and not self._guard.tick(
                PERIOD_MS, self._sense.high_mv(), self._rcd.ok()
            ):
                contactors.open()
        except Exception:  # or MicroPython would end the interrupt, and nobody would look again
            self._guard.fail()
            contactors.open()
            self.failures += 1

    def stop(self):
        """Open and stop ticking: the program ends."""
        self._contactors.open()
        self._timer.deinit()
