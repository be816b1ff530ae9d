# SPDX-License-Identifier: MIT
"""The station stays within its budget of memory while the largest messages are handled."""

import json
import subprocess
import sys

from tools.ocpp_memory import BUDGET
from tools.tree import ROOT


def test_station_fits_its_budget():
    done = subprocess.run(
        [sys.executable, "-m", "tools.ocpp_memory", "--transactions", "6", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["held"], found
    # It has measured something: a frame of 12 KB must show.
    assert 20000 < found["above"] <= BUDGET and found["idle"] > found["loaded"] > 100000
    assert set(found["transactions"]) == {"1", "2", "3", "4", "5", "6"}
