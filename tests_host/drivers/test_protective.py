# SPDX-License-Identifier: MIT
"""Drivers of what protects: test input of the monitor, temperature sensor, the 2+2 contactors."""

import sys

from tools.bench.sim import desk, machine
from tools.bench.sim import time as virtual_time

sys.modules["machine"] = machine
sys.modules["time"] = virtual_time

from drivers.contactor import Contactors  # noqa: E402
from drivers.rcd import Rcd  # noqa: E402
from drivers.tmp1075 import Tmp1075  # noqa: E402
from tools.bench.sim.controls import carry_out  # noqa: E402

RUNTIMES = ("mp",)  # CPython needs its own time module


def wait(world, ms):
    world.clock.advance(world.clock.now_us + ms * 1000)


def test_the_monitor_trips_on_its_test_and_recovers():
    world = desk.build()
    rcd = Rcd(8, 9)
    rcd.test(1)
    wait(world, 100)
    assert rcd.ok() == 0
    rcd.test(0)
    wait(world, 500)
    assert rcd.ok() == 1
    carry_out(world, {"do": "fault", "name": "rcd_test", "on": True})
    rcd.test(1)
    wait(world, 800)
    assert rcd.ok() == 1


def sensor():
    return Tmp1075(machine.I2C(0, sda=machine.Pin(16), scl=machine.Pin(17)), 0x48)


def test_temperature_in_tenths_of_a_degree():
    world = desk.build()
    for celsius in (-40, -1, 0, 25, 71, 125):
        carry_out(world, {"do": "temperature", "c": celsius})
        made = sensor()
        assert made.age_ms(5) == 1 << 28
        made.poll(100)
        assert made.dc == celsius * 10 and made.age_ms(150) == 50
    world.board.thermometer.sixteenths = -24  # -1.5 degrees
    made.poll(1100)
    assert made.dc == -15


def test_it_is_read_once_a_second():
    world = desk.build()
    made = sensor()
    made.poll(100)
    carry_out(world, {"do": "temperature", "c": 60})
    made.poll(1000)
    assert made.dc == 250
    made.poll(1100)
    assert made.dc == 600


def test_a_silent_sensor_keeps_its_reading_and_grows_old():
    world = desk.build()
    made = sensor()
    made.poll((1 << 30) - 500)
    carry_out(world, {"do": "fault", "name": "temperature_sensor", "on": True})
    made.poll(1500)
    assert made.dc == 250 and made.errors == 1 and made.age_ms(1500) == 2000


def test_two_by_two_contactors_close_and_open_together():
    world = desk.build()
    power = Contactors(4, 5, 6, 7, together=True)
    power.drive(0, 1, 1000)
    wait(world, 100)
    assert not power.phase_closed()
    power.drive(1, 1, 1100)
    wait(world, 100)
    assert power.phase_closed() and power.main_closed()
    power.drive(1, 0, 1200)  # not while the other is closed
    wait(world, 100)
    assert power.phase_closed()
    power.open()  # as the guard does
    wait(world, 100)
    assert not power.phase_closed() and not power.main_closed()
    power.drive(1, 0, 1500)
    wait(world, 100)
    assert power.main_closed() and not power.phase_closed()
