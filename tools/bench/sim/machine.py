# SPDX-License-Identifier: MIT
"""Fake `machine`: the part of the RP2 port's API the drivers use, wired to the simulated board.

Only what a real Pico offers is here; a driver that needs more fails in the bench as it would on
the desk. Serial ports, I2C and timers have files of their own.
"""

from tools.bench.sim import chip
from tools.bench.sim.board import PILOT
from tools.bench.sim.chip import PWRON_RESET, WDT_RESET, Reset  # noqa: F401
from tools.bench.sim.i2c import I2C  # noqa: F401
from tools.bench.sim.serial_port import UART  # noqa: F401
from tools.bench.sim.timers import WDT, Timer  # noqa: F401


def __getattr__(name):
    if name in ("board", "clock"):  # for tests on the desk
        return getattr(chip, name)
    raise AttributeError("module 'machine' has no attribute '%s'" % name)


def reset():
    """Restart the chip."""
    chip.board.reset(WDT_RESET)
    raise chip.clock.halt


soft_reset = reset


def reset_cause():
    """PWRON_RESET or WDT_RESET."""
    return chip.board.cause


def unique_id():
    """Eight bytes, always the same."""
    return b"\xe6\x61\x64\x08\x43\x12\x34\x56"


def freq(hz=None):
    """Clock of the chip in Hz."""
    return 125000000


def time_pulse_us(pin, level, timeout_us=1000000):
    """Length of a pulse on the pilot pin, which can be read while it is driven; else -2."""
    board = chip.board
    if pin.id != PILOT or not 0 < board.duty_ppm < 1000000:
        return -2
    high_us = board.duty_ppm // board.pilot_hz
    return high_us if level else 1000000 // board.pilot_hz - high_us


def idle():
    """Nothing to wait for."""


def disable_irq():
    """Interrupts never overlap the firmware here."""
    return 0


def enable_irq(state):
    """See disable_irq."""


class Pin:
    """A GPIO by number."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8

    def __init__(self, id, mode=-1, pull=-1, value=None, alt=-1):
        if isinstance(id, str):
            id = int(id.replace("GP", ""))
        if not 0 <= id < len(chip.board.level):
            raise ValueError("Pin(%d): unknown pin" % id)
        self.id = id
        self._level = chip.board.level
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None, alt=-1):
        """Change direction and level; an output starts at `value` without a glitch."""
        if mode == Pin.OUT:
            chip.board.drive(self.id, self._level[self.id] if value is None else value)
        elif mode == Pin.IN:
            chip.board.release(self.id)

    def value(self, level=None):
        """Read the level, or set it."""
        if level is None:
            return self._level[self.id]
        chip.board.write(self.id, 1 if level else 0)

    __call__ = value

    def on(self):
        """High."""
        chip.board.write(self.id, 1)

    def off(self):
        """Low."""
        chip.board.write(self.id, 0)

    high = on
    low = off

    def toggle(self):
        """The other level."""
        chip.board.write(self.id, 1 - self._level[self.id])

    def irq(self, handler=None, trigger=12, hard=False):
        """Call handler(pin) on an edge. The simulator raises rising and falling edges alike."""
        chip.board.irq(self.id, handler, trigger, self, hard)


class PWM:
    """Pulse width on a pin. Only the pilot pin is wired to something that looks at it."""

    def __init__(self, pin, freq=0, duty_u16=None, duty_ns=None, invert=False):
        self.pin = pin
        self._hz = freq
        self._u16 = 0
        if duty_u16 is not None:
            self.duty_u16(duty_u16)
        if duty_ns is not None:
            self.duty_ns(duty_ns)

    def init(self, freq=None, duty_u16=None, duty_ns=None):
        """Set several at once."""
        if freq is not None:
            self._hz = freq
        if duty_u16 is not None:
            self.duty_u16(duty_u16)
        if duty_ns is not None:
            self.duty_ns(duty_ns)

    def freq(self, hz=None):
        """Frequency in Hz."""
        if hz is None:
            return self._hz
        self._hz = hz

    def duty_u16(self, value=None):
        """0 = always low ... 65535 = always high."""
        if value is None:
            return self._u16
        self._u16 = value
        chip.board.pwm(self.pin.id, value * 1000000 // 65535, self._hz)

    def duty_ns(self, ns=None):
        """Time high in each period."""
        if ns is None:
            return chip.board.duty_ppm * 1000 // (self._hz or 1)
        chip.board.pwm(self.pin.id, ns * (self._hz or 1) // 1000, self._hz)

    def deinit(self):
        """Stop; the pin is undriven."""
        chip.board.release(self.pin.id)


class ADC:
    """An analog input, 12 bits shown as 16."""

    def __init__(self, pin):
        self.id = pin.id if isinstance(pin, Pin) else (26 + pin if pin < 4 else pin)

    def read_u16(self):
        """0 ... 65535 for 0 ... 3.3 V."""
        return chip.board.analog(self.id)


class RTC:
    """The clock nobody reads; setting it is accepted."""

    def datetime(self, when=None):
        """Kept nowhere."""
        return
