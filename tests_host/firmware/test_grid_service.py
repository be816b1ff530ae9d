# SPDX-License-Identifier: MIT
"""The grid services at run time: changes, set-points, status, and evidence that survives a cut."""

import os

from firmware import evidence
from firmware.clock import Clock
from firmware.evidence import Evidence
from firmware.grid import GridService
from firmware.grid_record import FILE
from firmware.journal import read_json
from firmware.settings import defaults
from tests_host.control.grid_rig import GridRig
from tests_host.firmware.fake_app import Log

CONFIG = {
    "baseline_ma": 14000,
    "arming": {"steady_s": 2},
    "fcr": [{"mode": "fcr_d_up", "capacity_ma": 2000}],
    "ffr": {"option": "nordic_c", "capacity_ma": 4000, "support_s": 5},
    "frr": {"ramp_ma_s": 2000},
}


class App:
    """A charger on paper with its grid services, polled every 100 ms."""

    def __init__(self, config, settings_grid=None):
        self.rig = GridRig(None)
        self.charger = self.rig.charger
        self.settings = defaults()
        self.settings.max_current_ma = 32000
        self.log = Log()
        self.clock = Clock(self.now_ms)
        self.grid = GridService(self)
        self.settings.grid = config if settings_grid is None else settings_grid
        self.error = self.grid.start(self.settings.grid)

    def now_ms(self):
        return self.rig.now_ms

    def run(self, ms, car=None):
        if car:
            self.rig.car = car
        for i in range(ms // 10):
            self.rig.step()
            if i % 10 == 9:
                self.grid.poll(self.rig.now_ms)
        return self

    def named(self, name):
        return [fields for found, fields in self.log.events if found == name]


def clean():
    for name in os.listdir():
        if name.startswith("grid"):
            os.remove(name)


def charging(config=None):
    clean()
    app = App(CONFIG if config is None else config)
    assert app.error is None
    app.run(4000, "A")
    app.charger.authorise(True)
    return app.run(1000, "B").run(40000, "C")


def test_status_and_log_say_armed_with_capacity_and_response():
    app = charging()
    status = app.grid.status()
    assert status["armed"] and status["why"] == "armed" and status["capacity_up_ma"] == 8000
    assert status["capacity_up_w"] == 5520 and 300 <= status["response_down_ms"] <= 900
    assert status["ffr"] == "waiting" and status["valid"] and status["mhz"] == 50000
    assert [fields["why"] for fields in app.named("grid_armed")][-1] == "armed"


def test_a_wrong_change_changes_nothing_and_a_right_one_keeps_what_is_known_of_the_car():
    app = charging()
    before = app.charger.grid
    for changes, words in (
        ({"ffr": {"option": "nordic_c", "capacity_ma": 7000}}, "9000 mA to take off"),
        ({"ffr": {"option": "no", "capacity_ma": 1}}, "grid.ffr.option"),
        ({"nonsense": {}}, "unknown service"),
        ([], "expected an object"),
    ):
        error = app.grid.apply(changes)
        assert error and words in error, error
        assert app.charger.grid is before and app.grid.config == CONFIG
    app.rig.car_max_ma = 12000
    app.run(30000)
    error = app.grid.apply({"ffr": {"option": "nordic_c", "capacity_ma": 5500}})
    assert error and "the car at the plug has 6000" in error
    assert app.grid.apply({"ffr": None}) is None
    grid = app.charger.grid
    assert grid is not before and grid.ffr is None and grid.arming.proven
    app.run(4000)
    assert grid.armed() and "ffr" not in app.grid.status()


def test_no_change_during_an_activation():
    app = charging()
    app.rig.mhz = 49600
    app.run(500)
    assert "under way" in app.grid.apply({"ffr": None})


def test_set_points_and_injection():
    app = charging()
    assert app.grid.setpoint(10000, 60) is None
    app.run(4000)
    assert 11900 <= app.charger.offer_ma <= 12100  # 6 A and the armed 6 A above it stay
    assert app.grid.setpoint(None, 0) is None
    app.run(5000)
    assert app.charger.offer_ma == 14000
    assert "setpoint" in app.grid.setpoint(-5, 60)
    assert "frr" in app.grid.setpoint("x", 60)
    assert "nominal" in app.grid.inject(10000, 60)
    assert app.grid.inject(49650, 2) is None
    app.run(1000)
    assert app.charger.grid.ffr.latched
    app = charging({"baseline_ma": 14000})
    assert "not configured" in app.grid.setpoint(8000, 60)


def activation(app, post_ms):
    app.rig.mhz = 49600
    app.run(3000)
    app.rig.mhz = 50000
    return app.run(post_ms)


def test_an_activation_is_summed_up_and_recorded_from_10_s_before():
    app = charging()
    seen = []
    app.grid.on_summary = seen.append
    activation(app, 40000)
    assert len(seen) == 1 and app.named("grid_activation")[0] == seen[0]
    summary = seen[0]
    assert summary["service"] == "ffr" and summary["baseline_ma"] == 14000
    assert -5550 <= summary["asked_ma"] <= -5450
    assert -5500 <= summary["delivered_ma"] <= -5400
    assert 300 <= summary["delay_ms"] <= 900 and summary["mhz_extreme"] in (49599, 49600, 49601)
    kept = read_json(FILE)
    assert kept[-1]["service"] == "ffr" and kept[-1]["file"] == summary["file"]
    rows = evidence.read(summary["file"])
    assert len(rows) > 400
    times = [row[0] for row in rows]
    for i in range(1, len(times)):
        assert (times[i] - times[i - 1]) & 0x3FFFFFFF == 100
    first = next(i for i, row in enumerate(rows) if row[7] & evidence.LATCHED)
    assert 95 <= first <= 105  # 10 s before it
    assert (
        rows[0][5] == 1400 and rows[first + 15][5] == 850 and -555 <= rows[first + 15][2] <= -545
    )


def test_evidence_stops_15_min_after_and_is_bounded():
    clean()
    kept = Evidence(50000, 8)
    for i in range(200):
        kept.row(i * 100, 50000, 0, 10000, 10000, 10000, 0, 0)
    kept.begin(20000, None)
    for i in range(2000):
        kept.row(20000 + i * 100, 49900, -1000, 10000, 9000, 9000, 13, 1)
        kept.poll(True)
    assert kept.truncated and os.stat(kept.file)[6] <= 8 * 1024
    kept = Evidence(50000, 1000)
    assert kept.recording is False
    kept.begin(0, 1700000000)
    for i in range(9100):
        kept.row(i * 100, 0, 0, 10000, 9000, 9000, 0, 0)
        kept.poll(i % 3 == 0)
    assert not kept.recording and len(evidence.read(kept.file)) == 9000
    assert evidence.read(kept.file)[0][1] == -32768  # no frequency
    clean()


def test_files_take_turns_also_over_a_restart():
    clean()
    names = []
    for _ in range(3):
        kept = Evidence(50000, 16)
        kept.begin(0, None)
        names.append(kept.file)
    assert names[0] != names[1] and names[0] == names[2]
    clean()


def test_a_cut_at_any_byte_costs_only_the_last_piece():
    clean()
    kept = Evidence(50000, 64)
    kept.begin(0, None)
    for i in range(170):
        kept.row(i * 100, 50000, 0, 10000, 10000, 10000, 0, 0)
        kept.poll(True)
    with open(kept.file, "rb") as file:
        data = file.read()
    whole = len(evidence.read(kept.file))
    assert whole == 150
    for length in range(32, len(data), 37):
        with open("gridcut.bin", "wb") as file:
            file.write(data[:length])
        rows = evidence.read("gridcut.bin")
        assert len(rows) % 50 == 0 and len(rows) >= (length - 32) // 808 * 50
        assert [row[0] for row in rows] == [i * 100 for i in range(len(rows))]
    spoilt = bytearray(data)
    spoilt[1000] ^= 1  # in the second piece
    with open("gridcut.bin", "wb") as file:
        file.write(spoilt)
    assert len(evidence.read("gridcut.bin")) == 50
    clean()


def test_calm_moments_are_chosen_for_writing():
    clean()
    kept = Evidence(50000, 64)
    kept.begin(0, None)
    for i in range(199):
        kept.row(i * 100, 50000, 0, 10000, 10000, 10000, 0, 0)
        kept.poll(False)
    assert kept.rows == 0
    for i in range(5):
        kept.row(19900 + i * 100, 50000, 0, 10000, 10000, 10000, 0, 0)
        kept.poll(False)
    assert kept.rows >= 200  # no room left: it must
    clean()
