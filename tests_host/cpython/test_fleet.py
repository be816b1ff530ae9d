# SPDX-License-Identifier: MIT
"""The fleet: vectorised models equal the firmware's, the grid behaves, the study finds."""

import json
import re

import numpy as np
import pytest

from tools.fleet import check, devices, stories
from tools.fleet.__main__ import main
from tools.fleet.swing import Swing


def test_models_equal_the_firmware_step_for_step():
    for mode in ("fcr_n", "ce"):
        found = check.compare(20, 12, mode=mode)
        assert found["different"] == []
        assert found["values"] == 20 * found["steps"] * len(check.PARTS)
        assert found["not_zero"] > found["values"] // 2


def test_a_wrong_model_is_found(monkeypatch):
    right = devices.Curves.at
    monkeypatch.setattr(devices.Curves, "at", lambda self, mhz: right(self, mhz) + 1)
    different = check.compare(5, 5)["different"]
    assert different
    assert different[0][2] == "droop"


def test_the_grid_rests_and_falls_as_fast_as_its_inertia_says():
    grid = Swing()
    for _ in range(1000):
        grid.step(0.01)
    assert abs(grid.hz - 50.0) < 1e-9
    grid.loss_mw = 1400.0
    grid.step(0.01)
    slope = (50.0 - grid.hz) / 0.01
    assert abs(slope - 50.0 * 1400 / (2 * grid.p["kinetic_gws"] * 1000)) < 1e-6


def test_hydro_governors_pass_the_fcr_d_ramp():
    grid = Swing(49.9)
    n_mw = grid.n_mw
    energy = 0.0
    for number in range(750):
        grid.hz = max(49.0, 49.9 - 0.24 * 0.01 * number)
        grid.govern(0.01)
        energy += (grid.hydro_mw - n_mw) * 0.01
    capacity = grid.p["fcr_d_mw"]
    assert grid.hydro_mw - n_mw >= 0.86 * capacity
    assert energy >= 3.2 * capacity


def test_an_unknown_parameter_is_an_error():
    try:
        Swing(kinetic_gw=3)
    except KeyError as error:
        assert "kinetic_gw" in str(error)
    else:
        raise AssertionError("no error")


def test_armed_chargers_raise_the_nadir():
    nadirs = [
        stories.loss("x", 400, share, "quick", "nordic_c", 20, 250).numbers["nadir_hz"]
        for share in (0.0, 0.5)
    ]
    assert nadirs[1] > nadirs[0] + 0.05


def test_random_return_is_gentler_than_unison():
    alike = stories.come_back("x", 500, 60, 0, 1000000, 120, 400).numbers
    spread = stories.come_back("x", 500, 60, 300, 1000, 300, 400).numbers
    assert alike["lowest_hz"] < 49.5
    assert spread["lowest_hz"] > 49.85
    assert spread["steepest_mw_min"] < alike["steepest_mw_min"] / 3


@pytest.mark.timeout(400)
def test_a_hundred_cars_do_not_oscillate():
    for staggered in (False, True):
        found = stories.closed_loop("x", 100, staggered, 0.05, seconds=200.0).numbers
        assert found["cycle_mhz"] < 1.0
    alike = stories.closed_loop("x", 100, False, 0.2, seconds=200.0).numbers
    spread = stories.closed_loop("x", 100, True, 0.2, seconds=200.0).numbers
    assert spread["cycle_mhz"] < 1.0 < alike["cycle_mhz"]


def test_latches_answer_once_and_hold():
    n = 3
    latches = devices.Latches(np.full(n, 49700), stories.option("nordic_c"))
    view = stories.Measurement(n, np.random.default_rng(1), noisy=False).view
    view.fast_mhz[:] = view.median_mhz[:] = 49650
    armed = np.array([True, True, False])
    for _ in range(10):
        latches.step(10, view, armed, np.full(n, 3000))
    assert latches.shift_ma.tolist() == [-3000, -3000, 0]
    assert latches.trips.tolist() == [1, 1, 0]


@pytest.mark.timeout(400)  # half a minute, but not on a machine that is busy
def test_the_command_writes_a_report(tmp_path, capsys):
    status = main(["--small", "--chargers", "300", "--jobs", "1", "--out", str(tmp_path)])
    output = capsys.readouterr().out
    assert status == 0, output
    assert output.splitlines()[-1] == "report  %s" % (tmp_path / "report.html")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["held"]
    assert summary["checked"]["different"] == 0
    page = (tmp_path / "report.html").read_text()
    assert "from memory" in page
    markup = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search("(src|href)=.https?://", markup)


def test_a_silly_size_is_refused(tmp_path, capsys):
    assert main(["--chargers", "3", "--out", str(tmp_path)]) == 2
    assert "expected 100 to 10000" in capsys.readouterr().err
