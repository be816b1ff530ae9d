# SPDX-License-Identifier: MIT
"""Measures times on the running chip for firmware/selftest.py: control step, late interrupts."""

import gc
import json
import os
from array import array

from micropython import const

_PERIOD_MS = const(10)
_ROUNDS = const(12)
_FILE = "selftest.tmp"
_MASK = const(0x3FFFFFFF)


def step_times(charger, readings, ticks_us, steps, feed):
    """Sorted microseconds of so many control steps. Garbage of the loop itself is collected.

    The contacts do as they are told, the residual-current monitor passes its test, and an edge of
    the mains comes in each second step.
    """
    times = array("i", bytes(4 * steps))
    for i in range(steps):
        now_ms = i * _PERIOD_MS
        command = charger.command
        readings.contactor_closed = command.contactor
        readings.phase_closed = command.three_phase
        readings.rcd_ok = 0 if command.rcd_test else 1
        readings.edge_count = i & 1
        readings.edge_us[0] = i * 10000
        start = ticks_us()
        charger.step(now_ms, readings)
        times[i] = (ticks_us() - start) & _MASK
        if i & 31 == 0:
            gc.collect()
            feed()
    return sorted(times)


class Watch:
    """A timer like the guard's that notes the longest gap between two calls."""

    def __init__(self, machine, time):
        self._ticks_us = time.ticks_us
        self.last_us = -1
        self.worst_us = 0
        self.ticks = 0
        self._tick_ref = self._tick
        self._timer = machine.Timer(-1)
        mode = machine.Timer.PERIODIC
        try:
            self._timer.init(mode=mode, period=_PERIOD_MS, callback=self._tick_ref, hard=True)
        except (TypeError, ValueError):  # ESP32: no hard timers
            self._timer.init(mode=mode, period=_PERIOD_MS, callback=self._tick_ref)

    def _tick(self, _timer):
        now_us = self._ticks_us()
        if self.last_us >= 0:
            late_us = ((now_us - self.last_us) & _MASK) - _PERIOD_MS * 1000
            if late_us > self.worst_us:
                self.worst_us = late_us
        self.last_us = now_us
        self.ticks += 1

    def stop(self):
        """No more calls."""
        self._timer.deinit()


def worst(machine, time, work, feed):
    """(longest delay in us, number of interrupts) while `work` runs again and again."""
    watch = Watch(machine, time)
    try:
        for _ in range(_ROUNDS):
            work()
            feed()
            time.sleep_ms(_PERIOD_MS)
    finally:
        watch.stop()
    return watch.worst_us, watch.ticks


def _collect():
    kept = [bytearray(64) for _ in range(100)]
    gc.collect()
    return kept


def _write():
    with open(_FILE, "w") as file:
        for _ in range(16):
            file.write("0123456789abcdef" * 16)
    os.remove(_FILE)


def _parse():
    text = '{"chargingProfileId": 1, "periods": [%s]}'
    text = text % ", ".join('{"startPeriod": %d, "limit": 16.0}' % (i * 900) for i in range(24))
    return json.loads(text)


FLASH = "writing flash"
LOADS = (("collecting", _collect), (FLASH, _write), ("parsing JSON", _parse))
