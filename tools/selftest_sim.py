# SPDX-License-Identifier: MIT
"""Runs firmware/selftest.py on the simulated board: micropython tools/selftest_sim.py ROOT JSON

JSON: {"relays": false, "faults": ["rcd", ...], "plug": false}. The board's time is virtual; the
control step is timed with the host's clock.
"""

import json
import sys

ROOT = sys.argv[1]
sys.path[0] = ROOT

import time as real_time  # noqa: E402

import tools.bench.sim.time as virtual_time  # noqa: E402
from tools.bench.sim import desk, machine  # noqa: E402
from tools.bench.sim.controls import carry_out  # noqa: E402

sys.modules["time"] = virtual_time
sys.modules["machine"] = machine

from firmware import selftest  # noqa: E402

OPTIONS = json.loads(sys.argv[2])
world = desk.build()
for name in OPTIONS.get("faults", ()):
    carry_out(world, {"do": "fault", "name": name, "on": True})
if OPTIONS.get("plug"):
    carry_out(world, {"do": "plug", "vehicle": {}})
world.clock.advance(500000)
selftest.ticks_us = real_time.ticks_us
good = selftest.main(relays=OPTIONS.get("relays", False), as_json=True)
sys.exit(0 if good else 1)
