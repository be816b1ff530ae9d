# SPDX-License-Identifier: MIT
"""Settings, log and crash count: one clear error for each wrong key, nothing lost."""

import json

from control import events
from control.events import EventRing
from firmware import crashes, log, settings


def test_defaults_are_valid_and_there_is_one_attribute_per_key():
    made, errors = settings.validate({})
    assert not errors
    values = {key: getattr(made, key) for key in settings.TABLE}
    again, errors = settings.validate(values)
    assert not errors and again.max_current_ma == 16000


def test_each_wrong_value_is_named_with_what_was_expected():
    for values, words in (
        ({"max_curent_ma": 1}, ("max_curent_ma", "unknown")),
        ({"max_current_ma": 5999}, ("max_current_ma", "5999", "6000 to 80000")),
        ({"max_current_ma": "16"}, ("max_current_ma", "whole number")),
        ({"max_current_ma": True}, ("max_current_ma", "whole number")),
        ({"max_current_ma": 16000.5}, ("max_current_ma", "whole number")),
        ({"wake": 1}, ("wake", "true or false")),
        ({"cable": "none"}, ("cable", "socket, tethered")),
        ({"csms_url": "http://x"}, ("csms_url", "ws://")),
        ({"csms_url": 5}, ("csms_url", "text")),
        ({"phases": 2}, ("phases", "1 or 3")),
        (
            {"board": "esp32", "pilot_sense": "burst", "max_current_ma": 65001},
            ("max_current_ma", "at most 65000 with pilot_sense burst"),
        ),
        ({"nominal_mhz": 55000}, ("nominal_mhz", "50000 or 60000")),
        ({"fcr_full_mhz": 10, "fcr_deadband_mhz": 10}, ("fcr_deadband_mhz", "less than")),
    ):
        _, errors = settings.validate(values)
        assert len(errors) == 1, (values, errors)
        for word in words:
            assert word in errors[0], (word, errors)


def test_all_errors_at_once_and_not_an_object():
    assert len(settings.validate({"a": 1, "b": 2, "phases": 9})[1]) == 3
    assert settings.validate([1])[1] and settings.validate(None)[1]


def test_a_bad_file_is_named_and_gives_defaults():
    for text in ('{"max_current_ma": 32000, "wake": 7}', "{", "", "[]", "\x00"):
        with open("wrong.json", "w") as file:
            file.write(text)
        made, errors = settings.load("wrong.json")
        assert errors and "wrong.json" in errors[0], text
        assert made.max_current_ma == 16000
    assert settings.load("no_such.json")[1] == []


def test_every_event_has_words():
    ring = EventRing()
    for code in range(events.LOST):
        ring.put(7, code, 1, 1)
    event = [0] * 4
    while ring.get(event):
        fields = log.describe(*event[1:])
        assert json.dumps(fields) and fields


def test_a_full_ring_drops_the_oldest_and_counts():
    ring = EventRing()
    for i in range(100):
        ring.put(i, events.WAKE, 1)
    event = [0] * 4
    assert ring.get(event) and event[0] == 68 and ring.dropped == 68


class Chip:
    PWRON_RESET = 1
    WDT_RESET = 3
    cause = 1

    def reset_cause(self):
        return self.cause


def test_five_crashes_in_a_row_stop_the_charger_until_a_power_up():
    chip = Chip()
    crashes.note_boot(chip)
    assert crashes.count() == 0
    chip.cause = chip.WDT_RESET
    for n in range(1, 6):
        assert not crashes.too_many()
        crashes.note_boot(chip)
        assert crashes.count() == n
    assert crashes.too_many()
    chip.cause = chip.PWRON_RESET
    crashes.note_boot(chip)
    assert not crashes.too_many()


def test_a_spoilt_crash_file_counts_as_none():
    with open(crashes.FILE, "w") as file:
        file.write("x")
    assert crashes.count() == 0
    crashes.clear()
