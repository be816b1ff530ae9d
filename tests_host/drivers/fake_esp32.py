# SPDX-License-Identifier: MIT
"""An ESP32 as its drivers see it: a pilot as a signal in time, a slow ADC, gated pulse counters.

Time advances only where real time would be spent: in a read, in a pause, or by `wait`.
"""

import sys


class World:
    """One chip on one desk; the fakes below all look here."""

    def __init__(self):
        self.us = 0
        self.read_us = 48
        self.noise_uv = 0
        self.signal = None  # microseconds -> microvolts
        self.mains_edges = ()  # times of alternating edges, rising first
        self.duty = {}
        self.handlers = {}
        self.random = 1

    def wait(self, us):
        self.us += us

    def chance(self, below):
        """A number from 0 to below - 1, the same in every run."""
        self.random = (self.random * 1103515 + 12345) & 0xFFFFFF
        return (self.random >> 8) % below

    def mains(self, at=None):
        """(level, microseconds low so far, microseconds high so far) at a time."""
        at = self.us if at is None else at
        spent = [0, 0]
        level, since = 0, 0
        for edge in self.mains_edges:
            if edge > at:
                break
            spent[level] += edge - since
            level, since = 1 - level, edge
        spent[level] += at - since
        return level, spent[0], spent[1]


world = World()


class Pin:
    IN, OUT, IRQ_RISING, PULL_DOWN = 0, 1, 8, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number

    def irq(self, handler, trigger):
        world.handlers[self.number] = handler

    def value(self):
        world.wait(7)  # a call takes time, and an edge may come within
        return world.mains()[0]


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        assert 32 <= pin.number <= 39, "converter 2 does not work beside Wi-Fi"

    def read_uv(self):
        world.us += world.read_us + world.chance(3)
        uv = world.signal(world.us)
        if world.noise_uv:
            uv += world.chance(2 * world.noise_uv) - world.noise_uv
        return max(100000, uv)


class PWM:
    def __init__(self, pin, freq, duty_u16):
        self.pin = pin
        self.freq = freq
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        assert 0 <= value <= 65535
        world.duty[self.pin.number] = value


class Timer:
    PERIODIC = 1

    def __init__(self, number):
        pass

    def init(self, mode, period, callback):
        self.period = period


class PCNT:
    INCREMENT, NORMAL, HOLD = 1, 0, 2

    def __init__(self, unit, min, max, value):
        self.wrap = max
        self.level = -1

    def init(self, channel, pin, rising, mode_pin, mode_low, mode_high):
        assert {mode_low, mode_high} == {PCNT.NORMAL, PCNT.HOLD}
        self.level = 1 if mode_high == PCNT.NORMAL else 0

    def start(self):
        pass

    def value(self):
        world.wait(9)
        return int(world.mains()[1 + self.level]) % self.wrap


class Module:
    """Stands for a module of the chip."""


def install():
    """Put the fakes where drivers import from; returns the world."""
    machine, esp32, time = Module(), Module(), Module()
    machine.Pin, machine.ADC, machine.PWM, machine.Timer = Pin, ADC, PWM, Timer
    esp32.PCNT = PCNT
    time.sleep_us = world.wait
    time.ticks_us = lambda: world.us & 0x3FFFFFFF
    sys.modules["machine"] = machine
    sys.modules["esp32"] = esp32
    sys.modules["time"] = time
    return world
