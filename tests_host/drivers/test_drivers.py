# SPDX-License-Identifier: MIT
"""The drivers on the simulated board: what they read, what they drive, what they refuse."""

import sys
from array import array

from tools.bench.sim import desk, machine
from tools.bench.sim import time as virtual_time

sys.modules["machine"] = machine
sys.modules["time"] = virtual_time

from control.guard import Guard  # noqa: E402
from control.readings import PILOT_F, PILOT_PWM, PILOT_X1  # noqa: E402
from drivers.card_reader import CardReader  # noqa: E402
from drivers.contactor import Contactors  # noqa: E402
from drivers.guard_timer import GuardTimer  # noqa: E402
from drivers.mains import Mains  # noqa: E402
from drivers.pilot_pwm import PilotPwm  # noqa: E402
from drivers.pilot_sense import PilotSense  # noqa: E402
from drivers.proximity import OPEN_OHM, Proximity  # noqa: E402
from drivers.rcd import Rcd  # noqa: E402
from tools.bench.sim.car import check_vehicle  # noqa: E402
from tools.bench.sim.controls import carry_out  # noqa: E402

RUNTIMES = ("mp",)  # CPython needs its own time module


def desk_with_car(**fields):
    world = desk.build()
    machine.Pin(3, machine.Pin.OUT, value=1)
    pilot = PilotPwm(2)
    world.plug(check_vehicle(fields))
    return world, pilot, PilotSense(26, 27, offset_mv=1650, ratio=8)


def wait(world, ms):
    world.clock.advance(world.clock.now_us + ms * 1000)


def test_pilot_levels_as_a_car_in_b_loads_them():
    world, pilot, sense = desk_with_car(ready=False)
    wait(world, 200)
    assert abs(sense.high_mv() - 9000) < 100 and abs(sense.low_mv() - 9000) < 100
    pilot.drive(PILOT_PWM, 266666)
    wait(world, 200)
    assert world.pilot.duty_ppm == 266666
    assert abs(sense.high_mv() - 9000) < 100 and abs(sense.low_mv() + 12000) < 100
    pilot.drive(PILOT_F, 0)
    wait(world, 200)
    assert abs(sense.high_mv() + 12000) < 100
    pilot.drive(PILOT_X1, 0)
    wait(world, 200)
    assert abs(sense.low_mv() - 9000) < 100


def test_contactor_interlock_holds_the_phase_relay():
    world = desk.build()
    power = Contactors(4, 5, 6, 7)
    power.drive(0, 1, 1000)
    wait(world, 100)
    assert power.phase_closed() and not power.main_closed()
    power.drive(1, 1, 1100)
    wait(world, 100)
    assert power.main_closed()
    power.drive(1, 0, 1200)  # not while the main contactor is driven
    wait(world, 100)
    assert power.phase_closed()
    power.drive(0, 0, 1300)  # nor in the moment after
    wait(world, 50)
    power.drive(0, 0, 1350)
    wait(world, 50)
    assert power.phase_closed()
    power.drive(0, 0, 1400)
    wait(world, 50)
    assert not power.phase_closed()
    assert not [text for _, text in world.recorder.of("harm")]


def test_contactor_interlock_holds_for_a_weld():
    world = desk.build()
    power = Contactors(4, 5, 6, 7)
    power.drive(0, 1, 1000)
    wait(world, 100)
    power.drive(1, 1, 1100)
    wait(world, 100)
    assert carry_out(world, {"do": "fault", "name": "weld", "on": True})["ok"]
    power.drive(0, 0, 1200)
    wait(world, 500)
    for now_ms in range(1700, 3000, 100):
        power.drive(0, 0, now_ms)
        wait(world, 10)
    assert power.main_closed() and power.phase_closed()


def test_residual_current_input_reads_a_trip():
    world = desk.build()
    rcd = Rcd(8, 9)
    assert rcd.ok() == 1
    carry_out(world, {"do": "fault", "name": "rcd", "on": True})
    wait(world, 100)
    assert rcd.ok() == 0


def test_proximity_of_each_cable():
    for ohm in (1500, 680, 220, 100):
        world, _, _ = desk_with_car(cable_ohm=ohm)
        measured = Proximity(28, 1000).ohm()
        assert abs(measured - ohm) * 100 <= ohm * 2, (ohm, measured)
    world = desk.build()
    assert world and Proximity(28, 1000).ohm() == OPEN_OHM


def test_mains_edges_are_50_per_second_and_none_is_lost_in_a_quarter_second():
    world = desk.build()
    mains = Mains(10)
    into = array("i", [0] * 16)
    wait(world, 100)
    mains.take(into)
    total = 0
    for _ in range(4):
        wait(world, 250)
        count = mains.take(into)
        total += count
        for i in range(1, count):
            assert 19900 < (into[i] - into[i - 1]) & 0x3FFFFFFF < 20100
    assert 49 <= total <= 51
    wait(world, 1000)
    assert mains.take(into) == 16  # the newest, and no more than fit


def test_card_reader_takes_lines_and_drops_rubbish():
    desk.build()
    line = machine.board.lines[1]
    uart = machine.UART(1, baudrate=9600)
    reader = CardReader(uart)
    for text, expected in (
        (b"04A1B2C3\r\n", "04A1B2C3"),
        (b"\r\n\r\n", None),
        (b"12345678901234567890\r\n", "12345678901234567890"),
        (b"123456789012345678901\r\n", None),
        (b"12\x0034\r\n", None),
        (b"5678\n", "5678"),
    ):
        line.rx.extend(text)
        found = None
        for _ in range(4):
            found = found or reader.poll()
        assert found == expected, text
    assert reader.dropped == 2


def test_a_card_number_may_come_in_pieces():
    desk.build()
    line = machine.board.lines[1]
    reader = CardReader(machine.UART(1, baudrate=9600))
    line.rx.extend(b"04A1")
    assert reader.poll() is None
    line.rx.extend(b"B2C3\r")
    assert reader.poll() == "04A1B2C3"


def test_guard_timer_opens_the_contactor_that_nobody_renews():
    world, pilot, sense = desk_with_car()
    pilot.drive(PILOT_PWM, 266666)
    wait(world, 3000)
    guard = Guard()
    power = Contactors(4, 5, 6, 7)
    timer = GuardTimer(guard, power, sense, Rcd(8, 9))
    guard.renew(0)
    guard.renew(1)
    power.drive(1, 0, 0)
    wait(world, 200)
    assert power.main_closed()
    wait(world, 150)
    assert not power.main_closed() and guard.tripped
    timer.stop()


def test_guard_timer_sees_the_car_open_s2_by_itself():
    world, pilot, sense = desk_with_car()
    pilot.drive(PILOT_PWM, 266666)
    wait(world, 3000)
    guard = Guard()
    power = Contactors(4, 5, 6, 7)
    GuardTimer(guard, power, sense, Rcd(8, 9))
    guard.renew(0)
    guard.renew(1)
    power.drive(1, 0, 0)
    wait(world, 100)
    world.unplug()
    opened_ms = 0
    while power.main_closed():
        guard.renew(1)  # a control layer gone mad
        wait(world, 10)
        opened_ms += 10
        assert opened_ms <= 100
