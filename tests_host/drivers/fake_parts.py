# SPDX-License-Identifier: MIT
"""A chip with nothing on it: pins, PWM and NeoPixel that only remember."""

import sys

pins = {}
writes = []


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 0, 1, 1, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            pins[number] = value
        elif pull == Pin.PULL_UP:
            pins.setdefault(number, 1)

    def value(self, level=None):
        if level is None:
            return pins.get(self.number, 0)
        pins[self.number] = level
        return None

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class PWM:
    hook = None  # called before a duty takes effect, like an interrupt that comes just then

    def __init__(self, pin, freq, duty_u16):
        self.number = pin.number
        self.hz = freq
        self.duty_u16(duty_u16)

    def freq(self, hz):
        self.hz = hz
        writes.append(("hz", hz))

    def duty_u16(self, value):
        hook, PWM.hook = PWM.hook, None
        if hook:
            hook()
        pins[self.number] = value
        writes.append(("duty", value))


class NeoPixel(list):
    def __init__(self, pin, count):
        super().__init__([(0, 0, 0)] * count)
        self.number = pin.number

    def write(self):
        writes.append(("led", self[0]))


class Module:
    """Stands for a module of the chip."""


def install():
    machine, neopixel = Module(), Module()
    machine.Pin, machine.PWM = Pin, PWM
    neopixel.NeoPixel = NeoPixel
    sys.modules["machine"] = machine
    sys.modules["neopixel"] = neopixel
