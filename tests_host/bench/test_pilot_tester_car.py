# SPDX-License-Identifier: MIT
"""The tester's car (the program of the second Pico) on a fake chip with a pilot in time."""

import json
import sys


class World:
    us = 0
    pins = {}
    duty = 0.25
    live = 0

    def level(self):
        return 1 if (self.us % 1000) < 1000 * self.duty else 0

    def cp_mv(self):
        return 6000 if self.level() else -12000


world = World()


class Pin:
    IN, OUT, PULL_DOWN = 0, 1, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            world.pins[number] = value

    def value(self, level=None):
        world.us += 3
        if level is not None:
            world.pins[self.number] = int(level)
            return None
        if self.number == 14:
            return world.level()
        return world.live if self.number == 15 else world.pins.get(self.number, 0)


class ADC:
    def __init__(self, pin):
        assert pin.number == 26

    def read_u16(self):
        world.us += 7
        return (13200 + world.cp_mv()) * 65535 // 26400


def time_pulse_us(pin, level, timeout_us):
    while world.level() == level:
        world.us += 1
    while world.level() != level:
        world.us += 1
    begun = world.us
    while world.level() == level:
        world.us += 1
    return world.us - begun


class Module:
    """Stands for a module of the chip."""


machine, fake_time = Module(), Module()
machine.Pin, machine.ADC, machine.time_pulse_us = Pin, ADC, time_pulse_us
fake_time.ticks_us = lambda: world.us
fake_time.ticks_diff = lambda a, b: a - b


def sleep_ms(ms):
    world.us += ms * 1000


fake_time.sleep_ms = sleep_ms
sys.modules["machine"] = machine
sys.modules["time"] = fake_time

from tools.pilot_tester import car as tester  # noqa: E402

RUNTIMES = ("mp",)  # CPython keeps its own time


def ask(hardware, **command):
    return json.loads(tester.answer(hardware, json.dumps(command)))


def closed():
    return {number for number, level in world.pins.items() if level and number != tester.EARTH}


def test_nothing_is_connected_at_first_but_the_earth():
    tester.Hardware()
    assert closed() == set() and world.pins[tester.EARTH] == 1


def test_states_are_resistors():
    hardware = tester.Hardware()
    for state, expected in (
        ("B", {2}),
        ("C", {2, 3}),
        ("D", {2, 4}),
        ("E", {2, 3, 5}),
        ("A", set()),
    ):
        assert ask(hardware, do="car", state=state) == {"ok": True}
        assert closed() == expected
    assert not ask(hardware, do="car", state="Z")["ok"]


def test_measurement_of_a_pilot():
    hardware = tester.Hardware()
    world.duty = 0.25
    found = ask(hardware, do="measure")
    assert found["mode"] == "pwm"
    assert abs(found["hz"] - 1000) < 5 and abs(found["duty_ppm"] - 250000) < 5000
    assert abs(found["high_mv"] - 6000) < 20 and abs(found["low_mv"] + 12000) < 20
    world.duty = 1.0
    found = ask(hardware, do="measure")
    assert found["mode"] == "x1" and found["hz"] == 0
    world.duty = 0.0
    assert ask(hardware, do="measure")["mode"] == "f"


def test_wait_counts_from_its_own_action():
    hardware = tester.Hardware()
    world.live = 0
    reply = ask(
        hardware, do="wait", what="live", value=1, timeout_ms=50, act={"do": "car", "state": "C"}
    )
    assert reply["ms"] == -1 and closed() == {2, 3}
    world.live = 1
    assert 0 <= ask(hardware, do="wait", what="live", value=1, timeout_ms=50)["ms"] < 1


def test_faults_and_nonsense():
    hardware = tester.Hardware()
    assert ask(hardware, do="switch", name="earth", on=True)["ok"]
    assert world.pins[tester.EARTH] == 0
    assert ask(hardware, do="switch", name="diode", on=True)["ok"]
    assert world.pins[tester.DIODE] == 1
    for line in ("", "{", '{"do": "fly"}', '{"do": "car"}', "[]"):
        assert not json.loads(tester.answer(hardware, line))["ok"], line
    assert ask(hardware, do="info")["rig"] == "pico"
