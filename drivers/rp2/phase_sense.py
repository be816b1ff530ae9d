# SPDX-License-Identifier: MIT
"""Control pilot sampled in phase with its own PWM, by DMA: the processor only reads results.

Three PWM slices run beside the pilot's with the same divider and wrap, each shifted by a fixed
time. Their wraps pace a ring of DMA channels that go round once in each millisecond, for ever:

    40 us after the rising edge   copy the last result to `low`,  start a conversion of CP
    500 us                        copy the last result to `high`, start one of the proximity pin
    990 us                        copy the last result to `pp`,   start one of CP
                                  and copy the duty counter, if there is one

Every request line paces one channel only, no count runs out and nothing has to be started
again. 40 us is after the pilot has settled (a few us) and before the end of the shortest pulse
(80 us at 8 %); 990 us is before the next rise and 30 us after the end of the longest (96 %).
Duty read-back: a comparator's square wave of the pilot on the B pin of a slice gates that
slice, which counts system clocks like the pilot's slice; the difference of two copies is the
time that the pilot was high.

No machine.ADC may be read while this runs: it would change the converter's channel. Made once
at boot, after PilotPwm; it stops and starts the pilot's counter once (less than 20 us).
Registers after the RP2040 datasheet, sections 2.5.7, 4.5.3 and 4.9.6. Raises OSError (from
rp2.DMA) when fewer than six or seven DMA channels are free, ValueError for wrong pins.

    sense = PhaseSense(2, 26, 28, offset_mv=1650, ratio=8, slices=(5, 3, 4), duty_pin=13)
    sense.check()                                  # once in each step
    sense.high_mv(), sense.low_mv(), sense.duty_ppm(), sense.read_u16()
"""

from array import array

import rp2
import uctypes
from machine import ADC, Pin, mem8, mem32
from micropython import const

from drivers.rp2.adc_steps import straight

HIGH_US = const(40)
PROXIMITY_US = const(500)
LOW_US = const(990)

_PWM = 0x40050000
_ADC_CS = 0x4004C000
_DMA = 0x50000000
_IO_BANK = 0x40014000
_CSR, _DIV, _CTR, _TOP = 0x00, 0x04, 0x08, 0x10
_START_ONCE, _ENABLE = 4, 1
_PERMANENT = 0x3F
_RING = const(16)  # samples kept of each plateau
_NEVER_TWICE = const(3)  # steps without a new sample until the readings are not believed


def _slice(pin):
    return (pin >> 1) & 7


