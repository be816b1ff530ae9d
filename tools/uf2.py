# SPDX-License-Identifier: MIT
"""Reads a UF2 file for the RP2040 (github.com/microsoft/uf2) as far as `make pico` asks."""

import re
import struct

MAGIC = (0x0A324655, 0x9E5D5157)
END = 0x0AB16F30
RP2040 = 0xE48BFF56
FLASH = 0x10000000
FAMILY = 0x2000


def read(data):
    """(flash content from 0x10000000, version text). ValueError says what is wrong."""
    if not data or len(data) % 512:
        raise ValueError("expected a multiple of 512 bytes, found %d" % len(data))
    flash = bytearray()
    for at in range(0, len(data), 512):
        head = struct.unpack_from("<8I", data, at)
        if head[:2] != MAGIC or struct.unpack_from("<I", data, at + 508)[0] != END:
            raise ValueError("block %d is not a UF2 block" % (at // 512))
        _, _, flags, address, size, _, _, family = head
        if flags & FAMILY and family != RP2040:
            raise ValueError(
                "it is for chip family %08x, expected %08x (RP2040)" % (family, RP2040)
            )
        if size > 476 or address < FLASH:
            raise ValueError("block %d does not lie in the flash" % (at // 512))
        offset = address - FLASH
        if offset > len(flash) + (1 << 24):
            raise ValueError("block %d lies outside the flash" % (at // 512))
        flash.extend(b"\xff" * (offset + size - len(flash)))
        flash[offset : offset + size] = data[at + 32 : at + 32 + size]
    return bytes(flash), version(flash)


def version(flash):
    """The version that MicroPython's banner states, "" when it is another program."""
    found = re.search(rb"v(\d+\.\d+\.\d+[^\s\0]*) on \d{4}-\d\d-\d\d", flash)
    return found.group(1).decode() if found else ""
