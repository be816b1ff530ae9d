# SPDX-License-Identifier: MIT
"""Every driver that a board can be built with is built, on a chip that only remembers."""

import sys

from tests_host.drivers import fake_parts
from tests_host.drivers.fake_mfrc522 import Chip

fake_parts.install()
RUNTIMES = ("mp",)  # CPython keeps its own modules


class Thing:
    """Takes anything, is anything."""

    channel = 0

    def __init__(self, *args, **kw):
        pass

    def __getattr__(self, name):
        return self._nothing

    def _nothing(self, *args, **kw):
        return 0

    def active(self, on=None):
        return 1


class ADC(Thing):
    ATTN_11DB = 3

    def read_u16(self):
        return 40000

    def read_uv(self):
        return 2000000


class Timer(Thing):
    PERIODIC = 1


class PCNT(Thing):
    INCREMENT, NORMAL, HOLD = 1, 0, 2


class Memory:
    """Registers: the wrap of the pilot's slice, and pointers that move."""

    def __init__(self):
        self.calls = 0

    def __getitem__(self, address):
        self.calls += 1
        return self.calls & 31 if address >= 0x50000000 else 64515

    def __setitem__(self, address, value):
        pass


class Spi(Chip):
    def __init__(self, *args, **kw):
        super().__init__()


machine = sys.modules["machine"]
machine.ADC, machine.Timer, machine.UART, machine.SPI = ADC, Timer, Thing, Spi
machine.mem8, machine.mem32 = Memory(), Memory()
machine.freq = lambda: 125000000
fake_parts.Pin.IRQ_RISING = 8
fake_parts.Pin.irq = lambda self, *args, **kw: None
esp32, rp2, uctypes = fake_parts.Module(), fake_parts.Module(), fake_parts.Module()
esp32.PCNT = PCNT
rp2.DMA = rp2.StateMachine = Thing
rp2.PIO = Thing
rp2.PIO.JOIN_RX = 2
rp2.asm_pio = lambda **kw: lambda function: function
uctypes.addressof = lambda buffer: 0x20010004
sys.modules["esp32"], sys.modules["rp2"], sys.modules["uctypes"] = esp32, rp2, uctypes

from firmware import boards, parts, settings  # noqa: E402


def made(driver):
    """As firmware/board.py does once the frequency is asked for."""
    module, name, pins = driver
    return getattr(__import__(module, None, None, (name,)), name)(*pins)


def built(**values):
    chosen, errors = settings.validate(values)
    assert not errors, errors
    data = boards.load(chosen.board)
    pilot = parts.pilot(data)
    sense = parts.sense(data, chosen)
    return {
        "pilot": pilot,
        "sense": sense,
        "proximity": parts.proximity(data, sense),
        "mains": made(parts.mains(data, chosen)),
        "meter": parts.meter(data, chosen),
        "reader": parts.reader(data, chosen),
        "coil": parts.coil(data, chosen),
    }


def kinds(**values):
    return {part: type(driver).__name__ for part, driver in built(**values).items()}


def test_each_board_by_default():
    for board, expected in (
        ("pico_w", ("PilotSense", "Mains")),
        ("pico_w_2x2", ("PilotSense", "Mains")),
        ("esp32", ("PeakSense", "MainsPcnt")),
    ):
        found = kinds(board=board)
        assert (found["sense"], found["mains"]) == expected, board
        assert found["meter"] == "ModbusMeter" and found["reader"] == "CardReader"
        assert found["coil"] == "Pin"


