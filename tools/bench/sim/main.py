# SPDX-License-Identifier: MIT
"""Runs the firmware against the simulated world: micropython main.py OUT/sim.json

Installs the fake chip and the virtual time, then boots the firmware as a board would: boot.py,
main.py, again after every reset and power cut, until the simulated time is over.
Messages to the host are JSON lines on stdout, see tools/bench/README.md.
"""

import sys

# Not this folder: its machine.py, time.py and main.py must not shadow those of the firmware.
sys.path[0] = __file__.rsplit("/", 4)[0] if __file__.count("/") >= 4 else "."

from time import ticks_diff as real_diff  # noqa: E402
from time import ticks_ms as real_ms  # noqa: E402

import tools.bench.sim.memory as heap  # noqa: E402  # first: it keeps room at the start
import tools.bench.sim.time as virtual_time  # noqa: E402
from tools.bench.sim import chip, machine, tasks  # noqa: E402

sys.modules["time"] = virtual_time
sys.modules["machine"] = machine
sys.modules["gc"] = heap
sys.modules["_asyncio"] = tasks
from asyncio import core  # noqa: E402

tasks.core = core
import asyncio  # noqa: E402
import builtins  # noqa: E402
import json  # noqa: E402
import random  # noqa: E402

from tools.bench.sim.controls import carry_out  # noqa: E402
from tools.bench.sim.events import Clock, Event  # noqa: E402
from tools.bench.sim.flight import Flight  # noqa: E402
from tools.bench.sim.net import Network  # noqa: E402
from tools.bench.sim.recorder import Recorder  # noqa: E402
from tools.bench.sim.script import Script  # noqa: E402
from tools.bench.sim.supply import PowerCut  # noqa: E402
from tools.bench.sim.wait import Broken, Waiter  # noqa: E402
from tools.bench.sim.world import World  # noqa: E402

BOOT_US = 300000  # from supply or reset to the first line of boot.py
LOAD_US = 1000000  # by then it has loaded what it keeps
PROGRESS_US = 10000000
FIRMWARE = ("control", "drivers", "firmware", "main", "boot")


class End(BaseException):
    """The simulated time is over."""


def say(message):
    """One JSON line to the host."""
    _print(json.dumps(message))


DEADLY = (PowerCut, chip.Reset, End, Broken)
_print = builtins.print
_open = builtins.open


