# SPDX-License-Identifier: MIT
"""The wire to the simulator: starts it on MicroPython and pumps its lines.

Every line on its stdout is a JSON object. With the key "bench" it is a message of the simulator,
with the key "event" a line of the firmware's log, anything else is text on the console.
"""

import asyncio
import json
import shutil

from tools.runtimes import micropython
from tools.tree import ROOT as REPO

from .errors import BenchError
from .record import simulated_ms

MAIN = REPO / "tools" / "bench" / "sim" / "main.py"
SILENCE_S = 60
LINE_LIMIT = 1 << 20


def interpreter():
    """Path of MicroPython: $MICROPYTHON, else the one beside this Python; BenchError if none."""
    path = micropython()
    if not shutil.which(path):
        raise BenchError("no MicroPython found: expected %s or the variable MICROPYTHON" % path)
    return path


class SimLink:
    """One run of the simulator. Set the `on_...` callables before `run`.

    on_progress(t_ms), on_log(object), on_console(text), on_row(object), on_reply(object).
    csms: an EmbeddedCsms or None. After `run`: ended (reason of the last message, None if the
    simulator died), t_ms (simulated time reached), stats, notes, missed (`when` of events
    that never came), visited (states of the firmware that were passed).
    """

    def __init__(self, csms=None, silence_s=SILENCE_S):
        self.csms = csms
        self.silence_s = silence_s
        self.ended = None
        self.t_ms = 0
        self.stats = {}
        self.missed = []
        self.visited = []
        self.notes = []
        self.process = None
        self.on_progress = self.on_log = self.on_console = _ignore
        self.on_row = self.on_reply = _ignore
        self._errors = []
        self._early = []  # messages from before the start

    async def run(self, config, out, heap="4M"):
        """Run the simulator with the dict `config` in the folder `out` until it ends.

        BenchError when MicroPython cannot be started or falls silent for `silence_s`.
        """
        flash = out / "flash"
        (out / "sim.json").write_text(json.dumps(config), encoding="utf-8")
        command = [interpreter(), "-X", "heapsize=" + heap, str(MAIN), str(out / "sim.json")]
        try:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                cwd=flash,
                limit=LINE_LIMIT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise BenchError("%s: cannot be started: %s" % (command[0], error.strerror)) from None
        for message in self._early:
            self.send(message)
        errors = asyncio.create_task(self._read_errors())
        try:
            await self._pump()
            await errors
            code = await asyncio.wait_for(self.process.wait(), 10)
            if code and self.ended is None and not self._errors:
                self.on_console("the simulator ended with exit code %d" % code)
        finally:
            errors.cancel()
            await self.kill()

    async def kill(self):
        """End the simulator if it still runs."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def close_input(self):
        """Tell a simulator in real time that it is enough: it writes its files and ends."""
        if self.process and self.process.returncode is None:
            self.process.stdin.close()

    def send(self, message):
        """Write one JSON line to the simulator, as soon as it has been started.

        Lost without harm when it has just ended.
        """
        if self.process is None:
            self._early.append(message)
        elif self.process.returncode is None:
            try:
                self.process.stdin.write(json.dumps(message).encode() + b"\n")
            except (BrokenPipeError, ConnectionResetError, RuntimeError):
                pass

    async def _read_errors(self):
        async for line in self.process.stderr:
            text = line.decode("utf-8", "replace").rstrip("\n")
            self._errors.append(text)
            self.on_console(text)

    async def _pump(self):
        stdout = self.process.stdout
        while True:
            try:
                line = await asyncio.wait_for(stdout.readline(), self.silence_s)
            except TimeoutError:
                raise BenchError(
                    "the simulator has been silent for %d s at %.1f simulated "
                    "seconds" % (self.silence_s, self.t_ms / 1000)
                ) from None
            except ValueError:
                raise BenchError("the simulator wrote a line of more than 1 MB") from None
            if not line:
                return
            await self._handle(line.decode("utf-8", "replace").rstrip("\r\n"))

    async def _handle(self, text):
        message = None
        if text.startswith("{"):
            try:
                message = json.loads(text)
            except ValueError:
                pass
        if not isinstance(message, dict):
            self.on_console(text)
        elif "bench" in message:
            await self._message(message)
        elif "event" in message:
            message["t_ms"] = simulated_ms(message.get("t_ms", 0))
            self.on_log(message)
        else:
            self.on_console(text)

    async def _message(self, message):
        kind = message["bench"]
        self.t_ms = max(self.t_ms, message.get("t_ms", 0))
        if kind == "progress":
            self.on_progress(message["t_ms"])
        elif kind == "row":
            self.on_row(message)
        elif kind == "reply":
            self.on_reply(message)
        elif kind == "note":
            self.notes.append((message.get("t_ms", self.t_ms), message.get("text", "")))
        elif kind == "done":
            self.ended = message.get("reason", "done")
            self.stats = message.get("stats", {})
            self.missed = message.get("missed", [])
            self.visited = message.get("visited", [])
        elif kind in ("sync", "csms"):
            conn = message.get("conn", 0)
            t_ms = message.get("t_ms", self.t_ms)
            if self.csms is None:
                sent = 0
            elif kind == "sync":
                sent = await self.csms.sync(conn, message["sent"], t_ms)
            else:
                sent = await self.csms.action(conn or None, message["action"], t_ms)
            self.send({"conn": conn, "sent": sent})
        else:
            self.on_console(json.dumps(message))


def _ignore(*_):
    """What nobody listens to."""


def simulator_config(scenario, out, seed, realtime=False, csms=None):
    """sim.json of a Scenario: see the protocol in tools/bench/README.md."""
    return {
        "repo": str(REPO),
        "out": str(out),
        "seed": seed,
        "duration_s": scenario.duration_ms / 1000,
        "realtime": realtime,
        "csms": csms or scenario.csms,
        "grid": {"jitter_us": scenario.jitter_us, "points": scenario.points},
        "board_supply": scenario.supply,
        "vehicle": scenario.vehicle,
        "events": scenario.events,
        "csms_actions": scenario.actions,
        "visits_ms": scenario.visits_ms,
        "settled_s": scenario.settled_s,
    }


def prepare(out, settings=None):
    """An empty folder for a run: results of an older one go. Returns the folder of the flash.

    `settings` are put into it, unless they are not known yet (None).
    """
    for name in (
        "trace.csv",
        "edges.csv",
        "ocpp.jsonl",
        "events.jsonl",
        "summary.json",
        "report.html",
        "console.txt",
    ):
        (out / name).unlink(missing_ok=True)
    flash = out / "flash"
    if flash.exists():
        shutil.rmtree(flash)
    flash.mkdir(parents=True)
    if settings is not None:
        put_settings(flash, settings)
    return flash


def put_settings(flash, settings):
    """The firmware's settings, into its flash."""
    (flash / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