class PhaseSense:
    """Same questions as drivers.pilot_sense.PilotSense, and the duty; also an ADC for PP.

    A pilot that is not sampled any more reads 0 mV, the fault state E: `stale` tells.
    """

    duty_tolerance_ppm = 5000  # slopes of 2 us, and the comparator

    def __init__(self, pwm_pin, cp_pin, pp_pin, offset_mv, ratio, slices, duty_pin=-1):
        if not (26 <= cp_pin <= 29 and 26 <= pp_pin <= 29):
            raise ValueError("PhaseSense: pins %d, %d: expected 26 to 29" % (cp_pin, pp_pin))
        if duty_pin >= 0 and not duty_pin & 1:
            raise ValueError("PhaseSense: duty_pin %d: expected an odd pin" % duty_pin)
        self._offset_mv = offset_mv * ratio
        self._full_mv = 3300 * ratio
        self._rings = array("H", [0] * (4 * _RING))
        address = uctypes.addressof(self._rings)
        skip = (-address & 31) >> 1  # a ring of 32 bytes begins at a multiple of 32
        self._high_at = skip
        self._low_at = skip + _RING
        self._duty_at = skip + 2 * _RING
        self._pp = array("H", [0, 0])
        self._starts = array("I", [_start(cp_pin), _start(pp_pin), _start(cp_pin)])
        for pin in (cp_pin, pp_pin):
            ADC(Pin(pin))  # enables the converter and takes the digital side off the pin
        self._pwm_slice = _slice(pwm_pin)
        self._pacing = self._bits(slices, -1) & ~(1 << self._pwm_slice)
        self.counts = mem32[_PWM + 0x14 * self._pwm_slice + _TOP] + 1
        gate = -1 if duty_pin < 0 else _slice(duty_pin)
        stopped = self._prepare(slices, gate, duty_pin)
        self._wire(slices, gate, address + 2 * skip)
        mem32[_PWM + 0xA0] = stopped | self._bits(slices, gate)  # all of them at one instant
        self._seen = -1
        self._still = 0
        self.stale = 1

    def _bits(self, slices, gate):
        bits = 1 << self._pwm_slice
        for number in slices:
            bits |= 1 << number
        return bits | (1 << gate if gate >= 0 else 0)

    def _prepare(self, slices, gate, duty_pin):
        """Stop, shift and set the slices; returns which other slices were running."""
        pilot = _PWM + 0x14 * self._pwm_slice
        others = mem32[_PWM + 0xA0] & ~self._bits(slices, gate)
        mem32[_PWM + 0xA0] = others
        mem32[pilot + _CTR] = 0
        for number, at_us in zip(slices, (HIGH_US, PROXIMITY_US, LOW_US)):
            base = _PWM + 0x14 * number
            mem32[base + _CSR] = 0
            mem32[base + _DIV] = mem32[pilot + _DIV]
            mem32[base + _TOP] = self.counts - 1
            mem32[base + _CTR] = self.counts - self.counts * at_us // 1000
        if gate >= 0:
            base = _PWM + 0x14 * gate
            Pin(duty_pin, Pin.IN)
            mem32[_IO_BANK + 8 * duty_pin + 4] = 4  # function PWM: the pin gates the slice
            mem32[base + _DIV] = mem32[pilot + _DIV]
            mem32[base + _TOP] = 0xFFFF
            mem32[base + _CTR] = 0
            mem32[base + _CSR] = 1 << 4  # count while the B pin is high
        return others

    def _wire(self, slices, gate, rings):
        result = _ADC_CS + 4
        starts = uctypes.addressof(self._starts)
        # (from, to, request, writes to a ring) in the order in which they run.
        links = [
            (result, rings + 2 * _RING, 24 + slices[0], True),
            (starts, _ADC_CS, _PERMANENT, False),
            (result, rings, 24 + slices[1], True),
            (starts + 4, _ADC_CS, _PERMANENT, False),
            (result, uctypes.addressof(self._pp), 24 + slices[2], False),
            (starts + 8, _ADC_CS, _PERMANENT, False),
        ]
        if gate >= 0:
            links.append((_PWM + 0x14 * gate + _CTR, rings + 4 * _RING, _PERMANENT, True))
        channels = [rp2.DMA() for _ in links]
        # The stubs do not know this attribute; ports/rp2/rp2_dma.c has it.
        numbers = [channel.channel for channel in channels]  # pyright: ignore[reportAttributeAccessIssue]
        for i, link in enumerate(links):
            channel = channels[i]
            control = channel.pack_ctrl(
                size=2 if link[1] == _ADC_CS else 1,
                inc_read=False,
                inc_write=link[3],
                ring_sel=link[3],
                ring_size=5 if link[3] else 0,
                treq_sel=link[2],
                chain_to=numbers[(i + 1) % len(numbers)],
            )
            channel.config(read=link[0], write=link[1], count=1, ctrl=control)
        for number in numbers:  # requests of slices that ran before do not count
            mem32[_DMA + 0x800 + 0x40 * number] = 0
        self._channels = channels
        # Addresses above 2**30 are objects: made here once, since the guard may not allocate.
        self._low_pointer = _DMA + 0x40 * numbers[0] + 4
        self._high_pointer = _DMA + 0x40 * numbers[2] + 4
        self._duty_pointer = _DMA + 0x40 * numbers[-1] + 4 if gate >= 0 else 0
        channels[0].active(1)

    def check(self):
        """Once in each step of 10 ms: are there new samples? Sets `stale`."""
        at = mem8[self._high_pointer]
        if at == self._seen:
            if self._still < _NEVER_TWICE:
                self._still += 1
        else:
            self._seen = at
            self._still = 0
        self.stale = 1 if self._still >= _NEVER_TWICE else 0

    def _mv(self, base, pointer):
        """Middle two of the newest four samples, in mV of the pilot."""
        if self.stale:
            return 0
        rings = self._rings
        newest = ((mem8[pointer] & 31) >> 1) - 1
        total = lowest = highest = rings[base + (newest & 15)]
        for i in range(1, 4):
            code = rings[base + ((newest - i) & 15)]
            total += code
            if code < lowest:
                lowest = code
            elif code > highest:
                highest = code
        code = straight((total - lowest - highest) >> 1)
        return (code * self._full_mv >> 12) - self._offset_mv

    def high_mv(self):
        """High plateau in mV, -12000 to 12000. Safe to call from the guard."""
        return self._mv(self._high_at, self._high_pointer)

    def low_mv(self):
        """Low plateau in mV; equals the high one while the pilot is static."""
        return self._mv(self._low_at, self._low_pointer)

    def duty_ppm(self):
        """Share of the last period that the pilot was really high, in ppm; -1 if not wired."""
        if not self._duty_pointer:
            return -1
        newest = ((mem8[self._duty_pointer] & 31) >> 1) - 1
        rings = self._rings
        base = self._duty_at
        count = (rings[base + (newest & 15)] - rings[base + ((newest - 1) & 15)]) & 0xFFFF
        part = count * 10000 // self.counts  # two steps keep below 2**30
        rest = count * 10000 - part * self.counts
        return part * 100 + rest * 100 // self.counts

    def stop(self):
        """Let go of slices and channels: DMA must not write into memory that nobody keeps."""
        mem32[_PWM + 0xA0] = mem32[_PWM + 0xA0] & ~self._pacing
        for channel in self._channels:
            channel.close()
        self._still = _NEVER_TWICE
        self.stale = 1

    def read_u16(self):
        """The proximity pin like machine.ADC reads it: 0 to 65535."""
        code = straight(self._pp[0])
        return code << 4 | code >> 8


def _start(pin):
    """Word for the converter's CS register: one conversion of this pin."""
    return (pin - 26) << 12 | _START_ONCE | _ENABLE
