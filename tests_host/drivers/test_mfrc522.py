# SPDX-License-Identifier: MIT
"""The RFID driver against a fake MFRC522 with its registers and a card in its field."""

from tests_host.drivers import fake_parts
from tests_host.drivers.fake_mfrc522 import Card, Chip

fake_parts.install()

from drivers.mfrc522 import Mfrc522  # noqa: E402

RUNTIMES = ("mp",)  # CPython keeps its own modules


def polled(reader, times=12):
    found = []
    for _ in range(times):
        number = reader.poll()
        if number:
            found.append(number)
    return found


def test_a_card_of_four_bytes_is_told_once():
    chip = Chip()
    reader = Mfrc522(chip, 17)
    assert polled(reader) == [] and chip.resets == 1
    chip.card = Card(b"\x04\xa1\xb2\xc3")
    assert polled(reader, 40) == ["04A1B2C3"]


def test_a_card_of_seven_bytes_takes_two_levels():
    chip = Chip()
    reader = Mfrc522(chip, 17)
    chip.card = Card(b"\x04\x11\x22\x33\x44\x55\x66")
    assert polled(reader, 40) == ["04112233445566"]


def test_a_card_that_was_taken_away_counts_again():
    chip = Chip()
    reader = Mfrc522(chip, 17)
    for _ in range(3):
        chip.card = Card(b"\x01\x02\x03\x04")
        assert polled(reader) == ["01020304"]
        chip.card = None
        assert polled(reader) == []
    chip.card = Card(b"\x01\x02\x03\x04")
    polled(reader)
    chip.card = Card(b"\x09\x08\x07\x06")  # another one at once
    assert polled(reader) == ["09080706"]


def test_a_spoilt_answer_is_no_card():
    chip = Chip()
    chip.noise = True
    reader = Mfrc522(chip, 17)
    chip.card = Card(b"\x01\x02\x03\x04")
    assert polled(reader) == [] and reader.errors > 0
    chip.noise = False
    assert polled(reader) == ["01020304"]


class Liar(Card):
    def hear(self, data, bits):
        answer = super().hear(data, bits)
        return answer[:4] + b"\xff" if len(answer) == 5 else answer


def test_a_wrong_check_byte_is_no_card():
    chip = Chip()
    reader = Mfrc522(chip, 17)
    chip.card = Liar(b"\x01\x02\x03\x04")
    assert polled(reader) == [] and reader.errors > 0


def test_no_chip_on_the_bus_is_an_error():
    for version in (0x00, 0xFF):
        try:
            Mfrc522(Chip(version), 17)
        except OSError as error:
            assert error.args[0] == 19
        else:
            raise AssertionError(version)
