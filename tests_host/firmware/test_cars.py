# SPDX-License-Identifier: MIT
"""What is kept: alarms, the relay's position, wear, and what classes of cars have shown."""

import os

from control import protection, wake
from firmware import kept
from firmware.alarms import Alarms
from firmware.cars import Cars
from tests_host.control.rig import Rig
from tests_host.firmware.fake_app import Log


class App:
    """A rig with the two keepers around it."""

    def __init__(self, **options):
        self.rig = Rig(phases=1, **options)
        self.charger = self.rig.charger
        self.board = self
        self.readings = self.rig.readings
        self.log = Log()
        self.alarms = Alarms(self)
        self.cars = None
        self.plugged = False
        self.polls = 0
        self.charger.authorise(True)

    def run(self, ms, letter, coarse=False):
        rig = self.rig
        for _ in range(ms // 100):
            (rig.wait if coarse else rig.run)(100, letter)
            self.alarms.poll()
            self.follow()

    def follow(self):
        """As firmware/app.py does; what was there last stays to be looked at."""
        self.polls += 1
        if self.charger.plugged:
            if not self.plugged:
                self.cars = Cars(self, self.polls <= 50)
            self.cars.poll()
        elif self.plugged:
            self.cars.left()
        self.plugged = self.charger.plugged


def new():
    """An App on an empty flash."""
    for name in ("alarms.json", "cars.json"):
        if name in os.listdir():
            os.remove(name)
    return App()


def charge(app, ma, phases=1):
    """A car comes, charges at its own highest current, and leaves."""
    app.run(2000, "A")
    app.run(2000, "B")
    app.rig.current_ma = 0
    app.run(1500, "C")
    assert app.rig.closed
    app.rig.current_ma = ma
    app.run(5000, "C", True)
    app.charger.learn.phases = phases  # 30 s on three phases, in short


def test_a_latched_alarm_survives_the_power_cut():
    app = new()
    charge(app, 16000)
    app.rig.residual = True
    app.run(300, "C")
    assert kept.load("alarms.json")["alarm"] == "rcd"
    again = App()
    assert again.charger.fault == protection.RCD
    again.run(20000, "C", True)
    assert not again.rig.closed
    again.run(500, "A")
    assert again.charger.fault == 0 and kept.load("alarms.json")["alarm"] == "none"
    assert [f["on"] for name, f in again.log.events if name == "alarm"] == [False]


def test_a_weld_waits_for_a_person_through_any_number_of_power_cuts():
    app = new()
    charge(app, 16000)
    app.rig.weld = True
    app.run(500, "B")
    for _ in range(3):
        app = App()
        app.run(5000, "A", True)
        app.run(3000, "C", True)
        assert app.charger.fault == protection.WELD and not app.rig.closed
    app.charger.acknowledge()
    app.run(500, "A")
    assert kept.load("alarms.json")["alarm"] == "none"


def test_faults_of_a_car_are_not_kept():
    app = new()
    charge(app, 16000)
    app.rig.diode = False
    app.run(500, "C")
    assert app.charger.fault
    assert App().charger.fault == 0


def test_wear_goes_on_counting():
    app = new()
    for _ in range(3):
        charge(app, 10000)
        app.run(1000, "A")
    assert kept.load("alarms.json")["operations"] == 3
    app = App()
    charge(app, 10000)
    app.run(1000, "A")
    assert app.charger.session.operations == 4
    wear = [fields for name, fields in app.log.events if name == "wear"]
    assert wear[-1]["operations"] == 4 and not wear[-1]["worn"]


def test_damaged_files_are_no_files():
    for text in (
        "",
        "{",
        "[]",
        '{"alarm": 5, "operations": "x", "phases": 7}',
        '{"cars": [1, {}]}',
    ):
        for name in ("alarms.json", "cars.json"):
            with open(name, "w") as file:
                file.write(text)
        app = App()
        assert app.charger.fault == 0 and app.charger.session.operations == 0
        app.run(1000, "A")
        app.run(1500, "B")
        assert len(app.cars.classes) <= 1


def test_a_car_is_known_again_by_its_behaviour():
    app = new()
    charge(app, 16000)
    app.charger.learn.woken_by = wake.CP_45S
    app.charger.learn.lag_ms = 4000
    app.run(1200, "C")
    app.run(1000, "A")
    classes = kept.load("cars.json")["cars"]
    assert len(classes) == 1 and classes[0]["most_ma"] == 16000
    assert classes[0]["pilot_mv"] == 9000 and classes[0]["woken_by"] == wake.CP_45S
    app = App()
    app.run(2000, "A")
    app.run(4000, "B")
    assert app.charger.wake.woken_by == wake.CP_45S
    assert app.charger.protection.over_limit_ms == 6000 and app.charger.learn.lag_ms == 4000


def test_another_car_with_the_same_pilot_is_found_out_and_keeps_its_own_memory():
    app = new()
    charge(app, 16000)
    app.charger.learn.woken_by = wake.CP_45S
    app.run(1200, "C")
    app.run(1000, "A")
    charge(app, 10000, phases=3)
    app.run(2000, "C")
    assert app.charger.wake.woken_by == 0 and app.charger.learn.woken_by == 0
    app.run(1000, "A")
    assert len(app.cars.classes) == 2 and app.cars.classes[0]["most_ma"] == 10000
    charge(app, 16000)
    app.run(2000, "C")
    assert app.cars.current["most_ma"] == 16000


def test_nothing_in_the_file_names_anybody():
    app = new()
    charge(app, 16000)
    app.run(1000, "A")
    entry = kept.load("cars.json")["cars"][0]
    assert all(isinstance(value, int) for value in entry.values())


def test_after_a_power_cut_the_car_that_is_there_is_the_last_one():
    app = new()
    charge(app, 16000)
    app.charger.learn.woken_by = wake.F_4S
    app.run(1200, "C")
    app.run(1000, "A")
    app = App()
    app.run(2000, "C")
    assert app.charger.learn.woken_by == wake.F_4S
