# SPDX-License-Identifier: MIT
"""Power cuts: after every write, at every length of it, and between writes; online and offline."""

import pytest

from firmware import ledger
from tests_host.cpython import ocpp_power_cut
from tests_host.cpython.ocpp_power_cut import World, cuts, moments, one


@pytest.mark.parametrize("online", [True, False])
def test_a_cut_in_every_write(online):
    """Each operation at its beginning, its end and every seventh byte; the report takes all."""
    places = cuts(online)
    sizes = [size for _, _, size in World(online).run().flash.operations]
    chosen = [
        (number, length)
        for number, length in places
        if length % 7 == 0 or length >= sizes[number] - 1
    ]
    assert len(chosen) > 120
    found = {place: one(online, *place) for place in chosen}
    assert {place: faults for place, faults in found.items() if faults} == {}


@pytest.mark.parametrize("online", [True, False])
def test_a_cut_between_writes(online):
    found = {ms: one(online, None, 0, ms) for ms in list(moments())[::3]}
    assert {ms: faults for ms, faults in found.items() if faults} == {}


def test_one_file_written_over_would_be_found(monkeypatch):
    monkeypatch.setattr(ledger, "_name", lambda key, generation: "tx%d.a" % key)
    found = [one(True, *place) for place in cuts(True)[::5]]
    assert any("never stopped" in text for faults in found for text in faults)


def test_removing_the_newer_file_first_would_be_found(monkeypatch):
    class Reversed(ocpp_power_cut.Flash):
        def remove(self, path):
            other = path[:-1] + ("a" if path.endswith("b") else "b")
            super().remove(other if other in self.files else path)

    monkeypatch.setattr(ocpp_power_cut, "Flash", Reversed)
    found = [one(True, *place) for place in cuts(True)]
    assert any("two different stops" in text for faults in found for text in faults)


def test_a_start_without_a_record_would_be_found(monkeypatch):
    original = ledger.Ledger.save

    def late(self, record):
        if record.number is not None or record.reason is not None:
            original(self, record)

    monkeypatch.setattr(ledger.Ledger, "save", late)
    found = [one(False, None, 0, ms) for ms in list(moments())[::20]]
    assert any("billed" in text for faults in found for text in faults)
