# SPDX-License-Identifier: MIT
"""The I2C bus of the simulated board and the temperature sensor on it.

The sensor is like the TMP1075 (Texas Instruments): address 0x48, register 0 is the temperature,
two bytes, big-endian, the upper 12 bits in sixteenths of a degree Celsius.
"""

from tools.bench.sim import chip

ADDRESS = 0x48
NO_ANSWER = 5  # OSError number of an I2C transfer that nobody acknowledges


class Thermometer:
    """How warm it is inside the charger. `silent`: it does not answer."""

    def __init__(self):
        self.sixteenths = 25 * 16
        self.silent = False

    def register(self, number):
        """The 16 bits of a register."""
        return (self.sixteenths << 4) & 0xFFFF if number == 0 else 0


class I2C:
    """machine.I2C as far as reading registers goes."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        self.id = id

    def scan(self):
        """Addresses that answer."""
        return [] if chip.board.thermometer.silent else [ADDRESS]

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        """Fill `buf` from a register; OSError(5) when nobody answers."""
        thermometer = chip.board.thermometer
        if self.id != 0 or addr != ADDRESS or thermometer.silent or not chip.board.powered:
            raise OSError(NO_ANSWER)
        value = thermometer.register(memaddr)
        for place in range(len(buf)):
            buf[place] = value >> 8 & 0xFF if place == 0 else value & 0xFF

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        """The bytes of a register."""
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        """Writing is accepted and has no effect; OSError(5) when nobody answers."""
        if self.id != 0 or addr != ADDRESS or chip.board.thermometer.silent:
            raise OSError(NO_ANSWER)
