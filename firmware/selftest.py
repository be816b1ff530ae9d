# SPDX-License-Identifier: MIT
"""The board tests itself, without a car: `make selftest`, or on its prompt

    from firmware import selftest
    selftest.main()                 # a table; main(relays=True) also closes the main contactor

The charger must not be running. The main contactor is closed only when asked for, since that
puts mains on an empty socket. Each row: name, value, unit, what was expected, verdict.
Times are those of this interpreter on this chip; on a simulated board they are the host's.
"""

import gc
import json
import os
import sys
import time

import machine
import micropython
from micropython import const

from control.frequency import Frequency
from control.guard import Guard
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1, Readings
from firmware import boards, coils, latency, settings

OK, FAIL, ABSENT, NOTE = "ok", "FAIL", "-", ""
_DUTY_PPM = const(266667)  # 16 A
_SETTLE_MS = const(60)
_MAINS_MS = const(3000)
_METER_MS = const(3000)
_STEPS = const(400)
STEP_MEDIAN_US = 2000
STEP_WORST_US = 5000
GUARD_WORST_US = 20000  # of the 100 ms in which a contactor must be open
# Nothing runs while a sector of the flash is erased (45 ms as a rule): docs/hardware.md says
# what must stand behind the guard then.
GUARD_FLASH_US = 120000

ticks_us = time.ticks_us  # a simulated board puts the host's clock here


