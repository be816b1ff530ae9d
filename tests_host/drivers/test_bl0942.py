# SPDX-License-Identifier: MIT
"""The metering chip's UART driver against a fake chip that has its registers."""

from drivers.bl0942 import Bl0942


class Chip:
    """Registers of a BL0942 behind a UART; `spoil` may change the answer."""

    def __init__(self, address=0):
        self.address = address
        self.i_rms = self.v_rms = self.watt = self.pulses = 0
        self.waiting = b""
        self.spoil = None
        self.requests = 0

    def write(self, data):
        assert bytes(data) == bytes((0x58 | self.address, 0xAA))
        self.requests += 1
        frame = bytearray(23)
        frame[0] = 0x55
        for at, value in ((1, self.i_rms), (4, self.v_rms), (10, self.watt), (13, self.pulses)):
            for i in range(3):
                frame[at + i] = value >> 8 * i & 0xFF
        frame[16], frame[17] = 20000 & 0xFF, 20000 >> 8
        total = data[0]
        for byte in frame[:22]:
            total += byte
        frame[22] = total & 0xFF ^ 0xFF
        self.waiting += self.spoil(bytes(frame)) if self.spoil else bytes(frame)

    def any(self):
        return len(self.waiting)

    def readinto(self, buf, n=None):
        n = min(len(buf), len(self.waiting), n or len(buf))
        buf[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n


def polled(meter, polls=4, now_ms=1000, step_ms=20):
    for i in range(polls):
        meter.poll((now_ms + step_ms * i) & 0x3FFFFFFF)


def test_values_of_a_16_ampere_load():
    chip = Chip()
    chip.v_rms = 230 * 15873 + 7936  # 230.5 V
    chip.i_rms = 16 * 251213
    chip.watt = 3688 * 596
    meter = Bl0942(chip)
    polled(meter)
    assert abs(meter.l1_mv - 230500) < 10 and abs(meter.l1_ma - 16000) <= 1
    assert meter.power_w == 3688 and meter.known
    assert meter.age_ms(1080) <= 40 and meter.errors == 0
    assert meter.l2_ma == 0 and meter.l3_mv == 0


def test_reverse_power_is_negative():
    chip = Chip()
    chip.watt = (-500 * 596) & 0xFFFFFF
    meter = Bl0942(chip)
    polled(meter)
    assert meter.power_w == -500


def test_pulses_become_energy_across_the_wrap_and_not_across_a_reset():
    chip = Chip()
    chip.pulses = 0xFFFFFF - 1000
    meter = Bl0942(chip)
    polled(meter)
    assert meter.energy_wh == 0
    for _ in range(33):
        chip.pulses = (chip.pulses + 100) & 0xFFFFFF
        polled(meter)
    assert meter.energy_wh == 3300 * 1000 // 3305
    chip.pulses = 5  # the chip had lost its supply
    before = meter.energy_wh
    polled(meter)
    chip.pulses = 105
    polled(meter)
    assert 0 <= meter.energy_wh - before <= 31


def test_a_spoilt_or_missing_answer_changes_nothing():
    chip = Chip()
    chip.i_rms = 10 * 251213
    meter = Bl0942(chip)
    polled(meter)
    for spoil in (
        lambda frame: frame[:5] + bytes((frame[5] ^ 4,)) + frame[6:],
        lambda frame: b"\x54" + frame[1:],
        lambda frame: frame[:11],
        lambda frame: b"",
    ):
        chip.spoil = spoil
        polled(meter, 1, 2000)  # takes what came before
        chip.i_rms = 0
        errors, answers = meter.errors, meter.answers
        polled(meter, 30, 2020)
        assert meter.l1_ma == 10000 and meter.errors > errors and meter.answers == answers
        chip.spoil = None
        chip.i_rms = 10 * 251213
        polled(meter, 30, 3000)
    assert meter.age_ms(3600) < 100


def test_another_address():
    chip = Chip(2)
    meter = Bl0942(chip, address=2)
    polled(meter)
    assert meter.answers > 0
