# SPDX-License-Identifier: MIT
"""make settings: checked before anything is written, secrets never shown."""

import json

import pytest

from tests_host.cpython.flash_rig import wait_for_prompt
from tools.flash.desk.cable import Desk, new_flash
from tools.flash.device import Device
from tools.flash.errors import FlashError
from tools.settings import pairs, settings


@pytest.fixture
def desk(tmp_path):
    with Desk(new_flash(tmp_path / "flash.img")) as board:
        wait_for_prompt(board)
        yield board


def stored(desk):
    device = Device(desk.port)
    text = device.about()["settings"]
    device.close()
    return json.loads(text) if text else None


def test_keys_are_written_and_shown(desk):
    told = []
    settings(
        desk.port, texts=["max_current_ma=10000", "wake=off", "device_id=A 7"], tell=told.append
    )
    assert stored(desk) == {"max_current_ma": 10000, "wake": False, "device_id": "A 7"}
    assert told[-1] == "written; the board restarts"
    told.clear()
    settings(desk.port, tell=told.append)
    assert "max_current_ma       10000" in told
    settings(desk.port, texts=["wake="], tell=told.append)
    assert stored(desk) == {"max_current_ma": 10000, "device_id": "A 7"}


def test_wrong_keys_and_values_are_named_and_nothing_is_written(desk):
    settings(desk.port, texts=["phases=1"], tell=lambda line: None)
    words = ["max_curent_ma=1", "phases=7", "wake=perhaps", "local_limit_ma=ten", "cable=rope"]
    with pytest.raises(FlashError) as caught:
        settings(desk.port, texts=words, tell=lambda line: None)
    text = str(caught.value)
    assert "\n" not in text
    for part in (
        "max_curent_ma: unknown key",
        "phases: 7: expected a whole number from 1 to 3",
        "wake: 'perhaps': expected true or false",
        "local_limit_ma: 'ten': expected a whole number",
        "cable: 'rope': expected one of socket, tethered",
    ):
        assert part in text
    assert stored(desk) == {"phases": 1}


def test_secrets_are_dots_and_dots_keep_them(desk, tmp_path):
    told = []
    settings(desk.port, texts=["wifi_password=swordfish", "wifi_ssid=home"], tell=told.append)
    settings(desk.port, tell=told.append)
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"wifi_password": "********", "wifi_ssid": "away"}))
    settings(desk.port, path=str(file), tell=told.append)
    with pytest.raises(FlashError) as caught:
        settings(desk.port, texts=["wifi_password=" + "swordfish" * 20], tell=told.append)
    assert "swordfish" not in " ".join(told) + str(caught.value)
    assert stored(desk) == {"wifi_password": "swordfish", "wifi_ssid": "away"}


def test_a_wrong_file_is_named(desk, tmp_path):
    for text, expected in (("{", "Expecting"), ("[1]", "expected an object")):
        file = tmp_path / "settings.json"
        file.write_text(text)
        with pytest.raises(FlashError, match=expected):
            settings(desk.port, path=str(file), tell=lambda line: None)
    with pytest.raises(FlashError, match="FILE=.*no.json"):
        settings(desk.port, path=str(tmp_path / "no.json"), tell=lambda line: None)
    assert stored(desk) is None


def test_words_of_make_are_left_out():
    assert pairs(["PORT=x", "FILE=y", "a=b=c"]) == {"a": "b=c"}
    with pytest.raises(FlashError, match="phases: expected key=value"):
        pairs(["phases"])
