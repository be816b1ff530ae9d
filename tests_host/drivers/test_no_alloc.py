# SPDX-License-Identifier: MIT
"""What runs in interrupts allocates nothing: the guard's tick and the edge of the mains.

A hard interrupt that wants memory ends with MemoryError, and MicroPython then switches it off:
no guard any more. The heap is locked here as it is there; the 32-bit build finds integers that
have outgrown 31 bits, which the host's 64 bits would hide.
"""

import sys

import micropython

from tests_host.drivers import fake_parts

fake_parts.install()

RUNTIMES = ("mp", "wasm")


class ADC:
    """A converter at one level for all pins."""

    code = 0

    def __init__(self, pin):
        pass

    def read_u16(self):
        return ADC.code


class Timer:
    """Never comes by itself; the test calls."""

    PERIODIC = 1
    made = None

    def __init__(self, _number):
        Timer.made = self

    def init(self, mode, period, callback, hard=False):
        assert hard
        self.callback = callback

    def deinit(self):
        pass


class Machine:
    """The chip of fake_parts, with a converter and a timer."""

    Pin, PWM = fake_parts.Pin, fake_parts.PWM


Machine.ADC, Machine.Timer = ADC, Timer
sys.modules["machine"] = Machine

from control.guard import Guard  # noqa: E402
from drivers.contactor import Contactors  # noqa: E402
from drivers.guard_timer import GuardTimer  # noqa: E402
from drivers.pilot_sense import PilotSense  # noqa: E402
from drivers.rcd import Rcd  # noqa: E402


class Board:
    """A closed contactor under a guard, and the timer's interrupt to be called."""

    def __init__(self):
        fake_parts.pins.clear()
        fake_parts.pins[8] = 1
        self.contactors = Contactors(fake_parts.Pin(4, fake_parts.Pin.OUT, value=0), 5, 6, 7)
        self.guard = Guard()
        sense = PilotSense(26, 27, offset_mv=1650, ratio=8)
        self.timer = GuardTimer(self.guard, self.contactors, sense, Rcd(8, 9))
        self.tick = Timer.made.callback
        self.guard.renew(0)
        self.guard.renew(1)
        self.contactors.drive(1, 0, 1000)
        assert self.contactors.main == 1

    def interrupts(self, code, count):
        """So many, with the heap locked."""
        ADC.code = code
        tick = self.tick
        micropython.heap_lock()
        try:
            for _ in range(count):
                tick(None)
        finally:
            micropython.heap_unlock()


def test_a_guard_that_fails_opens_and_goes_on():
    board = Board()
    board.interrupts("no number", 1)
    assert board.timer.failures == 1
    assert board.contactors.main == 0
    assert board.guard.tripped == 1
    board.guard.renew(0)
    board.guard.renew(1)
    board.contactors.drive(1, 0, 9000)
    board.interrupts(u16(6000), 5)
    assert board.contactors.main == 1


def u16(cp_mv):
    """What the converter reads at a pilot level."""
    code = (1650 + cp_mv // 8) * 4095 // 3300
    return code << 4 | code >> 8


def test_the_guard_needs_no_memory_while_a_car_charges():
    board = Board()
    board.interrupts(u16(6000), 5)
    assert board.contactors.main == 1


def test_nor_at_any_level_nor_when_it_opens():
    for code in (0, 1, u16(-12000), u16(0), u16(3000), u16(9000), u16(12000), 65535):
        board = Board()
        board.interrupts(code, 7)
        assert board.contactors.main == (1 if code == u16(3000) else 0), code
        assert fake_parts.pins[4] == board.contactors.main


def test_nor_when_the_residual_current_monitor_or_the_permit_opens():
    board = Board()
    fake_parts.pins[8] = 0
    board.interrupts(u16(6000), 1)
    assert board.contactors.main == 0
    board = Board()
    board.interrupts(u16(6000), 30)
    assert board.contactors.main == 0
