# SPDX-License-Identifier: MIT
"""The fake chip on its board: floating pins, outputs, ADC, timers, watchdog, serial lines."""

import sys

from tools.bench.sim import desk, machine
from tools.bench.sim.board import (
    ADC_HIGH,
    ADC_LOW,
    ADC_PP,
    CP_CONNECT,
    CROSSING,
    MAIN_COIL,
    PHASE_COIL,
    PILOT,
)
from tools.bench.sim.pilot_circuit import DEAD, PWM, X1, F
from tools.bench.sim.vehicle import check_vehicle


def cp_mv(pin):
    """What a driver would read: mean of some conversions, back in mV of control pilot."""
    adc = machine.ADC(machine.Pin(pin))
    total = 0
    for _ in range(32):
        total += adc.read_u16()
    return (total // 32 * 3300 // 65535 - 1650) * 8


def out(pin, value=0):
    return machine.Pin(pin, machine.Pin.OUT, value=value)


def test_pins_float_until_configured_and_again_after_power_off():
    world = desk.build()
    assert machine.Pin(CP_CONNECT).value() == 1
    assert world.pilot.mode == DEAD
    coil = machine.Pin(MAIN_COIL)
    coil.on()  # not an output yet
    world.clock.advance(100000)
    assert not world.main.closed
    coil = out(MAIN_COIL, 1)
    relay = out(PHASE_COIL, 1)
    connect = out(CP_CONNECT, 0)
    machine.PWM(out(PILOT), freq=1000, duty_ns=266667)
    world.clock.advance(200000)
    assert world.main.closed
    assert world.phase.closed
    assert world.pilot.mode == PWM
    assert world.pilot.connected == 0
    world.supply.turn(False)
    coil.on()
    connect.off()
    relay.on()
    world.clock.halt = None
    world.clock.advance(300000)
    assert not world.main.closed
    assert not world.phase.closed
    assert world.pilot.mode == DEAD
    assert world.pilot.connected == 1


def test_pilot_modes():
    world = desk.build()
    pwm = machine.PWM(machine.Pin(PILOT), freq=1000, duty_u16=65535)
    assert world.pilot.mode == X1
    pwm.duty_ns(533333)
    assert world.pilot.mode == PWM
    assert world.pilot.duty_ppm == 533333
    pwm.duty_u16(0)
    assert world.pilot.mode == F
    pwm.deinit()
    assert world.pilot.mode == DEAD
    machine.PWM(machine.Pin(PILOT), freq=500, duty_ns=500000)
    assert world.pilot.mode == DEAD  # 500 Hz is no control pilot


def test_adc_reads_the_plateaus_and_the_proximity_resistor():
    world = desk.build()
    pwm = machine.PWM(machine.Pin(PILOT), freq=1000)
    pwm.duty_ns(266667)
    assert abs(cp_mv(ADC_HIGH) - 12000) < 30
    assert abs(cp_mv(ADC_LOW) + 12000) < 30
    world.plug(check_vehicle({"cable_ohm": 680}))
    world.clock.advance(world.clock.now_us + 100000)
    assert abs(cp_mv(ADC_HIGH) - 8978) < 30
    adc = machine.ADC(machine.Pin(ADC_PP))
    mv = adc.read_u16() * 3300 // 65535
    assert abs(mv - 3300 * 680 // 1680) < 10
    world.unplug()
    assert adc.read_u16() > 65000


def test_timer_runs_at_its_period_and_survives_nothing():
    world = desk.build()
    ticks = []
    timer = machine.Timer(-1)
    timer.init(mode=machine.Timer.PERIODIC, period=10,
               callback=lambda _timer: ticks.append(world.clock.now_us))  # fmt: skip
    world.clock.advance(35000)
    assert ticks == [10000, 20000, 30000]
    world.board.off()
    world.clock.advance(100000)
    assert len(ticks) == 3


def test_zero_crossings_reach_the_handler_at_their_time():
    world = desk.build()
    edges = []
    pin = machine.Pin(CROSSING, machine.Pin.IN)
    pin.irq(lambda _pin: edges.append(world.clock.now_us), machine.Pin.IRQ_RISING)
    world.clock.advance(100000)
    assert edges == [20000, 40000, 60000, 80000, 100000]
    world.mains.override(v_pm=200)
    world.clock.advance(300000)
    assert len(edges) <= 6


def test_watchdog_resets_unless_fed():
    world = desk.build()
    assert machine.reset_cause() == machine.PWRON_RESET
    coil = out(MAIN_COIL, 1)
    dog = machine.WDT(timeout=1000)
    for k in range(1, 5):
        world.clock.advance(k * 500000)
        dog.feed()
    assert world.clock.halt is None
    world.clock.advance(10000000)
    assert world.clock.now_us == 3000000
    assert isinstance(world.clock.halt, machine.Reset)
    assert machine.reset_cause() == machine.WDT_RESET
    coil.on()
    assert not world.main.coil_on


def test_reset_from_the_program():
    world = desk.build()
    coil = out(MAIN_COIL, 1)
    try:
        machine.reset()
        went_on = True
    except machine.Reset:
        went_on = False
    assert not went_on
    assert world.clock.halt is not None
    assert not world.main.coil_on
    assert coil.value() == 0


def test_card_reader_line():
    world = desk.build()
    uart = machine.UART(1, baudrate=9600)
    world.reader.tap("04A1B2")
    world.clock.advance(8 * 1041 - 1)
    assert uart.any() < 8
    world.clock.advance(8 * 1042)
    buffer = bytearray(4)
    assert uart.readinto(buffer) == 4
    assert bytes(buffer) == b"04A1"
    assert uart.read() == b"B2\r\n"
    assert uart.read() is None


def test_a_uart_at_the_wrong_speed_hears_nothing():
    world = desk.build()
    uart = machine.UART(1, baudrate=19200)
    world.reader.tap("04A1B2")
    world.clock.advance(100000)
    assert uart.any() == 0


def hard_timer(callback):
    """Run `callback` as hard interrupts for 30 ms; how often it was called."""
    world = desk.build()
    coil = out(MAIN_COIL, 1)
    calls = [0]

    def handler(_timer):
        calls[0] += 1
        callback(coil)

    timer = machine.Timer(-1)
    timer.init(mode=machine.Timer.PERIODIC, period=10, callback=handler, hard=True)
    world.clock.advance(35000)
    return calls[0]


def test_a_hard_interrupt_may_switch_a_pin():
    assert hard_timer(lambda coil: coil.off()) == 3


def test_a_hard_interrupt_that_allocates_is_stopped_where_the_runtime_can_tell():
    expected = 1 if sys.implementation.name == "micropython" else 3
    assert hard_timer(lambda _coil: [1, 2, 3, 4]) == expected
