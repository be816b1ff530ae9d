# SPDX-License-Identifier: MIT
"""Every shipped scenario that is short holds its invariants and its expectations.

They run two at a time in this process: the work is done by MicroPython in processes of its own.
"""

import asyncio
from pathlib import Path

import pytest

from tools.bench.run import Verdict, simulate
from tools.bench.scenario import load

SHORT_MS = 300_000
FOLDER = Path(__file__).parents[2] / "tools" / "bench" / "scenarios"
SCENARIOS = {path.stem: load(path) for path in sorted(FOLDER.glob("*.toml"))}
SHORT = [name for name, one in SCENARIOS.items() if one.duration_ms <= SHORT_MS]
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """{name: Record or the exception of the run} of all short scenarios."""
    folder = tmp_path_factory.mktemp("scenarios")
    places = asyncio.Semaphore(2)

    async def run(name):
        async with places:
            return await simulate(SCENARIOS[name], folder / name, SCENARIOS[name].seed)

    async def run_all():
        return await asyncio.gather(*map(run, SHORT), return_exceptions=True)

    return dict(zip(SHORT, asyncio.run(run_all())))


@pytest.mark.parametrize("name", SHORT)
def test_scenario(name, records):
    found = records[name]
    if isinstance(found, BaseException):
        raise found
    verdict = Verdict(SCENARIOS[name], found)
    assert verdict.held, "\n".join(verdict.lines())


def test_every_sequence_and_every_fault_has_a_scenario():
    sequences = (
        "1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "4", "5", "6", "7", "8_1", "8_2", "9_1", "9_2",
        "9_3", "10_1", "10_2", "11", "12",
    )  # fmt: skip
    assert set(SCENARIOS) >= {"seq_" + number for number in sequences}
    used = {
        event["name"] for one in SCENARIOS.values() for event in one.events
        if event["do"] == "fault"
    }  # fmt: skip
    from tools.bench.controls import FAULTS

    assert used == set(FAULTS)


def test_every_short_scenario_expects_something():
    for name in SHORT:
        wanted = SCENARIOS[name].expect
        assert wanted.counts or wanted.words or wanted.at or wanted.final or wanted.edges, name
