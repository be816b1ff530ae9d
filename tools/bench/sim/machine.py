# SPDX-License-Identifier: MIT
"""Fake `machine`: the part of the RP2 port's API the drivers use, wired to the simulated board.

Only what a real Pico offers is here; a driver that needs more fails in the bench as it would on
the desk. `board` and `clock` are set by the simulator before the firmware is loaded.
"""

import sys

from tools.bench.sim.events import Event

PWRON_RESET = 1
WDT_RESET = 3  # the RP2 port reports machine.reset() like this, too

board = None  # tools.bench.sim.board.Board
clock = None  # tools.bench.sim.events.Clock


class Reset(BaseException):
    """The chip restarts; raised out of whatever the firmware was doing."""


def reset():
    """Restart the chip."""
    board.reset(WDT_RESET)
    raise clock.halt


soft_reset = reset


def reset_cause():
    """PWRON_RESET or WDT_RESET."""
    return board.cause


def unique_id():
    """Eight bytes, always the same."""
    return b"\xe6\x61\x64\x08\x43\x12\x34\x56"


def freq(hz=None):
    """Clock of the chip in Hz."""
    return 125000000


def idle():
    """Nothing to wait for."""


def disable_irq():
    """Interrupts never overlap the firmware here."""
    return 0


def enable_irq(state):
    """See disable_irq."""


def _callback_failed(what, error):
    print("uncaught exception in %s" % what)
    sys.print_exception(error, sys.stdout)


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
        if not 0 <= id < len(board.level):
            raise ValueError("Pin(%d): unknown pin" % id)
        self.id = id
        self._level = board.level
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None, alt=-1):
        """Change direction and level; an output starts at `value` without a glitch."""
        if mode == Pin.OUT:
            board.drive(self.id, self._level[self.id] if value is None else value)
        elif mode == Pin.IN:
            board.release(self.id)

    def value(self, level=None):
        """Read the level, or set it."""
        if level is None:
            return self._level[self.id]
        board.write(self.id, 1 if level else 0)

    __call__ = value

    def on(self):
        """High."""
        board.write(self.id, 1)

    def off(self):
        """Low."""
        board.write(self.id, 0)

    high = on
    low = off

    def toggle(self):
        """The other level."""
        board.write(self.id, 1 - self._level[self.id])

    def irq(self, handler=None, trigger=12, hard=False):
        """Call handler(pin) on an edge. The simulator raises rising and falling edges alike."""
        board.irq(self.id, handler, trigger, self, hard)


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
        board.pwm(self.pin.id, value * 1000000 // 65535, self._hz)

    def duty_ns(self, ns=None):
        """Time high in each period."""
        if ns is None:
            return board.duty_ppm * 1000 // (self._hz or 1)
        board.pwm(self.pin.id, ns * (self._hz or 1) // 1000, self._hz)

    def deinit(self):
        """Stop; the pin is undriven."""
        board.release(self.pin.id)


class ADC:
    """An analog input, 12 bits shown as 16."""

    def __init__(self, pin):
        self.id = pin.id if isinstance(pin, Pin) else (26 + pin if pin < 4 else pin)

    def read_u16(self):
        """0 ... 65535 for 0 ... 3.3 V."""
        return board.analog(self.id)


class UART:
    """A serial port; the lines hang on the board."""

    def __init__(
        self,
        id,
        baudrate=9600,
        tx=None,
        rx=None,
        bits=8,
        parity=None,
        stop=1,
        timeout=0,
        timeout_char=0,
        rxbuf=256,
        txbuf=256,
    ):
        self._line = board.lines[id]
        if 10000000 // baudrate != self._line.byte_us:
            self._line = board.deaf  # wrong speed: nothing sensible arrives in either direction

    def init(self, baudrate=9600, **others):
        """Accepted; the line keeps its speed."""

    def any(self):
        """Bytes waiting."""
        return len(self._line.rx)

    def read(self, n=None):
        """Up to n waiting bytes, None when there are none."""
        rx = self._line.rx
        if not rx:
            return None
        if n is None or n > len(rx):
            n = len(rx)
        data = bytes(rx[:n])
        self._line.rx = rx[n:]
        return data

    def readinto(self, buf, n=None):
        """Fill `buf` with what is waiting; number of bytes, None when there are none."""
        rx = self._line.rx
        if not rx:
            return None
        if n is None or n > len(buf):
            n = len(buf)
        if n > len(rx):
            n = len(rx)
        for k in range(n):
            buf[k] = rx[k]
        self._line.rx = rx[n:]
        return n

    def readline(self):
        """A line, or what is waiting."""
        rx = self._line.rx
        end = rx.find(b"\n")
        return self.read(end + 1 if end >= 0 else None)

    def write(self, buf):
        """Send; returns the number of bytes."""
        self._line.write(buf)
        return len(buf)

    def flush(self):
        """Sent as soon as written."""

    def txdone(self):
        """Sent as soon as written."""
        return True

    def deinit(self):
        """The line stays where it is."""


class Timer:
    """Periodic or single callbacks at exact virtual times."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **how):
        self._event = Event(self._due)
        self._period_us = 0
        self._callback = None
        self._periodic = False
        self._hard = False
        if how:
            self.init(**how)

    def init(self, mode=1, freq=-1, period=-1, callback=None, hard=False):
        """period in ms, or freq in Hz."""
        self._period_us = period * 1000 if period > 0 else int(1000000 / freq)
        self._callback = callback
        self._hard = hard
        self._periodic = mode == Timer.PERIODIC
        board.timers.append(self)
        clock.at(self._event, clock.now_us + self._period_us)

    def _due(self):
        if self._periodic:
            clock.at(self._event, clock.now_us + self._period_us)
        try:
            if self._hard:
                board.call_hard(self._callback, self)
            else:
                self._callback(self)
        except Exception as error:
            clock.cancel(self._event)
            _callback_failed("Timer callback", error)
        except Reset:
            pass  # machine.reset() from a timer: the clock's halt does the rest

    def deinit(self):
        """Stop."""
        clock.cancel(self._event)


class WDT:
    """Resets the chip when it is not fed; cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        board.watchdog(timeout * 1000)

    def feed(self):
        """Start the time again."""
        board.feed()


class RTC:
    """The clock nobody reads; setting it is accepted."""

    def datetime(self, when=None):
        """Kept nowhere."""
        return
