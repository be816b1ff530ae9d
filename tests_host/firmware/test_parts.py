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


class Memory(dict):
    def __getitem__(self, address):
        return self.get(address, 64515)


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
        "mains": parts.mains(data, chosen),
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
    found = kinds(meter="bl0942", card_reader="mfrc522", coil_hold_pm=400)
    assert found["meter"] == "Bl0942" and found["reader"] == "Mfrc522"
    assert found["coil"] == "Coil"


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
