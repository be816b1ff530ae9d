# SPDX-License-Identifier: MIT
"""Mains zero crossings time-stamped by a PIO state machine, kept by DMA: no interrupt at all.

The program counts down without ever being set, one count in each three clocks on every path, and
pushes the count at each rising edge. DMA puts it into a ring of 32 words, so garbage collection
and flash writes (up to 108 ms) lose nothing and shift nothing. At 125 MHz a count is 24 ns.
`take` turns counts into microseconds with the remainder kept, so they do not drift.

Registers after the RP2040 datasheet, sections 2.5.7 and 3.7. Raises OSError (from rp2.DMA) when
no DMA channel is free, and what rp2.StateMachine raises when the program does not fit.

    mains = MainsPio(10)
    count = mains.take(buffer)      # buffer: array('i'), at least 16 long
"""

from array import array

import machine
import rp2
import uctypes
from machine import Pin, mem8
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rp2.asm_pio import *

CYCLES = const(3)  # clocks of the state machine for one count
_RING = const(32)
_MOST = const(16)  # as many as Readings has room for
_LONGEST = const(0x0FFFFFFF)  # counts; times CYCLES it still is a small integer
_MANY = const(0x0FFFFFFF)  # transfers until the channel must be started again: 62 days


@rp2.asm_pio(fifo_join=rp2.PIO.JOIN_RX)
def stamps():
    """Free-running count of the X register; pushed at each rising edge of the jump pin."""
    wrap_target()
    label("low")
    jmp(x_dec, "l1")
    label("l1")
    jmp(pin, "rise")
    jmp("low")
    label("rise")
    mov(isr, invert(x))  # counts up for the reader
    push(noblock)
    jmp(x_dec, "r1")
    label("r1")
    nop()  # low to here: six clocks, two counts
    label("high")
    jmp(x_dec, "h1")
    label("h1")
    jmp(pin, "high")[1]
    wrap()


class MainsPio:
    """Edges of one pin. `jitter_us` is what one time stamp may be off, detector not included."""

    jitter_us = 1
    good_for_ffr = True

    def __init__(self, pin, state_machine=0):
        edge = Pin(pin, Pin.IN)
        self._mhz = machine.freq() // 1000000
        self._ring = array("H", [0] * (4 * _RING))
        address = uctypes.addressof(self._ring)
        skip = -address & 127  # a ring of 128 bytes begins at a multiple of 128
        self._at = skip >> 1
        self._ring_address = address + skip
        self._machine = rp2.StateMachine(state_machine, stamps, jmp_pin=edge)
        block, number = state_machine >> 2, state_machine & 3
        self._dma = rp2.DMA()
        self._control = self._dma.pack_ctrl(
            size=2,
            inc_read=False,
            ring_sel=True,
            ring_size=7,
            treq_sel=4 + 8 * block + number,
        )
        self._dma.config(
            read=0x50200020 + 0x100000 * block + 4 * number,
            write=self._ring_address,
            count=_MANY,
            ctrl=self._control,
            trigger=True,
        )
        number = self._dma.channel  # pyright: ignore[reportAttributeAccessIssue]
        self._pointer = 0x50000004 + 0x40 * number
        self._read = 0
        self._count = 0
        self._rest = 0
        self._now_us = 0
        self._machine.active(1)

    def take(self, into):
        """Copy the edges since the last call into `into`, in us that wrap at 2**30.

        Returns how many, 16 at most: of more, the newest, and the gap shows in their times.
        """
        written = (mem8[self._pointer] & 127) >> 2
        waiting = (written - self._read) & 31
        if not waiting and not self._dma.active():
            self._dma.config(count=_MANY, trigger=True)
        taken = 0
        while waiting:
            at_us = self._stamp_us()
            if waiting <= _MOST:
                into[taken] = at_us
                taken += 1
            waiting -= 1
        return taken

    def stop(self):
        """Let go of the channel: DMA must not write into memory that nobody keeps."""
        self._machine.active(0)
        self._dma.close()

    def _stamp_us(self):
        at = self._at + 2 * self._read
        self._read = (self._read + 1) & 31
        count = (self._ring[at + 1] & 0x3FFF) << 16 | self._ring[at]
        passed = (count - self._count) & 0x3FFFFFFF
        self._count = count
        clocks = min(passed, _LONGEST) * CYCLES + self._rest
        self._rest = clocks % self._mhz
        self._now_us = (self._now_us + clocks // self._mhz) & 0x3FFFFFFF
        return self._now_us
