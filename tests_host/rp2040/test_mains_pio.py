# SPDX-License-Identifier: MIT
"""Mains time stamps: the PIO program clock by clock, through the DMA ring to microseconds."""

from array import array

import pytest

from tests_host.rp2040.chip import Chip
from tests_host.rp2040.emulate import emulate, why_not

needs_emulator = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
PIN = 10


def build():
    chip = Chip()
    mains = chip.load("drivers.rp2.mains_pio").MainsPio(PIN)
    return chip, mains


def square(rises_us, high_us):
    """Levels of the pin: high for `high_us` from each rise."""
    return [step for us in rises_us for step in ([us, PIN, 1], [us + high_us, PIN, 0])]


def stamps(chip, mains, levels, run_us):
    emulate(chip, [(list(chip.writes), run_us, levels)])
    into = array("i", [0] * 16)
    return list(into[: mains.take(into)])


@needs_emulator
def test_stamps_are_right_to_a_microsecond_whatever_the_pulse_width():
    chip, mains = build()
    rises = [100, 1100.5, 1350.25, 1400, 9400.1, 9401.3]
    levels = square(rises[:-2], 30) + square(rises[-2:], 0.6)
    found = stamps(chip, mains, levels, 9500)
    assert len(found) == len(rises)
    for i in range(1, len(rises)):
        assert abs(found[i] - found[0] - (rises[i] - rises[0])) <= 1.01, (found, rises)


@needs_emulator
def test_it_counts_the_same_while_high_as_while_low():
    chip, mains = build()
    rises = [50, 20050, 40050]  # high for 19 ms of 20, then 1 ms of 20
    levels = square(rises[:1], 19000) + square(rises[1:], 1000)
    found = stamps(chip, mains, levels, 41100)
    assert abs(found[1] - found[0] - 20000) <= 1 and abs(found[2] - found[0] - 40000) <= 1


@needs_emulator
def test_more_edges_than_fit_leave_the_newest():
    chip, mains = build()
    rises = [100 * (i + 1) for i in range(20)]
    found = stamps(chip, mains, square(rises, 40), 2100)
    assert len(found) == 16
    assert all(abs(found[i + 1] - found[i] - 100) <= 1 for i in range(15))
    assert abs(found[0] - 500 + 0) < 3  # the first of the sixteen, on the chip's own time


def test_counts_become_microseconds_without_drift():
    chip, mains = build()
    pointer = 0x50000004 + 0x40 * mains._dma.channel
    into = array("i", [0] * 16)
    step = 833333  # 19,999,992 ns: three of four periods are 20000 us, the remainder is kept
    total = 0
    for i in range(1, 5001):
        total += step
        at = mains._at + 2 * ((i - 1) & 31)
        mains._ring[at] = total & 0xFFFF
        mains._ring[at + 1] = total >> 16 & 0xFFFF
        chip.memory[pointer] = mains._ring_address + 4 * (i & 31)
        assert mains.take(into) == 1
        assert abs(into[0] - (total * 24 // 1000 & 0x3FFFFFFF)) <= 1


def test_a_count_that_wraps_and_a_long_silence():
    chip, mains = build()
    pointer = 0x50000004 + 0x40 * mains._dma.channel
    into = array("i", [0] * 16)
    times = []
    for i, count in enumerate((0xFFFFFF00, 0x00000100 + 833000, 0x3FFFFFFF), 1):
        at = mains._at + 2 * (i - 1)
        mains._ring[at], mains._ring[at + 1] = count & 0xFFFF, count >> 16
        chip.memory[pointer] = mains._ring_address + 4 * i
        assert mains.take(into) == 1
        times.append(into[0])
    assert abs(times[1] - times[0] - (833000 + 512) * 24 // 1000) <= 1
    assert times[2] - times[1] > 6000000  # a gap, never mistaken for a period


def test_the_channel_is_started_again_when_its_count_ran_out():
    chip, mains = build()
    chip.writes.clear()
    into = array("i", [0] * 16)
    assert mains.take(into) == 0
    assert (0x50000430, 1 << mains._dma.channel) in chip.writes
    chip.memory[0x5000000C + 0x40 * mains._dma.channel] = 1 << 24  # busy
    chip.writes.clear()
    assert mains.take(into) == 0 and chip.writes == []


@needs_emulator
def test_hundreds_of_edges_do_not_shift_the_count():
    chip, mains = build()
    rises = [20 * (i + 1) for i in range(500)]
    found = stamps(chip, mains, square(rises, 7), 10100)
    assert abs(found[-1] - rises[-1]) <= 1  # one clock for each edge would be 4 us
