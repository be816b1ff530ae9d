# SPDX-License-Identifier: MIT
"""make selftest on the simulated board: passes when all is well, names what is not."""

import json
import subprocess
import sys

import pytest

from tests_host.cpython.flash_rig import application, wait_for_prompt
from tools.flash.__main__ import flash
from tools.flash.desk.cable import Desk, new_flash
from tools.selftest import NAMES, on_board, simulated
from tools.tree import ROOT


def failures(**options):
    return [row[0] for row in simulated(**options) if row[4] == "FAIL"]


def test_a_good_board_passes_and_every_part_has_a_row():
    rows = simulated(relays=True)
    assert [row[0] for row in rows if row[4] == "FAIL"] == []
    found = {row[0]: row[1] for row in rows}
    assert found["pilot frequency"] == 1000
    assert 262 <= found["pilot duty"] <= 272
    assert 49990 <= found["mains frequency"] <= 50010
    assert (
        found["control step median"] <= found["control step 99 %"] <= found["control step worst"]
    )
    for name in (
        "pilot x1 high",
        "pilot x2 low",
        "pilot F",
        "contactor moves",
        "phase relay moves",
        "meter answers",
        "guard late, collecting",
        "guard late, writing flash",
        "guard late, parsing JSON",
        "heap low-water",
        "flash",
    ):
        assert name in found


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        ("rcd", "rcd healthy"),
        ("meter", "meter answers"),
        ("mains_sensor", "mains frequency"),
        ("cp_rail", "pilot"),
        ("phase_stuck", "phase relay moves"),
        ("no_close", "contactor moves"),
        ("weld", "contactor moves"),
    ],
)
def test_a_broken_part_is_named(fault, row):
    assert row in failures(relays=True, faults=[fault])


def test_a_plugged_car_is_named_and_the_contactor_is_left_alone():
    rows = {row[0]: row for row in simulated(plug=True)}
    assert rows["pilot"][4] == "FAIL"
    assert rows["pilot"][3] == "no car plugged in"
    assert rows["contactor moves"][1] == "-"


def test_json_is_one_object():
    command = [sys.executable, "-m", "tools.selftest", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["simulated"] is True
    assert found["failed"] == []
    assert tuple(found["rows"][0]) == NAMES


def test_rows_come_from_a_board_through_the_port(tmp_path):
    files = application(1)
    row = '@selftest ["relays", %d, "", "", "ok"]'
    program = "def main(relays, as_json):\n    print(%r %% relays)\n" % row
    files["firmware/selftest.py"] = program.encode()
    image = new_flash(tmp_path / "flash.img")
    with Desk(image) as board:
        wait_for_prompt(board)
        flash(board.port, "pico_w", files, tell=lambda line: None)
        assert on_board(board.port, True) == [["relays", 1, "", "", "ok"]]
