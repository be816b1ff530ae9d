# SPDX-License-Identifier: MIT
"""Lamp, buzzer and button together, and a board that has none of them."""

from tests_host.drivers import fake_parts

fake_parts.install()

from control.limits import NAMES  # noqa: E402
from firmware.panel import Panel  # noqa: E402

RUNTIMES = ("mp",)  # CPython keeps its own modules


class Thing:
    """A thing with attributes."""

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Log:
    def __init__(self):
        self.events = []

    def event(self, name, **fields):
        self.events.append((name, fields))


def charger():
    return Thing(
        pilot=Thing(state=1), offer_ma=0, fault=0, limits=Thing(reason=NAMES.index("ocpp"))
    )


def run(panel, ms, now_ms=0):
    for at in range(now_ms, now_ms + ms, 20):
        panel.poll(at)
    return now_ms + ms


def test_everything_there():
    fake_parts.writes.clear()
    fake_parts.pins[15] = 1
    log = Log()
    panel = Panel(Thing(LED=22, BUTTON=15, BUZZER=14), charger(), log)
    now_ms = run(panel, 200)
    assert ("led", (32, 24, 0)) in fake_parts.writes
    fake_parts.pins[15] = 0
    now_ms = run(panel, 200, now_ms)
    assert panel.button.held
    fake_parts.pins[15] = 1
    now_ms = run(panel, 200, now_ms)
    assert log.events == [("button", {"press": "short"})]
    assert panel.longs == 0
    fake_parts.pins[15] = 0
    now_ms = run(panel, 5000, now_ms)
    fake_parts.pins[15] = 1
    now_ms = run(panel, 200, now_ms)
    assert log.events[1:] == [("button", {"press": "long"})]
    assert panel.longs == 1
    panel.tapped()
    run(panel, 100, now_ms)
    assert ("duty", 32768) in fake_parts.writes and fake_parts.pins[14] == 0


def test_nothing_there():
    panel = Panel(Thing(LED=-1, BUTTON=-1, BUZZER=-1), charger(), Log())
    run(panel, 200)
    panel.tapped()
    assert panel.led is None and panel.button is None and panel.buzzer is None
