# SPDX-License-Identifier: MIT
"""make flash against a real mpremote and a real MicroPython behind a pseudo-terminal."""

import json
import subprocess
import sys
import time

import pytest

from tests_host.cpython.flash_rig import SAME, application, install, running, wait_for_prompt
from tools.flash.__main__ import flash
from tools.flash.desk.cable import Desk, boot, new_flash
from tools.flash.device import Device
from tools.flash.errors import FlashError
from tools.flash.packs import bundle
from tools.tree import ROOT


@pytest.fixture
def image(tmp_path):
    return new_flash(tmp_path / "flash.img")


def refusal(image, board="pico_w", files=None, **desk):
    with Desk(image, **desk) as board_on_desk:
        wait_for_prompt(board_on_desk)
        with pytest.raises(FlashError) as caught:
            flash(board_on_desk.port, board, files or application(1), tell=lambda line: None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_new_board_gets_the_application_and_runs_it(image):
    told, _ = install(image, 1)
    assert told[-1] == "done     app_a runs and is healthy"
    assert running(image) == 1


def test_an_update_goes_to_the_other_folder_and_sends_only_what_changed(image):
    install(image, 1)
    told, _ = install(image, 2)
    sent = [line.split()[1] for line in told if line.startswith("send")]
    assert SAME not in sent
    assert "control/part0.py" in sent
    assert "switched app_a -> app_b" in told
    assert running(image) == 2
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        there = device.hashes("/app_b")
        pointer = json.loads(device.about()["pointer"])
        device.close()
    assert "control/only_in_1.py" not in there
    assert there.keys() - {"files.json"} == application(2).keys()
    assert pointer == {"slot": "app_b", "previous": "app_a"}  # no "tries": the trial was passed


def test_the_same_again_writes_nothing(image):
    install(image, 1)
    before = image.read_bytes()
    told, _ = install(image, 1)
    assert told[-1] == "the board has exactly this application"
    assert image.read_bytes() == before


APP = """
class Charger: plugged = %s
class App: charger = Charger()
current = App()
"""


def with_a_running_charger(plugged):
    """Version 1 whose main looks like a charger that was stopped by Ctrl-C."""
    files = application(1, "import firmware.app")
    files["firmware/app.py"] = (APP % plugged).encode()
    return files


def offered_to(image, plugged, **options):
    """(what flash told or why not, how often the board has booted) on a running charger."""
    with Desk(image) as board:
        wait_for_prompt(board)
        flash(board.port, "pico_w", with_a_running_charger(plugged), tell=lambda line: None)
    told = []
    with Desk(image) as board:
        wait_for_prompt(board)
        try:
            flash(board.port, "pico_w", application(2), tell=told.append, **options)
        except FlashError as error:
            told.append(str(error))
        time.sleep(0.5)
        return told, board.console.count(b'"event": "boot"')


def test_a_car_that_is_plugged_in_is_left_alone(image):
    told, boots = offered_to(image, True)
    assert len(told) == 1
    assert told[0].startswith("a car is plugged in: expected an empty socket; unplug it")
    assert boots == 2
    assert running(image) == 1


def test_force_flashes_although_a_car_is_plugged_in(image):
    told, _ = offered_to(image, True, force=True)
    assert told[-1] == "done     app_b runs and is healthy"


def test_a_dry_run_leaves_the_charger_running(image):
    told, boots = offered_to(image, False, dry_run=True)
    assert told[-1] == "dry run: nothing was written"
    assert boots == 2
    assert running(image) == 1


def test_crashes_of_the_old_application_do_not_count_against_the_new_one(image):
    install(image, 1)
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        device.replace("/crashes", b"5")
        device.close()
    install(image, 2)
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        assert "crashes" not in device.about()["root"]
        device.close()


def test_an_application_that_was_stopped_is_told_at_once(image):
    files = application(1)
    files["main.py"] = b"def main(): print('stopped: 5 crashes in a row; see the log')"
    with Desk(image) as board:
        wait_for_prompt(board)
        with pytest.raises(FlashError, match="crashed too often"):
            flash(board.port, "pico_w", files, tell=lambda line: None, seconds=60)


def test_dry_run_writes_nothing(image):
    boot(image)  # formats the flash
    before = image.read_bytes()
    with Desk(image) as board:
        wait_for_prompt(board)
        told = []
        flash(board.port, "pico_w", application(1), dry_run=True, tell=told.append)
    assert told[-1] == "dry run: nothing was written"
    assert any(line.startswith("target   app_a: 13 files to send") for line in told)
    assert image.read_bytes() == before


def test_a_damaged_file_is_seen_and_sent_again(image):
    install(image, 1)
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        device.write("/app_a/control/only_in_1.py", b"VERSION = 9\n")
        device.close()
    told, _ = install(image, 1)
    assert "switched app_a -> app_b" in told
    assert [line.split()[1] for line in told if line.startswith("send")] == [
        "control/only_in_1.py"
    ]
    assert running(image) == 1


def test_an_application_that_does_not_get_healthy_is_left_again(image):
    install(image, 1)
    with pytest.raises(FlashError, match="went back to the previous one"):
        install(image, 2, "import machine; machine.reset()")
    assert running(image) == 1
    told, _ = install(image, 3)  # the failed folder is free for the next
    assert "switched app_a -> app_b" in told
    assert running(image) == 3


def test_an_application_that_cannot_be_loaded_is_left_at_once(image):
    install(image, 1)
    broken = application(2)
    broken["main.py"] = b"import nothing_of_that_name\n"
    with Desk(image) as board:
        wait_for_prompt(board)
        with pytest.raises(FlashError, match="no app_confirmed event"):
            flash(board.port, "pico_w", broken, tell=lambda line: None, seconds=1)
    assert running(image) == 1


def test_a_trial_that_was_not_passed_never_costs_the_application_that_works(image):
    install(image, 1)
    with pytest.raises(FlashError, match="no app_confirmed event"):
        install(image, 2, "return", seconds=0.5)  # runs, but never says that it is healthy
    told, _ = install(image, 3)
    assert "switched app_a -> app_b" in told
    assert running(image) == 3


def test_settings_of_a_new_board_name_the_board_and_are_kept_after(image):
    install(image, 1)
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        assert json.loads(device.about()["settings"]) == {"board": "pico_w"}
        device.replace("/settings.json", b'{"board": "pico_w", "phases": 1}')
        device.close()
    install(image, 2)
    with Desk(image) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        assert json.loads(device.about()["settings"])["phases"] == 1
        device.replace("/settings.json", b'{"board": "other"}')
        device.close()
    assert "settings.json on the board says 'other'" in refusal(image)


def test_refuses_the_wrong_board(image):
    text = refusal(image, machine="Generic ESP32 module with ESP32")
    assert text.startswith("BOARD=pico_w, but the board says 'Generic ESP32 module with ESP32'")


def test_refuses_an_unknown_board_name(image):
    assert refusal(image, board="toaster").startswith("BOARD=toaster: expected one of ")


def test_refuses_an_old_interpreter(image):
    text = refusal(image, version=(1, 22, 2))
    assert text == "MicroPython 1.22.2 on the board: expected 1.28 or newer"


def test_refuses_another_mpy_version_and_architecture(image):
    assert "reads .mpy version 5" in refusal(image, mpy=0x1305)
    assert "architecture number 10: expected armv6m" in refusal(image, mpy=10 << 10 | 0x306)


def test_refuses_when_there_is_no_room_and_writes_nothing(tmp_path):
    small = new_flash(tmp_path / "flash.img", kilobytes=128)
    boot(small)
    before = small.read_bytes()
    files = application(1)
    files["control/big.py"] = b"#" * 100000
    text = refusal(small, files=files)
    assert "KB are free on the board: expected" in text
    assert small.read_bytes() == before


def test_refuses_a_wrong_port(tmp_path):
    for port, text in (("", "PORT is not set"), (str(tmp_path / "no"), "cannot be opened")):
        with pytest.raises(FlashError, match=text):
            Device(port)


def test_without_raw_paste_it_works_too(image):
    install(image, 1, raw_paste=False)
    assert running(image) == 1


def test_the_command_prints_one_line(tmp_path):
    command = [sys.executable, "-m", "tools.flash", "--port", str(tmp_path), "--board", "toaster"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: BOARD=toaster: expected one of ")
    assert done.stderr.count("\n") == 1


def test_mpremote_itself_understands_the_desk(image):
    boot(image)
    with Desk(image) as board:
        wait_for_prompt(board)
        mpremote = [sys.executable, "-m", "mpremote", "connect", board.port]
        command = [*mpremote, "cp", str(ROOT / "LICENSE"), ":LICENSE", "sha256", ":LICENSE"]
        command[-2:] = ["+", "fs", "sha256sum", "LICENSE"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    import hashlib

    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() in done.stdout


def test_a_bundled_application_runs_and_only_its_changed_packs_are_sent(image):
    told = []
    for version in (1, 2):
        with Desk(image) as board:
            wait_for_prompt(board)
            flash(board.port, "pico_w", bundle(application(version)), tell=told.append)
        assert running(image) == version
    sent = [line.split()[1] for line in told[told.index("done     app_a runs and is healthy") :]
            if line.startswith("send")]  # fmt: skip
    assert sent == ["control.pack", "root.pack"]
