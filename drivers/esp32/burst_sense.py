# SPDX-License-Identifier: MIT
"""Control pilot input on an ESP32 without peak detectors: a burst of reads, sorted into plateaus.

The port has neither continuous conversion nor hard interrupts, so no read can be placed in the
period. A burst of 60 reads, one each 52 us, covers three periods; a small pause after each fourth
read keeps the reads from falling on the same phases again and again. Sorted, the upper and the
lower cluster are the plateaus, what lies between are edges and is dropped, and the outer quartile
of each cluster is the answer: reads on an edge are always too far in, and the outermost read of
all may be a stray one. Good for duties of 10 to 90 % (6 to 65 A) as long as a read takes less than
60 us. It costs 3 ms of each step: prefer peak detectors (peak_sense.py) where they are wired, and
for more than 65 A.

Called from the step only: the guard sees the last burst. Until the first one the pilot reads 0 mV,
the fault state E.

    sense = BurstSense(36, offset_mv=1300, ratio=11)
    sense.check()                       # once in each step of 10 ms
    sense.high_mv(), sense.low_mv(), sense.duty_ppm()
"""

from time import sleep_us, ticks_us

from machine import ADC, Pin
from micropython import const

_READS = const(60)
_SPACING_US = const(52)
_PAUSE_US = const(13)
_STATIC_MV = const(3000)  # plateaus nearer than this are one


class BurstSense:
    """pin_mv = offset_mv + cp_mv / ratio. `stale` is 1 until the first burst."""

    duty_tolerance_ppm = 80000  # a few of 60 reads

    def __init__(self, pin, offset_mv, ratio):
        self._adc = ADC(Pin(pin), atten=ADC.ATTN_11DB)
        self._offset_uv = offset_mv * 1000
        self._ratio = ratio
        self._reads = [0] * _READS  # sorted in place: a list, since arrays cannot
        self._static_uv = _STATIC_MV * 1000 // ratio
        self._high_mv = self._low_mv = 0
        self._duty_ppm = 0
        self._single = 1
        self.stale = 1
        begun_us = ticks_us()
        for _ in range(16):
            self._adc.read_uv()
        read_us = ((ticks_us() - begun_us) & 0x3FFFFFFF) >> 4
        self._wait_us = max(0, _SPACING_US - read_us)

    def check(self):
        """Take one burst: about 3 ms."""
        reads = self._reads
        read_uv = self._adc.read_uv
        wait_us = self._wait_us
        for i in range(_READS):
            reads[i] = read_uv()
            if wait_us:
                sleep_us(wait_us)
            if i & 3 == 3:
                sleep_us(_PAUSE_US)
        reads.sort()
        # One stray read at each end means nothing.
        span_uv = reads[_READS - 2] - reads[1]
        if span_uv < self._static_uv:
            self._one_level(reads)
        else:
            self._two_levels(reads, span_uv >> 2)
        self.stale = 0

    def _one_level(self, reads):
        # A PWM whose pulses were all missed looks the same: only believed the second time.
        if self._single:
            self._high_mv = self._low_mv = self._mv(reads[_READS >> 1])
            self._duty_ppm = 1000000 if self._high_mv > 0 else 0
        self._single = 1

    def _two_levels(self, reads, near_uv):
        upper = lower = 0
        limit_uv = reads[_READS - 2] - near_uv
        while reads[_READS - 1 - upper] > limit_uv:
            upper += 1
        limit_uv = reads[1] + near_uv
        while reads[lower] < limit_uv:
            lower += 1
        self._high_mv = self._mv(reads[_READS - 1 - max(1, upper >> 2)])
        self._low_mv = self._mv(reads[max(1, lower >> 2)])
        self._duty_ppm = upper * 1000000 // (upper + lower)
        self._single = 0

    def _mv(self, uv):
        return (uv - self._offset_uv) * self._ratio // 1000

    def high_mv(self):
        """High plateau of the last burst in mV; 0 while stale."""
        return 0 if self.stale else self._high_mv

    def low_mv(self):
        """Low plateau of the last burst in mV; 0 while stale."""
        return 0 if self.stale else self._low_mv

    def duty_ppm(self):
        """Share of reads on the high plateau: good to a few points only, a check of the wiring."""
        return self._duty_ppm
