# SPDX-License-Identifier: MIT
"""Boards are data: every board has what the firmware asks for, and no pin does two things."""

import re

import pytest

from firmware import boards
from firmware.settings import validate
from tools.tree import ROOT

# Pins of the board file that are no pins of the chip, or that share a connector on purpose.
NO_PINS = {
    "METER_UART",
    "METER_BAUD",
    "READER_UART",
    "READER_BAUD",
    "READER_SPI",
    "I2C",
    "TMP1075",
    "CP_OFFSET_MV",
    "CP_RATIO",
    "PROXIMITY_PULL_UP_OHM",
    "THERMISTOR",  # in the place of CP_LOW, where the bare pilot is sampled
    "THERMISTOR_PULL_UP_OHM",
    "MAX_MA",
}
OUTPUTS = ("CP_PWM", "CP_CONNECT", "CONTACTOR", "PHASE_RELAY", "RCD_TEST", "LED", "METER_TX")


def pins(board):
    """{name: number} of every single pin that the board names."""
    return {
        name: value
        for name, value in vars(board).items()
        if name.isupper() and isinstance(value, int) and name not in NO_PINS and value >= 0
    }


@pytest.mark.parametrize("name", boards.NAMES)
def test_no_pin_does_two_things(name):
    found = {}
    for part, number in pins(boards.load(name)).items():
        found.setdefault(number, []).append(part)
    assert {number: parts for number, parts in found.items() if len(parts) > 1} == {}


@pytest.mark.parametrize("name", boards.NAMES)
def test_every_board_has_what_the_firmware_reads(name):
    asked = set()
    for path in ("firmware/board.py", "firmware/parts.py", "firmware/app.py"):
        source = (ROOT / path).read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bdata\.([A-Z][A-Z0-9_]+)", source))
    board = boards.load(name)
    optional = {"CLOCK_OUT", "CLOCK_IN", "CP_SLICES", "CP_DUTY", "READER_SPI", "READER_SPI_PINS"}
    optional |= {"THERMISTOR", "THERMISTOR_PULL_UP_OHM"}
    assert len(asked) > 20
    assert [part for part in sorted(asked - optional) if not hasattr(board, part)] == []


@pytest.mark.parametrize("name", boards.NAMES)
def test_coils_are_made_safe_first(name):
    board = boards.load(name)
    assert set(board.COILS) == {board.CONTACTOR, board.PHASE_RELAY}


def test_the_esp32_uses_its_pins_as_they_can_be_used():
    board = boards.load("esp32")
    named = pins(board)
    assert not set(named.values()) & set(range(6, 12)), "the flash is there"
    moving = {0, 1, 3, 5, 12, 14, 15}  # while the chip starts
    for part in ("CP_PWM", "CP_CONNECT", "CONTACTOR", "PHASE_RELAY", "RCD_TEST"):
        assert named[part] not in moving
    for part in OUTPUTS:
        assert named[part] < 34, part
    for part in ("CP_HIGH", "CP_LOW", "PROXIMITY"):
        assert 32 <= named[part] <= 39, part
    pin_mv = [board.CP_OFFSET_MV + cp_mv // board.CP_RATIO for cp_mv in (-12600, 12600)]
    assert pin_mv[0] >= 100 and pin_mv[1] <= 2450, "outside of the straight part of the converter"


def test_the_pico_samples_with_slices_that_nothing_else_uses():
    board = boards.load("pico_w")
    used = {board.CP_PWM, board.CP_DUTY, board.BUZZER, board.CONTACTOR}
    slices = {(pin >> 1) & 7 for pin in used}
    assert len(slices) == len(used) and not slices & set(board.CP_SLICES)
    assert board.CP_DUTY & 1 and not board.CP_PWM & 1
    pin_mv = [board.CP_OFFSET_MV + cp_mv // board.CP_RATIO for cp_mv in (-12600, 12600)]
    assert pin_mv[0] > 0 and pin_mv[1] < 3300


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"board": "pico_w", "pilot_sense": "burst"}, "pilot_sense"),
        ({"board": "esp32", "pilot_sense": "phase_locked"}, "pilot_sense"),
        ({"board": "esp32", "mains_timing": "pio"}, "mains_timing"),
        ({"board": "pico_w_2x2", "mains_timing": "pcnt"}, "mains_timing"),
        ({"board": "esp32", "card_reader": "mfrc522"}, "card_reader"),
        ({"board": "esp31"}, "board"),
        ({"board": "pico_w", "temperature_sensor": "thermistor"}, "temperature_sensor"),
        ({"board": "esp32", "temperature_sensor": "thermistor"}, "temperature_sensor"),
        ({"coil_hold_pm": 100}, "coil_hold_pm"),
        ({"meter": "sdm72"}, "meter"),
        ({"meter": "sdm120"}, "meter"),
        ({"meter": "bl0942", "phases": 1}, "meter"),
    ],
)
def test_what_is_not_fitted_is_refused_by_name(values, key):
    errors = validate(values)[1]
    assert len(errors) == 1 and errors[0].startswith(key + ":") and "expected" in errors[0]


def test_a_fast_reserve_is_refused_with_soft_time_stamps():
    ffr = {"ffr": {"option": "nordic_c", "capacity_ma": 3000}}
    soft = {"board": "esp32", "mains_timing": "soft", "grid": ffr}
    assert [error for error in validate(soft)[1] if error.startswith("grid.ffr: refused")]
    for timing in ("pcnt", "board"):
        errors = validate({**soft, "mains_timing": timing})[1]
        assert not [error for error in errors if "refused" in error]


@pytest.mark.parametrize(
    "values",
    [
        {"board": "pico_w", "pilot_sense": "phase_locked", "mains_timing": "pio"},
        {"board": "esp32", "pilot_sense": "burst", "mains_timing": "soft", "meter": "em340"},
        {"board": "pico_w", "card_reader": "mfrc522", "coil_hold_pm": 400},
        {"meter": "bl0942", "phases": 1, "phase_switch": False},
        {"board": "esp32", "pilot_sense": "burst", "temperature_sensor": "thermistor"},
    ],
)
def test_what_is_fitted_is_accepted(values):
    assert validate(values)[1] == []
