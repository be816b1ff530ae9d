# SPDX-License-Identifier: MIT
"""What the grid services still know after a power cut: the activation under way, changes made."""

from firmware import evidence
from firmware.grid_kept import FILE as KEPT_FILE
from firmware.grid_record import FILE
from firmware.journal import read_json
from tests_host.firmware.test_grid_service import CONFIG, App, activation, charging, clean


def test_an_activation_that_a_power_cut_has_ended_is_closed_and_told_after_the_restart():
    app = charging()
    app.clock.set(1790000000)
    app.rig.mhz = 49600
    app.run(4000)
    assert app.charger.grid.ffr.latched and not app.named("grid_activation")
    begun = read_json(KEPT_FILE)["open"]
    assert (begun["service"] == "ffr" and begun["file"] == "grid1.bin") or begun["file"]
    rows = len(evidence.read(begun["file"]))
    assert rows >= 100
    after = App(CONFIG)  # the power was gone
    after.run(2000, "A")
    assert after.named("grid_activation")  # known though nobody has asked for it
    seen = []
    after.grid.on_summary = seen.append
    after.run(1000)
    assert len(seen) == 1
    summary = seen[0]
    assert summary["end"] == "power cut" and summary["service"] == "ffr"
    assert summary["at"] == begun["at"] and summary["file"] == begun["file"]
    assert summary["baseline_ma"] == 14000 and summary["mhz_extreme"] in (49599, 49600, 49601)
    assert -5550 <= summary["asked_ma"] <= -5000 and 0 < summary["duration_ms"] <= 4000
    assert read_json(FILE)[-1]["end"] == "power cut"
    third = App(CONFIG)  # told once
    third.run(2000, "A")
    assert not third.named("grid_activation")
    clean()


def test_a_cut_before_the_first_row_still_gives_a_summary():
    app = charging()
    app.rig.mhz = 49600
    app.run(2500)
    begun = read_json(KEPT_FILE)["open"]
    with open(begun["file"], "rb") as file:
        head = file.read(32)
    with open(begun["file"], "wb") as file:
        file.write(head)
    after = App(CONFIG).run(2000, "A")
    summary = after.named("grid_activation")[0]
    assert summary["end"] == "power cut" and summary["duration_ms"] == 0
    assert summary["asked_ma"] == begun["asked_ma"] and summary["delay_ms"] == -1
    clean()


def test_a_finished_activation_says_so_and_leaves_nothing_open():
    app = charging()
    activation(app, 40000)
    assert app.named("grid_activation")[0]["end"] == "over"
    assert read_json(KEPT_FILE)["open"] is None
    clean()


def test_ffr_set_from_outside_holds_after_a_restart_until_the_settings_change():
    app = charging()
    ffr = {"option": "nordic_b", "capacity_ma": 2000}
    assert app.grid.apply({"ffr": ffr}) is None
    assert App(CONFIG).grid.config["ffr"] == ffr
    other = dict(CONFIG, ffr={"option": "nordic_a", "capacity_ma": 1000})
    assert App(other).grid.config["ffr"] == other["ffr"]  # the owner has changed the settings
    assert App(CONFIG).grid.config["ffr"] == ffr  # not yet forgotten: nothing was written
    app = charging()
    assert app.grid.apply({"ffr": ffr}) is None and app.grid.apply({"ffr": CONFIG["ffr"]}) is None
    assert read_json(KEPT_FILE)["changes"] == {}
    assert app.grid.apply({"ffr": None}) is None  # taken away: that holds too
    assert "ffr" not in App(CONFIG).grid.config
    clean()


def test_what_is_kept_and_damaged_is_left_out():
    for text in ('{"changes": {"ffr": [{"option": "no"}, 1]}, "open": {"t_ms": 1}}', "[1", "[]",
                 '{"changes": 5, "open": {"file": 7, "at": null}}'):  # fmt: skip
        clean()
        with open(KEPT_FILE, "w") as file:
            file.write(text)
        app = App(CONFIG)
        assert app.error is None and app.grid.config["ffr"] == CONFIG["ffr"]
        app.run(500, "A")
        assert not app.named("grid_activation")
    clean()
