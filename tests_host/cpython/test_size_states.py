# SPDX-License-Identifier: MIT
"""The compiled application against a central system in memory: it charges, and what it keeps."""

import pytest

from tools import size_budget, size_states
from tools.flash import build

# KB, as reached and some 3 % more.
REACHED = {"connecting": 115, "idle": 112, "charging": 124, "after": 118, "limited": 126}
# Needed for a moment or for a transaction only.
PARTS = (
    "access", "handshake", "tls", "store", "authorise", "auth_cache", "id_file", "delivery",
    "meter", "boot", "restart", "requests", "security", "keys", "config_table",
)  # fmt: skip


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """{state: (KB, modules of the station, actions)}"""
    folder = tmp_path_factory.mktemp("size")
    build.application(size_budget.BOARD, folder)
    found = {state: size_states.measured(folder, state) for state in size_states.STATES}
    return {
        state: (kb, {name.split(".")[-1] for name in it.modules if ".ocpp." in name}, actions)
        for state, (kb, it, actions) in found.items()
    }


def test_the_heap_does_not_grow(states):
    over = [(state, kb) for state, (kb, _, _) in states.items() if kb > REACHED[state]]
    assert over == []


def test_an_idle_station_keeps_none_of_its_parts(states):
    assert states["idle"][1].isdisjoint(PARTS)
    assert states["connecting"][1].intersection(PARTS) == {"handshake"}


def test_a_transaction_keeps_what_measures_and_delivers(states):
    assert {"meter", "delivery"} <= states["charging"][1]
    assert states["charging"][1].isdisjoint(("access", "handshake", "boot", "keys", "requests"))
    assert states["after"][1].isdisjoint(("meter", "delivery"))


def test_a_profile_keeps_what_evaluates_it_and_not_what_reads_it(states):
    assert "Accepted" in states["limited"][2]
    assert "smart" in states["limited"][1]
    assert states["limited"][1].isdisjoint(("schedules", "smart_fields", "fields", "requests"))


def test_the_compiled_station_says_all_it_has_to(states):
    boot = {"BootNotification", "StatusNotification", "SecurityEventNotification"}
    assert boot <= set(states["idle"][2])
    assert boot | {"StartTransaction", "MeterValues"} <= set(states["charging"][2])
    assert "StopTransaction" in states["after"][2]