class Run:
    """One run from sim.json to "done"."""

    def __init__(self, config):
        self.config = config
        self.clock = clock = Clock()
        chip.clock = clock
        self.recorder = Recorder(clock, config["out"])
        self.world = World(clock, config, self.recorder, say)
        chip.board = self.world.board
        self.realtime = bool(config.get("realtime"))
        self.network = self.world.network = Network()
        self.world.default_vehicle = config.get("vehicle") or {}
        kind = config.get("csms", "none")
        self.flight = None
        if kind != "none":
            self.flight = Flight(real_ms, real_diff, self._say_when, kind == "external")
        self.waiter = Waiter(
            clock, self.world, self.flight, self.realtime, real_ms, real_diff, self._command
        )
        if self.realtime:
            self.recorder.live = self._live_row
        settings = self._settings()
        self.world.harm.socket_cable = settings.get("cable", "socket") == "socket"
        self.world.harm.two_by_two = settings.get("board") == "pico_w_2x2"
        self._actions = list(config.get("csms_actions") or ())
        self.reason = "duration"
        self.script = Script(
            self.world,
            config.get("events") or (),
            config.get("visits_ms", -1),
            config.get("settled_s", 0),
            self._settled,
        )
        self.script.actions_left = len(self._actions)
        self._action = Event(self._next_action)
        self._progress = Event(self._tell)
        self._end = Event(self._over)
        self._loaded = Event(heap.give_room)
        if self._actions:
            clock.at(self._action, self._actions[0]["at_ms"] * 1000)
        clock.at(self._progress, PROGRESS_US)
        if config.get("duration_s"):
            clock.at(self._end, int(config["duration_s"] * 1000) * 1000)

    def _settings(self):
        try:
            with _open("settings.json") as file:
                settings = json.load(file)
            return settings if isinstance(settings, dict) else {}
        except (OSError, ValueError):
            return {}  # the firmware will have its say about that

    # --- events of the run

    def _next_action(self):
        entry = self._actions.pop(0)
        self.script.actions_left -= 1
        if self.realtime:  # nobody waits: frames take the time they take
            say({"bench": "csms", "conn": 0, "action": entry["action"]})
        elif self.flight is not None:
            self.flight.action(entry["action"])
            self.clock.pause = True
        if self._actions:
            self.clock.at(self._action, self._actions[0]["at_ms"] * 1000)

    def _tell(self):
        say({"bench": "progress", "t_ms": self.clock.now_us // 1000})
        self.clock.at(self._progress, self.clock.now_us + PROGRESS_US)

    def _settled(self):
        self.reason = "settled"
        self._over()

    def _over(self):
        self.world.board.powered = False  # what the firmware does on its way out is not recorded
        self.clock.halt = End()

    def _say_when(self, message):
        # The central system's clock is this one: every answer it gives carries the time.
        message["t_ms"] = self.clock.now_us // 1000
        say(message)

    def _command(self, line):
        """A live command from the host; an empty line means that the host has gone."""
        if not line:
            self._over()
            return
        try:
            command = json.loads(line)
        except ValueError:
            command = None
        if isinstance(command, dict) and "do" not in command and "conn" in command:
            return  # an answer to a csms message; real time needs no accounting
        reply = carry_out(self.world, command)
        reply["bench"] = "reply"
        reply["id"] = command.get("id") if isinstance(command, dict) else None
        say(reply)

    def _live_row(self, row):
        row["bench"] = "row"
        row["duty_pct"] = float(row["duty_pct"])
        say(row)

    # --- life of the firmware

    def main(self):
        """Boot again and again until the end."""
        while True:
            try:
                self._power_up()
                self._boot()
                self.world.watch.gone()
                while True:  # the program has ended: the chip sits there until the watchdog
                    self.waiter.sleep(1000000)
            except (End, Broken) as stop:
                if isinstance(stop, Broken):
                    raise stop.args[0]
                return
            except (PowerCut, chip.Reset):
                pass
            finally:
                builtins.print = _print
                builtins.open = _open
            self.world.watch.gone()
            self.world.stalled = False
            self.world.faults.pop("stall", None)
            self.network.drop()
            core.new_event_loop()  # nothing may wait for sockets that are closed
            self.clock.halt = None

    def _power_up(self):
        while True:
            while not self.world.supply.on:
                self.waiter.sleep(1000000)
            self.waiter.sleep(BOOT_US)
            if self.world.supply.on:
                break
        for name in list(sys.modules):
            if name in FIRMWARE or name.split(".")[0] in FIRMWARE:
                del sys.modules[name]
        heap.keep_room()
        self.clock.at(self._loaded, self.clock.now_us + LOAD_US)
        random.seed(self.config.get("seed", 1))
        core.new_event_loop()
        core.cur_task = None
        self.waiter.take_over()
        asyncio.open_connection = self.network.open_connection
        self.world.board.on()

    def _boot(self):
        """boot.py and main.py like the device does; what they raise is printed like there."""
        try:
            if self.flight is not None:
                self.flight.attach(None)
                self._tap()
        except Exception as error:
            sys.print_exception(error, sys.stdout)
        self.world.watch.firmware = _AppModule()
        self._run(_boot_py)
        self._run(_main_py)

    def _run(self, program):
        """Like the device: a failed boot.py is printed, and main.py runs all the same."""
        try:
            program()
        except DEADLY as stop:
            raise stop
        except SystemExit:
            pass
        except BaseException as error:
            if self.clock.halt is None:
                sys.print_exception(error, sys.stdout)
        if self.clock.halt is not None:  # the firmware has swallowed its own end
            raise self.clock.halt

    def _tap(self):
        if not self._settings().get("csms_url"):
            return
        from firmware.ocpp import websocket

        websocket.frame_tap = self._frame
        self.flight.attach(websocket.traffic)

    def _frame(self, direction, text):
        if self.clock.halt is None:
            self.recorder.frame(direction, text)
            if self.flight.external:
                self.flight.saw(direction, text)


def _boot_py():
    import boot  # noqa: F401


def _main_py():
    import main

    main.main()


class _AppModule:
    """firmware.app as soon as the firmware has imported it; `current` is its App or None."""

    @property
    def current(self):
        module = sys.modules.get("firmware.app")
        return None if module is None else module.current


def run(path):
    """Run the simulation that `path` describes."""
    with _open(path) as file:
        config = json.load(file)
    if config.get("repo"):
        sys.path[0] = config["repo"]
    simulation = Run(config)
    try:
        simulation.main()
    finally:
        simulation.recorder.close()
    say(
        {
            "bench": "done",
            "t_ms": simulation.clock.now_us // 1000,
            "reason": simulation.reason,
            "stats": {"steps": simulation.world.board.feeds},
            "missed": simulation.script.missed(),
            "visited": simulation.script.visited,
        }
    )


if __name__ == "__main__":
    run(sys.argv[1])
