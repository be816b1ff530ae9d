# SPDX-License-Identifier: MIT
"""A chip that only remembers: fake machine, rp2 and uctypes that record every register write.

What a driver writes through them can be replayed into an emulated RP2040 (emulate.py), whose
memory and registers then become what the driver reads. The classes of rp2 and machine write the
same registers in the same order as MicroPython's own (ports/rp2).
"""

import sys
from types import SimpleNamespace

from tests_host.rp2040.assembler import asm_pio, assembled

RAM = 0x20010000
DMA_BASE = 0x50000000
PWM_BASE = 0x40050000
ADC_BASE = 0x4004C000
IO_BANK = 0x40014000
MHZ = 125


class Chip:
    """`writes` is a list of (address, value); `memory` holds what reads give."""

    def __init__(self, free_channels=12):
        self.writes = []
        self.memory = {}
        self.buffers = []
        self.channels = 0
        self.free_channels = free_channels
        self._next = RAM

    def write(self, address, value):
        """Record a write of 32 bits."""
        assert address % 4 == 0 and 0 <= value < 1 << 32, (hex(address), value)
        self.writes.append((address, value))
        self.memory[address] = value

    def read(self, address, bits):
        """Read 8, 16 or 32 bits, little-endian."""
        word = self.memory.get(address & ~3, 0)
        return word >> 8 * (address & 3) & (1 << bits) - 1

    def addressof(self, buffer):
        """Give a buffer a place in RAM, not aligned to more than a word."""
        for known, address in self.buffers:
            if known is buffer:
                return address
        address = self._next + 4
        self._next += (len(buffer) * buffer.itemsize + 11) & ~3
        self.buffers.append((buffer, address))
        return address

    def modules(self):
        """The fake modules by name, made for this chip."""
        own = {
            kind.__name__: type(kind.__name__, (kind,), {"chip": self})
            for kind in (Pin, ADC, PWM, DMA, StateMachine)
        }
        machine = SimpleNamespace(freq=lambda: MHZ * 1000000)
        machine.Pin, machine.ADC, machine.PWM = own["Pin"], own["ADC"], own["PWM"]
        for bits in (8, 16, 32):
            setattr(machine, "mem%d" % bits, Memory(self, bits))
        rp2 = SimpleNamespace(PIO=SimpleNamespace(JOIN_RX=2), asm_pio=asm_pio)
        rp2.DMA, rp2.StateMachine = own["DMA"], own["StateMachine"]
        return {
            "machine": machine,
            "rp2": rp2,
            "uctypes": SimpleNamespace(addressof=self.addressof),
        }

    def load(self, name):
        """Import a driver on this chip, for this test alone."""
        fakes = self.modules()
        kept = {key: sys.modules.get(key) for key in fakes}
        for key in [key for key in sys.modules if key.startswith("drivers")]:
            del sys.modules[key]
        sys.modules.update(fakes)
        try:
            return __import__(name, None, None, ("x",))
        finally:
            for key, module in kept.items():
                if module is None:
                    del sys.modules[key]
                else:
                    sys.modules[key] = module
            for key in [key for key in sys.modules if key.startswith("drivers")]:
                del sys.modules[key]

    def bytes_of_buffers(self):
        """[(address, bytes)] of every buffer that the driver handed to the hardware."""
        return [(address, bytes(memoryview(buffer))) for buffer, address in self.buffers]

    def take_back(self, ram, registers):
        """The emulator ran: its RAM goes into the buffers, its registers are what reads give."""
        for buffer, address in self.buffers:
            view = memoryview(buffer).cast("B")
            view[:] = ram[address - RAM : address - RAM + len(view)]
        self.memory.update(registers)


class Memory:
    """machine.mem8, mem16 and mem32."""

    def __init__(self, chip, bits):
        self.chip = chip
        self.bits = bits

    def __getitem__(self, address):
        return self.chip.read(address, self.bits)

    def __setitem__(self, address, value):
        assert self.bits == 32
        self.chip.write(address, value)


class Pin:
    """machine.Pin: only its function register."""

    chip: Chip
    IN, OUT = 0, 1

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if mode == Pin.IN:
            self.chip.write(IO_BANK + 8 * number + 4, 5)  # function SIO


class ADC:
    """machine.ADC: enables the converter."""

    chip: Chip

    def __init__(self, pin):
        self.chip.write(IO_BANK + 8 * pin.number + 4, 31)
        self.chip.write(ADC_BASE, 1)


class PWM:
    """1 kHz: divider 31/16 and wrap at 64515 as the port computes them at 125 MHz."""

    chip: Chip

    def __init__(self, pin, freq, duty_u16):
        assert freq == 1000
        self.base = PWM_BASE + 0x14 * (pin.number >> 1 & 7)
        self.chip.write(self.base + 4, 31)
        self.chip.write(self.base + 0x10, 64515)
        self.chip.write(IO_BANK + 8 * pin.number + 4, 4)
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        self._level(64516 if value == 65535 else value * 64516 // 65535)

    def duty_ns(self, ns):
        self._level((ns * 64516 + 500000) // 1000000)

    def _level(self, level):
        self.chip.write(self.base + 0x0C, level)
        self.chip.write(self.base, 1)


class DMA:
    """rp2.DMA: the registers of one channel."""

    chip: Chip

    def __init__(self):
        if self.chip.channels >= self.chip.free_channels:
            raise OSError(16)
        self.channel = self.chip.channels
        self._base = DMA_BASE + 0x40 * self.channel
        self.chip.channels += 1

    def pack_ctrl(self, **fields):
        value = fields.pop("enable", 1) << 0 | fields.pop("size", 2) << 2
        value |= fields.pop("inc_read", 1) << 4 | fields.pop("inc_write", 1) << 5
        value |= fields.pop("ring_size", 0) << 6 | fields.pop("ring_sel", 0) << 10
        value |= fields.pop("chain_to", self.channel) << 11
        value |= fields.pop("treq_sel", 0x3F) << 15 | fields.pop("irq_quiet", 1) << 21
        assert not fields, fields
        return value

    def config(self, read=None, write=None, count=None, ctrl=None, trigger=False):
        for offset, value in ((0, read), (4, write), (8, count)):
            if value is not None:
                self.chip.write(self._base + offset, value)
        if ctrl is not None:
            self.chip.write(self._base + (0x0C if trigger else 0x10), ctrl)
        elif trigger:
            self.active(1)

    def close(self):
        self.chip.write(DMA_BASE + 0x444, 1 << self.channel)

    def active(self, start=None):
        if start:
            self.chip.write(DMA_BASE + 0x430, 1 << self.channel)
        return self.chip.read(self._base + 0x0C, 32) >> 24 & 1


class StateMachine:
    """rp2.StateMachine: program, wrap, jump pin, joined receive queue."""

    chip: Chip

    def __init__(self, number, program, jmp_pin):
        self.base = 0x50200000 + 0x100000 * (number >> 2)
        self.number = number & 3
        code = assembled(program)
        for i, word in enumerate(code):
            self.chip.write(self.base + 0x48 + 4 * i, word)
        own = self.base + 0xC8 + 0x18 * self.number
        self.chip.write(own, 1 << 16)
        self.chip.write(own + 4, jmp_pin.number << 24 | (len(code) - 1) << 12)
        self.chip.write(own + 8, 1 << 31 | 3 << 18)  # receive queue of eight words

    def active(self, on):
        self.chip.write(self.base, on << self.number)