def test_each_choice():
    found = kinds(pilot_sense="phase_locked", mains_timing="pio")
    assert (found["sense"], found["mains"]) == ("PhaseSense", "MainsPio")
    found = kinds(board="esp32", pilot_sense="burst", mains_timing="soft")
    assert (found["sense"], found["mains"]) == ("BurstSense", "MainsSoft")
    found = kinds(
        meter="bl0942", phases=1, phase_switch=False, card_reader="mfrc522", coil_hold_pm=400
    )
    assert found["meter"] == "Bl0942" and found["reader"] == "Mfrc522"
    assert found["coil"] == "Coil"
    chosen, data = (
        settings.validate(
            {"board": "esp32", "pilot_sense": "burst", "temperature_sensor": "thermistor"}
        )[0],
        boards.load("esp32"),
    )
    assert type(parts.temperature(data, chosen)).__name__ == "Thermistor"
    chosen.temperature_sensor = "tmp1075"
    assert type(parts.temperature(data, chosen)).__name__ == "Tmp1075"


def test_every_mains_says_how_good_it_is():
    good = {}
    for values in (
        {"mains_timing": "irq"},
        {"mains_timing": "pio"},
        {"board": "esp32", "mains_timing": "pcnt"},
        {"board": "esp32", "mains_timing": "soft"},
    ):
        mains = built(**values)["mains"]
        assert mains.jitter_us > 0
        good[values["mains_timing"]] = mains.good_for_ffr
    assert good == {"irq": True, "pio": True, "pcnt": True, "soft": False}


def test_the_phase_locked_sense_reads_the_proximity_too():
    found = built(pilot_sense="phase_locked")
    assert found["proximity"].ohm() == 0  # nothing sampled yet
    assert found["sense"].high_mv() == 0


def test_the_guard_may_ask_the_phase_locked_sense_in_an_interrupt():
    from micropython import heap_lock, heap_unlock

    sense = built(pilot_sense="phase_locked")["sense"]
    for i in range(len(sense._rings)):
        sense._rings[i] = 3000 + 7 * (i & 3)
    sense.check()
    heap_lock()
    try:
        high_mv = sense.high_mv()
        low_mv = sense.low_mv()
        sense.check()
        duty_ppm = sense.duty_ppm()
        code = sense.read_u16()
    finally:
        heap_unlock()
    assert 6000 < high_mv < 6400 and 6000 < low_mv < 6400
    assert duty_ppm >= 0 and code == 0


def test_edges_are_taken_without_allocation():
    from array import array

    from micropython import heap_lock, heap_unlock

    mains = built(mains_timing="pio")["mains"]
    into = array("i", [0] * 16)
    for i in range(0, 64, 2):
        count = 833333 * (i // 2)
        mains._ring[mains._at + i] = count & 0xFFFF
        mains._ring[mains._at + i + 1] = count >> 16
    mains.take(into)
    mains._pointer = 0x50000004
    heap_lock()
    try:
        count = mains.take(into) + mains.take(into)
    finally:
        heap_unlock()
    assert 0 <= count <= 32


def test_a_whole_board_reads_and_obeys_with_every_choice():
    from control.readings import Command
    from firmware.board import Board

    machine.I2C = Thing
    for values in (
        {},
        {"board": "pico_w_2x2"},
        {"pilot_sense": "phase_locked", "mains_timing": "pio", "coil_hold_pm": 400},
        {"board": "esp32"},
        {"board": "esp32", "pilot_sense": "burst", "mains_timing": "soft", "meter": "em340"},
    ):
        chosen, errors = settings.validate(values)
        assert not errors, errors
        data = boards.load(chosen.board)
        board = Board(data, chosen)
        board.time_mains()
        command = Command()
        for now_ms in range(0, 300, 10):
            readings = board.read(now_ms)
            board.apply(now_ms, command)
        assert not fake_parts.pins[data.CONTACTOR]
        assert fake_parts.pins[data.CP_CONNECT] == 1
        assert -13500 <= readings.cp_high_mv <= 13500 and readings.pp_ohm >= 0
        command.contactor = 1
        board.apply(300, command)
        assert fake_parts.pins[data.CONTACTOR], values
        board.close()
        assert not fake_parts.pins[data.CONTACTOR], values
