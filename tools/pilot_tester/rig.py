# SPDX-License-Identifier: MIT
"""The host's side of the wire: one line out, one line back, to a Pico or to the bench."""

import json
import queue
import subprocess
import threading
import time
from pathlib import Path

from tools.bench import grid_input, simlink
from tools.bench.scenario import Scenario, check_settings
from tools.runtimes import micropython
from tools.tree import ROOT

SIMULATED = ROOT / "tools" / "pilot_tester" / "simulated.py"
SLACK_S = 5  # on top of what a command takes by itself


class RigError(Exception):
    """The rig does not answer, or refuses a command; one line says which and why."""


class Rig:
    """A car that does what it is told. `can`: what else this rig is able to do."""

    def __init__(self):
        self.log = []
        info = self.ask({"do": "info"})
        self.name = info["rig"]
        self.can = set(info["can"])

    def ask(self, command, seconds=0):
        """Send a command, return the reply; RigError when there is none or it is a refusal."""
        self._send(json.dumps(command))
        line = self._line(seconds + SLACK_S)
        try:
            reply = json.loads(line)
        except ValueError:
            raise RigError("not an answer to %s: %r" % (command, line)) from None
        if not reply.pop("ok", False):
            raise RigError("%s refused: %s" % (command, reply.get("error")))
        return reply

    def car(self, state, ohm=None):
        """Show state A to E; `ohm` another resistance than the nominal one, if the rig can."""
        command = {"do": "car", "state": state}
        if ohm is not None:
            command["ohm"] = ohm
        self.ask(command)

    def switch(self, name, on):
        """diode (bridged), short_hard, short_diode, leak, earth (lost)."""
        self.ask({"do": "switch", "name": name, "on": bool(on)})

    def sleep(self, seconds):
        """Let time pass."""
        self.ask({"do": "pass", "ms": round(seconds * 1000)}, seconds)

    def pulse(self, state, ms, then):
        """Show a state for some milliseconds, then another."""
        self.ask({"do": "pulse", "state": state, "ms": ms, "then": then}, ms / 1000)

    def measure(self):
        """mode, hz, duty_ppm, high_mv, low_mv, live."""
        return self.ask({"do": "measure"})

    def wait(self, what, value, timeout_s, act=None):
        """Milliseconds until `what` (live, mode) has `value`, from `act` on; None if never."""
        command = {"do": "wait", "what": what, "value": value}
        command["timeout_ms"] = round(timeout_s * 1000)
        if act:
            command["act"] = act
        ms = self.ask(command, timeout_s)["ms"]
        return None if ms < 0 else ms


class SerialRig(Rig):
    """A Pico with car.py on a serial port."""

    def __init__(self, port):
        import serial

        try:
            self.port = serial.Serial(port, 115200, timeout=0.1)
        except serial.SerialException as error:
            raise RigError("%s: %s" % (port, error)) from None
        super().__init__()

    def _send(self, text):
        self.port.reset_input_buffer()
        self.port.write(text.encode() + b"\n")

    def _line(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line = self.port.readline().decode("utf-8", "replace").strip()
            if line.startswith("{"):  # a terminal may echo the command first
                reply = json.loads(line)
                if "do" not in reply:
                    return line
        raise RigError("no answer within %.0f s: is car.py running on the Pico?" % seconds)

    def close(self):
        """The car leaves."""
        try:
            self.car("A")
        finally:
            self.port.close()


class BenchRig(Rig):
    """The firmware of this repository on the simulated bench, in virtual time."""

    def __init__(self, out, settings=None, wall_s=120):
        out = Path(out).resolve()
        scenario = Scenario()
        scenario.settings = check_settings(settings or {})
        scenario.points = grid_input.QUIET
        simlink.prepare(out, scenario.settings)
        config = simlink.simulator_config(scenario, out, scenario.seed, False, "none")
        config["duration_s"] = 0
        (out / "sim.json").write_text(json.dumps(config), encoding="utf-8")
        self.wall_s = wall_s
        self.errors = open(out / "console.txt", "w", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [micropython(), "-X", "heapsize=8M", str(SIMULATED), str(out / "sim.json")],
            cwd=out / "flash",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()
        super().__init__()

    def _pump(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _send(self, text):
        try:
            self.process.stdin.write(text + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RigError("the simulator has ended") from None

    def _line(self, _seconds):
        while True:
            try:
                line = self.lines.get(timeout=self.wall_s)
            except queue.Empty:
                raise RigError("no answer within %d s of real time" % self.wall_s) from None
            if line is None:
                raise RigError("the simulator has ended: see console.txt")
            if line.startswith("{") and '"ok"' in line and '"event"' not in line:
                return line
            self.errors.write(line)
            if '"event"' in line:
                self.log.append(line)

    def close(self):
        """End the simulator."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
