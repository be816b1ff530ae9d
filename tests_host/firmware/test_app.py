# SPDX-License-Identifier: MIT
"""The application on a simulated board: what it keeps in memory, and what comes when needed."""

import os
import sys

import tools.bench.sim.time as virtual_time
from tools.bench.sim import desk, machine

RUNTIMES = ("mp",)  # CPython keeps its own modules

if sys.implementation.name != "cpython":
    sys.modules["time"] = virtual_time
    sys.modules["machine"] = machine
    import asyncio  # noqa: F401

from firmware import lazy  # noqa: E402

CAR = ("control.learn", "firmware.cars")
ONCE = ("firmware.settings", "firmware.build", "firmware.parts", "firmware.boards")
FREQUENCY = (
    "control.frequency",
    "control.edges",
    "control.sliding",
    "control.least_squares",
    "drivers.mains",
)


def started(**changes):
    """(world, app) of a charger that has just been built."""
    for name in os.listdir():
        if name.endswith(".json"):
            os.remove(name)
    world = desk.build()
    from firmware import boards, forget, settings
    from firmware.app import App

    values, errors = settings.validate(changes)
    assert not errors
    forget(*(CAR + FREQUENCY))  # of the test before
    return world, App(values, errors, boards.configured())


def loaded(names):
    return [name for name in names if name in sys.modules]


def run(world, app, ms):
    """Control steps, and the services that read something."""
    for _ in range(ms // 10):
        world.clock.advance(world.clock.now_us + 10000)
        now_ms = app.now_ms()
        app.board.meter.poll(now_ms)
        app.board.apply(now_ms, step(app, now_ms))


def step(app, now_ms):
    app.charger.step(now_ms, app.board.read(now_ms))
    return app.charger.command


def crowd():
    """Let there be no room for anything; returns (what was to be loaded, the real function)."""
    tries = []

    def full(name):
        tries.append(name)
        raise MemoryError("no room for " + name)

    real, lazy._make_room = lazy._make_room, full
    return tries, real


def test_what_is_needed_once_is_not_kept():
    _, app = started()
    assert loaded(ONCE + CAR + FREQUENCY) == []
    assert app.charger.frequency is None and app.board.mains is None
    assert "drivers.duty_check" not in sys.modules and app.board.readings.pilot_ok


def test_the_frequency_comes_when_somebody_asks():
    world, app = started()
    run(world, app, 1000)
    app.measure_frequency()
    assert sorted(loaded(FREQUENCY)) == sorted(FREQUENCY) and loaded(ONCE) == []
    mains, frequency = app.board.mains, app.charger.frequency
    run(world, app, 400)
    assert not frequency.valid
    run(world, app, 300)
    assert frequency.valid and frequency.slow_mhz == 50000
    app.measure_frequency()
    app.open_grid()
    assert app.board.mains is mains and app.charger.frequency is frequency


def test_ocpp_has_it_measured_when_a_list_of_measurands_names_it():
    world, app = started(csms_url="ws://127.0.0.1:1/x")
    clockwork, values = app.station.clockwork, app.station.config.values
    clockwork._want_frequency()
    assert app.charger.frequency is None
    values["MeterValuesAlignedData"] = "Voltage,Frequency"
    app.charger.command.contactor = 1
    clockwork._want_frequency()
    assert app.charger.frequency is None  # not while a car charges
    app.charger.command.contactor = 0
    tries, real = crowd()
    clockwork._want_frequency()
    lazy._make_room = real
    assert app.charger.frequency is None and len(tries) == 1
    clockwork._want_frequency()
    assert app.charger.frequency and app.board.mains
    run(world, app, 1000)
    assert app.charger.frequency.valid


def test_a_reserve_in_the_settings_measures_from_the_start():
    world, app = started(fcr_enabled=True)
    run(world, app, 1000)
    assert app.charger.frequency.valid and app.charger.grid


def test_a_car_is_followed_from_plug_to_unplug():
    _, app = started()
    app._follow_car(False)
    assert app.cars is None
    app.charger.plugged = True
    app._follow_car(False)
    assert len(loaded(CAR)) == 1  # not both in one go
    app._follow_car(False)
    assert app.cars and app.charger.learn and len(loaded(CAR)) == 2
    app.charger.learn.most_ma = 16000
    app.charger.learn.phases = 1
    app.charger.plugged = False
    app._follow_car(False)
    assert app.cars is None and app.charger.learn is None and loaded(CAR) == []
    assert "cars.json" in os.listdir()


def test_without_room_a_car_is_treated_like_any():
    _, app = started()
    said = []
    app.log.event = lambda name, **fields: said.append(name)
    tries, real = crowd()
    try:
        app.charger.plugged = True
        for _ in range(3):
            app._follow_car(False)
        assert said == ["car_not_followed"] and len(tries) == 1
        assert app.cars is None and app.charger.learn is None
        app.charger.plugged = False
        app._follow_car(False)
        app.charger.plugged = True
        app._follow_car(False)
        assert len(tries) == 2
    finally:
        lazy._make_room = real
    app.charger.plugged = False
    app._follow_car(False)
    app.charger.plugged = True
    for _ in range(2):
        app._follow_car(False)
    assert app.cars and app.charger.learn
