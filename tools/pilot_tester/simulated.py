# SPDX-License-Identifier: MIT
"""The same tester on the simulated bench: micropython simulated.py DIR/sim.json

The charger's firmware runs in virtual time against the bench's world, whose car is replaced by a
car that does only what it is told. Commands and replies are those of car.py; time stands still
between a reply and the next command, so a test list of minutes takes seconds.
"""

import sys

sys.path[0] = __file__.rsplit("/", 3)[0] if __file__.count("/") >= 3 else "."

import json  # noqa: E402

from tools.bench.sim import main as bench  # noqa: E402  (first: it brings the virtual time)
from tools.bench.sim.car import Car  # noqa: E402
from tools.bench.sim.controls import carry_out  # noqa: E402
from tools.bench.sim.events import Event  # noqa: E402
from tools.bench.sim.pilot_circuit import MODE_NAMES  # noqa: E402

OHM = {"B": 2740, "C": 882, "D": 246, "E": 73}  # E: 80 ohm beside a car in C
FAULTS = {
    "diode": "diode",
    "short_hard": "cp_short_hard",
    "short_diode": "cp_short",
    "leak": "rcd",
    "earth": "pe",
    "weld": "weld",  # of the charger: so that a test list can be shown to fail
    "stall": "stall",
}
CAN = ("leak", "earth", "ohm", "draw", "power", "grid")


class HandCar(Car):
    """A car without a mind: resistance and current as told."""

    ohm = 0
    draw_ma = 0

    def pilot(self, mode, duty_ppm, now_ms):
        """It looks away."""

    def resistance(self):
        """Behind the diode, ohm; 0 for nothing plugged in."""
        return self.ohm

    def step(self, now_ms, live, three, v_pm):
        """Draw what was asked for while there is voltage."""
        ma = self.draw_ma if live and self.plugged else 0
        self.i_ma[0] = ma
        self.i_ma[1] = self.i_ma[2] = ma if three else 0
        return False


class Tester(bench.Run):
    """A run whose events come from stdin, each at the moment the last reply was given."""

    def __init__(self, config):
        super().__init__(config)
        self.world.car = self.car = HandCar()
        self._turn = Event(self._next)
        self._then = None  # state to show when a pulse is over
        self._waiting = None  # ("live" or "mode", value, since_us)
        self.recorder.on_edge = self._edge
        self.clock.at(self._turn, 1)

    def _next(self):
        """Time has come: reply to what was under way, then read on."""
        if self._then:
            self._show(self._then)
            self._then = None
            self._reply({})
        elif self._waiting:
            self._waiting = None
            self._reply({"ms": -1})
        while True:
            line = sys.stdin.readline()
            if not line:
                self._over()
                return
            try:
                pause_us = self._command(json.loads(line))
            except (KeyError, ValueError, TypeError) as error:
                bench.say({"ok": False, "error": repr(error)})
                continue
            if pause_us >= 0:
                self.clock.at(self._turn, self.clock.now_us + pause_us)
                return

    def _reply(self, reply):
        reply["ok"] = True
        bench.say(reply)

    def _command(self, command):
        """Carry out; us until the next command may be read, -1 for at once (and replied)."""
        do = command["do"]
        if do in ("pass", "pulse"):
            self._then = command.get("then", " ")
            if do == "pulse":
                self._show(command["state"])
            return command["ms"] * 1000
        if do == "wait":
            since_us = self.clock.now_us
            self._waiting = (command["what"], command["value"], since_us)
            if "act" in command:
                self._command_at_once(command["act"])
            if self._waiting and self._now(command["what"]) == command["value"]:
                self._waiting = None
                self._reply({"ms": 0})
                return -1
            return command["timeout_ms"] * 1000 if self._waiting else 0
        self._reply(self._command_at_once(command))
        return -1

    def _command_at_once(self, command):
        do = command["do"]
        if do == "info":
            return {"rig": "bench", "can": list(CAN)}
        if do == "car":
            self._show(command["state"], command.get("ohm"))
        elif do == "switch":
            carry_out(
                self.world, {"do": "fault", "name": FAULTS[command["name"]], "on": command["on"]}
            )
        elif do == "draw":
            self.car.draw_ma = command["ma"]
        elif do in ("power", "grid", "state"):
            return carry_out(self.world, command)
        elif do == "measure":
            return self._measure()
        else:
            raise ValueError("unknown command %r" % do)
        return {}

    def _show(self, state, ohm=None):
        if state == " ":
            return
        if state != "A" and state not in OHM:
            raise ValueError("car: state %r: expected A, B, C, D or E" % state)
        car, world = self.car, self.world
        car.plugged = state != "A"
        car.s2 = state in ("C", "D", "E")
        car.ohm = (ohm or OHM[state]) if car.plugged else 0
        if not car.plugged:
            car.cut()
        world.board.pp_ohm = 220 if car.plugged else 0
        world._car_changed()

    def _now(self, what):
        return self.world.main.closed if what == "live" else self._mode()

    def _mode(self):
        return MODE_NAMES[self.world.pilot.car_mode()]

    def _measure(self):
        pilot = self.world.pilot
        high, low = pilot.plateaus()
        pwm = self._mode() == "pwm"
        return {
            "mode": self._mode(),
            "live": 1 if self.world.main.closed else 0,
            "hz": 1000 if pwm else 0,
            "duty_ppm": pilot.duty_ppm if pwm else 0,
            "high_mv": high,
            "low_mv": low,
        }

    def _edge(self, signal, value):
        """The recorder saw a change: is it what somebody waits for?"""
        if self._waiting and signal in ("contactor", "pilot_mode", "cp_connect"):
            what, wanted, since_us = self._waiting
            if self._now(what) == wanted:
                self._waiting = None
                self._reply({"ms": (self.clock.now_us - since_us) / 1000})
                self.clock.at(self._turn, self.clock.now_us)


def main(path):
    """Run until stdin ends."""
    with open(path) as file:
        config = json.load(file)
    tester = Tester(config)
    try:
        tester.main()
    finally:
        tester.recorder.close()


if __name__ == "__main__":
    main(sys.argv[1])
