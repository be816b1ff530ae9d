# SPDX-License-Identifier: MIT
"""Whole runs of the simulator with tiny firmwares: power cuts, resets, stalls, same bytes."""

import json
import subprocess
import tempfile
from pathlib import Path

from tools.runtimes import micropython
from tools.tree import ROOT

RUNTIMES = ("cpython",)
MAIN = ROOT / "tools" / "bench" / "sim" / "main.py"

# Holds the contactor closed and feeds the watchdog every 10 ms; says so when it begins and ends.
FIRMWARE = """
import asyncio, json, machine, time

def say(event, **fields):
    fields["event"] = event
    print(json.dumps(fields))

async def run(coil, dog):
    while True:
        dog.feed()
        await asyncio.sleep_ms(10)

def main():
    say("up", cause=machine.reset_cause())
    coil = machine.Pin(4, machine.Pin.OUT, value=1)
    dog = machine.WDT(timeout=2000)
    try:
        asyncio.run(run(coil, dog))
    finally:
        say("down")
        coil.on()
        with open("farewell", "w") as file:
            file.write("x")
"""


class Result:
    """What a run left behind."""

    def __init__(self, process, out):
        self.code = process.returncode
        self.errors = process.stderr
        self.text = process.stdout
        self.messages = []
        for line in process.stdout.splitlines():
            if line.startswith("{"):
                self.messages.append(json.loads(line))
        self.files = {path.name: path.read_bytes() for path in out.glob("*.*")}
        self.flash = sorted(path.name for path in (out / "flash").iterdir())

    def events(self, name):
        """Firmware events called `name`."""
        return [m for m in self.messages if m.get("event") == name]

    def edges(self, signal):
        """[(ms, value)] of one signal after the start."""
        rows = [row.split(",") for row in self.files["edges.csv"].decode().split()[1:]]
        return [(int(r[0]) // 1000, r[2]) for r in rows if r[1] == signal and r[0] != "0"]


def simulate(firmware=FIRMWARE, boot="", seconds=10, events=(), **more):
    """Run `firmware` as main.py in a new world."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        (out / "flash").mkdir(parents=True)
        repo = Path(folder) / "repo"
        repo.mkdir()
        (repo / "boot.py").write_text(boot)
        (repo / "main.py").write_text(firmware)
        config = {
            "repo": str(repo), "out": str(out), "seed": 7, "duration_s": seconds,
            "realtime": False, "csms": "none", "events": list(events), "csms_actions": [],
            "grid": {"jitter_us": 5, "points": [[0, 50000, 1000, 1000, 1000]]},
            "board_supply": "mains", "vehicle": {},
        }  # fmt: skip
        config.update(more)
        (out / "sim.json").write_text(json.dumps(config))
        process = subprocess.run(
            [micropython(), "-X", "heapsize=4M", str(MAIN), str(out / "sim.json")],
            cwd=out / "flash", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        return Result(process, out)


def test_a_quiet_run_ends_when_its_time_is_over():
    result = simulate()
    assert result.code == 0, result.errors
    assert result.messages[-1]["bench"] == "done"
    assert result.messages[-1]["t_ms"] == 10000
    assert result.messages[-1]["stats"]["steps"] > 900
    assert len(result.files["trace.csv"].splitlines()) == 101
    assert len(result.events("up")) == 1
    assert result.events("down") == []
    assert [value for _, value in result.edges("contactor")] == ["1"]


def test_a_power_cut_ends_the_firmware_without_a_last_word():
    events = [{"at_ms": 3000, "do": "power", "on": False},
              {"at_ms": 5000, "do": "power", "on": True}]  # fmt: skip
    result = simulate(events=events)
    assert result.code == 0, result.errors
    assert [up["cause"] for up in result.events("up")] == [1, 1]
    assert result.events("down") == []
    assert result.flash == []
    closed, opened, again = result.edges("contactor")
    assert opened[0] - 3000 in range(13, 17)
    assert opened[1] == "0"
    assert again[0] > 5300
    assert closed[0] < 500


def test_a_stalled_main_loop_is_reset_by_the_watchdog():
    result = simulate(events=[{"at_ms": 4000, "do": "fault", "name": "stall", "on": True}])
    assert result.code == 0, result.errors
    assert [up["cause"] for up in result.events("up")] == [1, 3]
    assert result.events("down") == []
    opened = [at for at, value in result.edges("contactor") if value == "0"]
    assert len(opened) == 1
    assert opened[0] in range(5990, 6030)


def test_reset_by_the_program():
    firmware = (
        FIRMWARE.replace("        dog.feed()", "        reset_once()")
        + """

def reset_once():
    if machine.reset_cause() == machine.PWRON_RESET:
        machine.reset()
"""
    )
    result = simulate(firmware, seconds=1.5)
    assert [up["cause"] for up in result.events("up")] == [1, 3]


def test_a_firmware_that_collects_very_often_is_spared_that():
    firmware = """
import gc, json
from tools.bench.sim import memory

def main():
    for wanted in (4096, 100000, -1):
        gc.threshold(wanted)
        print(json.dumps({"event": "gc", "bytes": memory.gc.threshold()}))
"""
    result = simulate(firmware, seconds=1)
    told = [event["bytes"] for event in result.events("gc")]
    assert told[0] >= 32768
    assert abs(told[1] - 100000) < 64 and told[2] < 0


def test_a_firmware_that_fails_is_printed_and_the_watchdog_brings_it_back():
    firmware = FIRMWARE.replace("        dog.feed()", "        raise ValueError('as told')")
    result = simulate(firmware, seconds=5)
    assert result.code == 0, result.errors
    assert "ValueError: as told" in result.text
    assert len(result.events("up")) == 3
    assert len(result.events("down")) == 3
    assert result.flash == ["farewell"]


def test_main_runs_even_if_boot_fails():
    result = simulate(boot="1 / 0\n", seconds=1)
    assert "ZeroDivisionError" in result.text
    assert len(result.events("up")) == 1


def test_blackout_and_return_of_the_grid():
    points = [[0, 50000, 1000, 1000, 1000], [2000, 50000, 1000, 1000, 1000],
              [2001, 50000, 0, 0, 0], [6000, 50000, 0, 0, 0],
              [6001, 50000, 1000, 1000, 1000]]  # fmt: skip
    result = simulate(grid={"jitter_us": 0, "points": points})
    assert len(result.events("up")) == 2
    (off_ms, off), (on_ms, on) = result.edges("power")
    assert (off, on) == ("0", "1")
    assert off_ms in range(2180, 2260)
    assert on_ms in range(6980, 7060)


def test_same_seed_same_bytes_and_another_seed_other_bytes():
    events = [{"at_ms": 1000, "do": "plug"}, {"at_ms": 4000, "do": "unplug"}]
    one, two = simulate(events=events), simulate(events=events)
    other = simulate(events=events, seed=8)
    for name in ("trace.csv", "edges.csv"):
        assert one.files[name] == two.files[name]
    assert one.files["edges.csv"] != other.files["edges.csv"]  # the contactor's times


def test_an_event_that_makes_no_sense_stops_the_run_with_one_clear_line():
    result = simulate(events=[{"at_ms": 2000, "do": "dance"}])
    assert result.code == 1
    assert "event at 2000 ms: unknown command 'dance'" in result.errors + result.text


def test_a_firmware_that_lets_no_time_pass_is_stopped():
    firmware = FIRMWARE.replace("sleep_ms(10)", "sleep_ms(0)")
    result = simulate(firmware)
    assert result.code == 1
    assert "without letting time pass" in result.errors + result.text
