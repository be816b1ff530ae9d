# SPDX-License-Identifier: MIT
"""Events that wait for something: what counts, when they come, what is told when they do not."""

from tools.bench.sim import desk
from tools.bench.sim.script import Script

SECOND = 1000000


class Part:
    def __init__(self):
        self.state_name = "A1"


def script(events, **more):
    """A world on the desk with these events; its recorder tells edges as the real one does."""
    world = desk.build()
    notes = world.recorder
    plain = notes.edge

    def edge(signal, value):
        before = notes.last.get(signal)
        plain(signal, value)
        if before != value and notes.on_edge is not None:
            notes.on_edge(signal, value)

    notes.on_edge = None
    notes.edge = edge
    return world, Script(world, events, **more)


def plugs(world):
    return [t_us for t_us, value in world.recorder.of("ev_plug") if value]


def test_an_event_at_a_time():
    world, _ = script([{"at_ms": 2000, "do": "plug"}, {"at_ms": 5000, "do": "unplug"}])
    world.clock.advance(10 * SECOND)
    assert world.recorder.of("ev_plug") == [(2 * SECOND, 1), (5 * SECOND, 0)]


def test_an_event_after_an_edge_for_the_nth_time():
    world, mine = script([
        {"at_ms": 1000, "do": "plug"}, {"at_ms": 2000, "do": "unplug"},
        {"when": "ev_plug:0", "after_ms": 500, "do": "plug"},
        {"when": "ev_plug:1", "nth": 2, "after_ms": 100, "do": "unplug"},
    ])  # fmt: skip
    assert mine.missed() == ["ev_plug:0", "ev_plug:1"]
    world.clock.advance(10 * SECOND)
    assert [t for t, _ in world.recorder.of("ev_plug")] == [1000000, 2000000, 2500000, 2600000]
    assert mine.missed() == []


def test_what_comes_before_its_time_does_not_count():
    world, _ = script([
        {"at_ms": 1000, "do": "plug"}, {"at_ms": 2000, "do": "unplug"},
        {"at_ms": 4000, "do": "plug"},
        {"when": "ev_plug:1", "from_ms": 3000, "after_ms": 10, "do": "unplug"},
    ])  # fmt: skip
    world.clock.advance(10 * SECOND)
    assert [t for t, _ in world.recorder.of("ev_plug")] == [1000000, 2000000, 4000000, 4010000]


def test_an_event_when_the_firmware_comes_to_a_state():
    world, mine = script([{"when": "state:C2", "nth": 2, "do": "plug"}], visits_ms=0)
    charger = Part()
    for name in ("B2", "C2", "C2", "B2", "C2"):
        charger.state_name = name
        world.clock.advance(world.clock.now_us + 10000)
        mine.step(charger)
    world.clock.advance(world.clock.now_us + 1)
    assert plugs(world) == [50000]
    assert [name for name in mine.visited if name.startswith("state")] == ["state:B2", "state:C2"]


def test_a_wrong_event_is_no_silent_one():
    world, _ = script([{"at_ms": 10, "do": "plug", "vehicle": {"wheels": 3}}])
    try:
        world.clock.advance(SECOND)
        said = ""
    except ValueError as error:
        said = str(error)
    assert "vehicle.wheels" in said


def test_a_run_is_over_when_the_car_has_charged_and_nothing_is_to_come():
    ended = []
    world, mine = script(
        [{"at_ms": 500, "do": "plug"}], settled_s=2, over=lambda: ended.append(world.clock.now_us)
    )

    def steps(count):
        for _ in range(count):
            world.clock.advance(world.clock.now_us + 10000)
            mine.step(Part())

    world.car.i_ma[0] = 6000
    mine.actions_left = 1
    steps(300)
    assert not ended, "the central system has something to say"
    mine.actions_left = 0
    steps(150)
    world.car.i_ma[0] = 0
    steps(1)
    world.car.i_ma[0] = 6000
    steps(199)
    assert not ended, "interrupted"
    steps(1)
    assert ended == [world.clock.now_us]