class SelfTest:
    """Runs the tests one after the other; `rows` is the outcome."""

    def __init__(self, relays=False, tell=None):
        self.rows = []
        self._tell = tell or _nothing
        self.relays = relays
        self.values, self.errors = settings.load()
        self.data = boards.configured()
        self.lowest = 1 << 29
        self._feed = _nothing
        if "firmware.app" in sys.modules:  # it was stopped, but its watchdog goes on
            self._feed = machine.WDT(timeout=8000).feed

    def row(self, name, value, unit="", expected="", verdict=NOTE):
        """Note one line; takes the occasion to feed the watchdog and look at the heap."""
        self._feed()
        self.lowest = min(self.lowest, gc.mem_free())
        row = (name, value, unit, expected, verdict)
        self.rows.append(row)
        self._tell(row)

    def within(self, name, value, low, high, unit):
        """A row whose value must lie between two limits."""
        verdict = OK if low <= value <= high else FAIL
        self.row(name, value, unit, "%d to %d" % (low, high), verdict)

    def run(self):
        """All tests; the coils are off and the pilot offers nothing when it ends."""
        from firmware.board import Board

        gc.collect()
        self.board = None
        self.row("firmware", "%d.%d.%d" % tuple(sys.implementation.version[:3]), "MicroPython")
        self.row("settings", len(self.errors), "errors", "0", FAIL if self.errors else OK)
        try:
            self.board = Board(self.data, self.values)
            self.pilot()
            self.inputs()
            self.contacts()
            self.meter()
            self.mains()
        finally:
            coils.let_go(self.data.COILS)
            if self.board:
                self.board.close()
        self.step_time()
        self.guard_latency()
        self.memory()
        return self.rows

    # --- the board

    def _look(self, mode, duty_ppm=0):
        """Drive the pilot and return (high mV, low mV) once it has settled."""
        self.board.pilot.drive(mode, duty_ppm)
        time.sleep_ms(_SETTLE_MS)
        high, low = self.board.sense.high_mv(), self.board.sense.low_mv()
        for _ in range(8):
            time.sleep_ms(2)
            high += self.board.sense.high_mv()
            low += self.board.sense.low_mv()
        return high // 9, low // 9

    def pilot(self):
        """Levels of x1, x2 and F, and the duty where it can be read back."""
        high, _ = self._look(PILOT_X1)
        if high < 11000:
            self.row("pilot", high, "mV", "no car plugged in", FAIL)
            return
        self.within("pilot x1 high", high, 11400, 12600, "mV")
        high, low = self._look(PILOT_PWM, _DUTY_PPM)
        self.within("pilot x2 high", high, 11400, 12600, "mV")
        self.within("pilot x2 low", low, -12600, -11400, "mV")
        self._loop_back()
        high, _ = self._look(PILOT_F)
        self.within("pilot F", high, -12600, -11400, "mV")
        self.board.pilot.drive(PILOT_X1, 0)

    def _loop_back(self):
        """Frequency and duty at the pilot's own pin (RP2040: readable while it is driven)."""
        pulse_us = getattr(machine, "time_pulse_us", None)
        pin = getattr(self.data, "CP_DUTY", -1)
        if self.data.CHIP == "rp2040":
            pin = self.data.CP_PWM
        if pulse_us is None or pin < 0:
            self.row("pilot loop-back", ABSENT, "", "not on this board", ABSENT)
            return
        pin = machine.Pin(pin)  # no mode: that would take it from the PWM
        high = sorted(pulse_us(pin, 1, 5000) for _ in range(9))[4]
        low = sorted(pulse_us(pin, 0, 5000) for _ in range(9))[4]
        if high <= 0 or low <= 0:
            self.row("pilot loop-back", ABSENT, "", "no pulse seen", FAIL)
            return
        period = high + low
        self.within("pilot frequency", 1000000 // period, 980, 1020, "Hz")
        self.within("pilot duty", high * 1000 // period, 257, 277, "per mille")

    def inputs(self):
        """Residual-current monitor and proximity as they are; the guard's look at them."""
        board = self.board
        good = _frugal(board)
        self.row("guard's memory", "none" if good else "some", "", "none", OK if good else FAIL)
        self.row("rcd healthy", board.rcd.ok(), "", "1", OK if board.rcd.ok() else FAIL)
        self.row("proximity", board.proximity.ohm(), "ohm")

    def contacts(self):
        """Feedback of what is open; the phase relay moves (no load); the contactor if asked."""
        contactors = self.board.contactors
        closed = contactors.main_closed()
        self.row("contactor open", closed, "", "0", FAIL if closed else OK)
        for name, pin, feedback, may in (
            ("phase relay", self.data.PHASE_RELAY, contactors.phase_closed, not closed),
            ("contactor", self.data.CONTACTOR, contactors.main_closed, self.relays),
        ):
            if not may:
                self.row(name + " moves", ABSENT, "", "only with RELAYS=1", ABSENT)
                continue
            coil = machine.Pin(pin, machine.Pin.OUT, value=0)
            took = [self._until(coil, level, feedback) for level in (1, 0)]
            good = all(0 <= ms <= 100 for ms in took)
            self.row(name + " moves", "%d, %d" % tuple(took), "ms", "100", OK if good else FAIL)

    def _until(self, coil, level, feedback):
        """Milliseconds from the coil to the feedback, -1 for never."""
        start = time.ticks_ms()
        coil.value(level)
        while time.ticks_diff(time.ticks_ms(), start) < 500:
            if feedback() == level:
                return time.ticks_diff(time.ticks_ms(), start)
            time.sleep_ms(1)
        return -1

    def meter(self):
        """Answers within three seconds, and with mains voltages."""
        meter = self.board.meter
        answers = meter.answers
        for _ in range(_METER_MS // 20):
            meter.poll(time.ticks_ms())
            if meter.answers >= answers + 2:
                break
            self._feed()
            time.sleep_ms(20)
        got = meter.answers - answers
        self.row("meter answers", got, "", "2", OK if got >= 2 else FAIL)
        if got:
            self.within("meter voltage L1", meter.l1_mv // 1000, 207, 253, "V")

    def mains(self):
        """Frequency and the noise of its measurement over three seconds."""
        nominal = getattr(self.values, "nominal_mhz", 50000)
        frequency = Frequency(nominal)
        self.board.time_mains()
        readings = Readings()
        for _ in range(_MAINS_MS // 10):
            count = self.board.mains.take(readings.edge_us)
            frequency.step(10, readings.edge_us, count, 230000)
            self._feed()
            time.sleep_ms(10)
        self.within("mains frequency", frequency.mhz, nominal - 1000, nominal + 1000, "mHz")

    # --- the interpreter

    def step_time(self):
        """The control step, alone, with a mains of nominal frequency and no car."""
        from firmware import build

        charger = build.charger(self.values, self.data)
        charger.measure_frequency()
        readings = Readings()
        readings.rcd_ok = 1
        readings.meter_age_ms = 0
        readings.l1_mv = readings.l2_mv = readings.l3_mv = 230000
        times = latency.step_times(charger, readings, ticks_us, _STEPS, self._feed)
        for name, index, limit in (
            ("median", _STEPS // 2, STEP_MEDIAN_US),
            ("99 %", _STEPS * 99 // 100, STEP_WORST_US),
            ("worst", _STEPS - 1, STEP_WORST_US),
        ):
            if ticks_us is time.ticks_us:
                self.within("control step " + name, times[index], 0, limit, "us")
            else:  # a busy host says nothing about a chip
                self.row("control step " + name, times[index], "us of the host")

    def guard_latency(self):
        """How late a timer interrupt like the guard's comes while the chip is busy."""
        for name, work in latency.LOADS:
            worst, ticks = latency.worst(machine, time, work, self._feed)
            if ticks < 3:
                self.row("guard late, " + name, ABSENT, "us", "no interrupts seen", FAIL)
            else:
                limit = GUARD_FLASH_US if name == latency.FLASH else GUARD_WORST_US
                self.within("guard late, " + name, worst, 0, limit, "us")
            gc.collect()

    def memory(self):
        """Heap and flash."""
        self.row("heap low-water", self.lowest, "bytes free")
        gc.collect()
        free = gc.mem_free()
        total = free + gc.mem_alloc()
        self.row("heap after collection", free * 100 // total, "%% free of %d" % total)
        stat = os.statvfs("/")
        size, left = stat[0] * stat[2] // 1024, stat[0] * stat[3] // 1024
        self.row("flash", left, "KB free of %d" % size, "32", OK if left >= 32 else FAIL)


def _frugal(board):
    """True when the guard's tick needs no memory: its interrupt gets none."""
    guard = Guard()
    guard.renew(0)
    guard.renew(1)
    micropython.heap_lock()
    try:
        guard.tick(10, board.sense.high_mv(), board.rcd.ok())
        return True
    except MemoryError:
        return False
    finally:
        micropython.heap_unlock()


def _nothing(*_):
    """Nobody to feed or to tell."""


def line(row):
    """A row as a line of a table."""
    return "%-24s %10s %-22s %-18s %s" % tuple(row)


def _tell_json(row):
    print("@selftest " + json.dumps(row))


def _tell_text(row):
    print(line(row))


def main(relays=False, as_json=False):
    """Run, and print each row as it comes; returns True when nothing failed."""
    rows = SelfTest(relays, _tell_json if as_json else _tell_text).run()
    return not any(row[4] == FAIL for row in rows)
