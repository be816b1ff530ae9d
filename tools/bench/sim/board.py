# SPDX-License-Identifier: MIT
"""The simulated board: which pin of the chip hangs on which part of the world.

Wiring as in firmware/boards/pico_w.py. Without supply, and from a reset until the firmware
configures them, all pins are inputs: the coils are off, CP is connected by its pull-up and the
pilot is undriven.
"""

from tools.bench.sim.chip import Reset
from tools.bench.sim.events import Event
from tools.bench.sim.i2c import Thermometer
from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F
from tools.bench.sim.uart import Line

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython cannot forbid allocation

    def heap_lock():
        """Nothing to lock."""

    def heap_unlock():
        """Nothing to unlock."""


PILOT, CP_CONNECT, MAIN_COIL, PHASE_COIL = 2, 3, 4, 5
MAIN_FEEDBACK, PHASE_FEEDBACK, RCD_OK, RCD_TEST, CROSSING = 6, 7, 8, 9, 10
PE_OK, LOAD_L1 = 11, 12
BUTTON = 15  # to ground, nobody presses it
ADC_HIGH, ADC_LOW, ADC_PP = 26, 27, 28
PINS = 30
PULLED_UP = (CP_CONNECT,)
NOISE_MV = 15  # of CP, peak
PP_PULL_OHM = 1000


class Board:
    """Pin levels and the chip's life; `world` (World) is everything outside."""

    def __init__(self, clock, noise, pilot):
        self.clock = clock
        self.noise = noise
        self.pilot = pilot
        self.world = None
        self.level = [0] * PINS
        self.driven = [False] * PINS
        self.powered = False
        self.cause = 1
        self.pp_ohm = 0  # proximity resistor of the plugged cable, 0 = none
        self.duty_ppm = 0
        self.pilot_hz = 0
        self.timers = []
        self.in_irq = False  # a hard interrupt handler is running
        self.edge_handler = None  # of the zero-crossing pin
        self.edge_pin = None
        self.edge_hard = False
        self.handlers = {}  # handlers of other pins: id -> (handler, trigger, pin)
        self.lines = (Line(clock, 19200), Line(clock, 9600))
        self.deaf = Line(clock, 115200)
        self.thermometer = Thermometer()
        self.wdt_us = 0
        self.fed_us = 0
        self.feeds = 0  # one for each control step that did its work
        self._wdt = Event(self._watchdog)
        self.level[RCD_OK] = 1
        self.level[PE_OK] = 1
        self.level[BUTTON] = 1
        self.level[CP_CONNECT] = 1

    # --- outputs

    def drive(self, pin, level):
        """The pin becomes an output at `level`."""
        if not self.powered:
            return
        self.driven[pin] = True
        self.level[pin] = -1  # so that write() sees a change
        self.write(pin, 1 if level else 0)

    def release(self, pin):
        """The pin becomes an input: what it drove falls back to its resting state."""
        if not self.powered or not self.driven[pin]:
            return
        self.driven[pin] = False
        rest = 1 if pin in PULLED_UP else 0
        self.level[pin] = rest
        if pin == PILOT:
            self._pilot(DEAD, 0)
        else:
            self.world.output(pin, rest)

    def write(self, pin, level):
        """A new level on an output."""
        if not self.powered or not self.driven[pin] or self.level[pin] == level:
            return
        self.level[pin] = level
        locked = self.in_irq
        if locked:  # what the world does about it is not the handler's allocation
            heap_unlock()
        if pin == PILOT:
            self._pilot(X1 if level else F, 1000000 if level else 0)
        else:
            self.world.output(pin, level)
        if locked:
            heap_lock()

    def pwm(self, pin, duty_ppm, hz):
        """Square wave on `pin`; fully high and fully low are the static levels."""
        if not self.powered or pin != PILOT:
            return
        self.driven[PILOT] = True
        self.pilot_hz = hz
        if duty_ppm >= 1000000:
            self._pilot(X1, 1000000)
        elif duty_ppm <= 0:
            self._pilot(F, 0)
        elif not 980 <= hz <= 1020:
            self._pilot(DEAD, 0)  # not a control pilot at all (1 kHz +-2 %)
        else:
            self._pilot(PWM, duty_ppm)

    def _pilot(self, mode, duty_ppm):
        circuit = self.pilot
        if circuit.mode == mode and circuit.duty_ppm == duty_ppm:
            return
        circuit.mode = mode
        circuit.duty_ppm = duty_ppm
        self.duty_ppm = duty_ppm
        self.world.pilot_changed()

    # --- inputs

    def input_level(self, pin, level):
        """The world sets an input."""
        if self.level[pin] == level:
            return
        self.level[pin] = level
        if self.powered and pin in self.handlers:
            handler, trigger, owner = self.handlers[pin]
            if trigger & (8 if level else 4):
                handler(owner)

    def call_hard(self, handler, argument):
        """Run a hard interrupt handler as the chip does: it must not allocate.

        MemoryError ("heap is locked") when it does.
        """
        self.in_irq = True
        heap_lock()
        try:
            handler(argument)
        finally:
            heap_unlock()
            self.in_irq = False

    def irq(self, pin, handler, trigger, owner, hard):
        """The firmware wants to know about edges."""
        if pin == CROSSING:
            self.edge_handler = handler
            self.edge_hard = hard
            self.edge_pin = owner
        elif handler is None:
            self.handlers.pop(pin, None)
        else:
            self.handlers[pin] = (handler, trigger, owner)

    def analog(self, pin):
        """ADC reading 0 ... 65535 of `pin`."""
        if pin == ADC_HIGH:
            x = 13200 + self.pilot.high_mv + self.noise.within(NOISE_MV)
        elif pin == ADC_LOW:
            x = 13200 + self.pilot.low_mv + self.noise.within(NOISE_MV)
        elif pin == ADC_PP:
            ohm = self.pp_ohm
            full = 3300 * 8
            x = full * ohm // (PP_PULL_OHM + ohm) if ohm else full
            x += self.noise.within(NOISE_MV)
        else:
            return 0
        code = x * 4095 // 26400  # x: eighths of a mV at the ADC, so CP mV count directly
        if code < 0:
            code = 0
        elif code > 4095:
            code = 4095
        return code << 4 | code >> 8

    # --- life of the chip

    def watchdog(self, timeout_us):
        """Arm the watchdog."""
        self.wdt_us = timeout_us
        self.fed_us = self.clock.now_us
        self.clock.at(self._wdt, self.fed_us + timeout_us)

    def feed(self):
        """The firmware is alive."""
        self.feeds += 1
        self.fed_us = self.clock.now_us

    def _watchdog(self):
        due = self.fed_us + self.wdt_us
        if due > self.clock.now_us:  # it was fed meanwhile; look again when that runs out
            self.clock.at(self._wdt, due)
        else:
            self.world.note("watchdog reset")
            self.reset(3)

    def reset(self, cause):
        """The chip restarts: pins float, timers and handlers are gone."""
        self.off()
        self.cause = cause
        self.clock.halt = Reset()

    def off(self):
        """No supply, or held in reset."""
        for pin in range(PINS):
            self.release(pin)
        self.powered = False
        for timer in self.timers:
            self.clock.cancel(timer._event)
        self.timers = []
        self.edge_handler = None
        self.handlers = {}
        self.wdt_us = 0
        self.clock.cancel(self._wdt)
        for line in self.lines:
            line.power(False)

    def on(self):
        """Supply is there and the chip runs; the firmware may start."""
        self.powered = True
        for line in self.lines:
            line.power(True)
