# SPDX-License-Identifier: MIT
"""A hostile central system that restarts the charger as often as it can."""

import os

from tests_host.firmware.hostile_rig import call, fresh
from tools.ocpp.fuzz import Target


def test_a_second_reset_waits_for_the_first():
    target = fresh()
    assert call(target, "Reset", {"type": "Soft"}) == {"status": "Accepted"}
    for _ in range(100):
        assert call(target, "Reset", {"type": "Hard"}) == {"status": "Rejected"}


def booted():
    """(station on the flash as it is, list that fills when it restarts)."""
    target = Target()
    restarts = []
    target.app.station.on_reset = lambda: restarts.append(1)
    return target, restarts


def test_a_reset_loop_is_rationed_through_restarts():
    """A reset asked for in every third minute of half a day, also right after each start."""
    fresh()
    target, restarts = booted()
    count = 0
    for _ in range(240):
        answer = call(target, "Reset", {"type": "Hard"})
        for _ in range(3):
            target.app.ms += 60000
            target.app.clock.poll()
            target.app.station.clockwork.tick()
        if restarts:
            assert answer == {"status": "Accepted"}
            count += 1
            target, restarts = booted()
        else:
            assert answer == {"status": "Rejected"}
    assert 7 <= count <= 4 + 6, count


def test_the_reasons_of_a_reset():
    for kind in ("Hard", "Soft"):
        fresh()
        for name in os.listdir():
            if name.startswith("tx"):  # of the charger that was made just now
                os.remove(name)
        target, restarts = booted()
        assert target.app.transactions.open
        assert call(target, "Reset", {"type": kind}) == {"status": "Accepted"}
        for _ in range(30):
            target.app.run(1000)
            target.app.station.clockwork.tick()
            if restarts:
                break
        assert restarts
        again = Target()  # nobody has confirmed it: it is told after the restart
        first = again.app.transactions.records[0]
        assert first.reason == kind + "Reset" and first.stop_wh >= first.start_wh
