# SPDX-License-Identifier: MIT
"""`python -m tools.bench live`: the bench in real time, with a page and with JSON lines.

Everything runs in one asyncio loop: the simulator's pipe, the Bokeh server on 127.0.0.1, an
embedded central system if wanted, and stdin. Stdout carries replies to stdin and nothing else.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections import deque
from pathlib import Path

from . import controls, record, report, simlink
from .errors import BenchError, ScenarioError
from .run import Verdict, settings_of
from .scenario import Scenario, check_settings

KEPT_ROWS = 6000  # ten minutes
KEPT_LOG = 200
REPLY_S = 10


class LiveBench:
    """A running simulator that can be told what to do. `rows` and `log` are what pages show.

    `count` is the number of rows since the start, so that a page knows which ones are new.
    """

    def __init__(self, link):
        self.link = link
        self.rows = deque(maxlen=KEPT_ROWS)
        self.count = 0
        self.log = deque(maxlen=KEPT_LOG)
        self.console = []
        self.waiting = {}
        self.number = 0
        self.ended = False
        link.on_row = self._row
        link.on_reply = self._reply
        link.on_console = self._console

    async def command(self, fields):
        """Carry out one command; returns {"ok": true, ...} or {"ok": false, "error": ...}."""
        try:
            message = controls.check(fields)
        except ValueError as error:
            return {"ok": False, "error": str(error)}
        if self.ended:
            return {"ok": False, "error": "the simulator has ended"}
        self.number += 1
        message["id"] = self.number
        reply = asyncio.get_running_loop().create_future()
        self.waiting[self.number] = reply
        self.link.send(message)
        try:
            return await asyncio.wait_for(reply, REPLY_S)
        except TimeoutError:
            self.waiting.pop(message["id"], None)
            return {"ok": False, "error": "no reply from the simulator within %d s" % REPLY_S}

    def end(self):
        """Nobody will answer any more."""
        self.ended = True
        for reply in self.waiting.values():
            if not reply.done():
                reply.set_result({"ok": False, "error": "the simulator has ended"})
        self.waiting.clear()

    def _row(self, message):
        row = {key: value for key, value in message.items() if key != "bench"}
        row["duty_pct"] = float(row["duty_pct"])
        self.rows.append(row)
        self.count += 1

    def _reply(self, message):
        reply = self.waiting.pop(message.get("id"), None)
        if reply is not None and not reply.done():
            reply.set_result({k: v for k, v in message.items() if k not in ("bench", "id")})

    def _console(self, text):
        self.console.append(text)
        self.log.append({"event": "console", "text": text})
        print(text, file=sys.stderr)


async def answer(bench, line):
    """The reply line for one line of stdin; an "id" in the command comes back in the reply."""
    try:
        fields = json.loads(line)
    except ValueError as error:
        return {"ok": False, "error": "not JSON: %s" % error}
    reply = await bench.command(fields)
    if isinstance(fields, dict) and "id" in fields:
        reply = {"id": fields["id"], **reply}
    return reply


async def read_stdin(bench):
    """Commands from stdin, one reply line each on stdout, until stdin ends.

    A thread reads, so that stdin may be a pipe, a terminal or a file.
    """
    loop = asyncio.get_running_loop()
    lines = asyncio.Queue()

    def hand_over(line):
        try:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        except RuntimeError:
            pass  # the loop has ended before stdin

    def read():
        rest = b""
        # os.read and not sys.stdin: a thread that waits in it does not hold up the end of Python
        while chunk := os.read(sys.stdin.fileno(), 65536):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                hand_over(line)
        if rest:
            hand_over(rest)
        hand_over(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        line = await lines.get()
        if line is None:
            return
        if line.strip():
            print(json.dumps(await answer(bench, line)), flush=True)


def read_settings(path):
    """The firmware's settings for a live run from a JSON file; ScenarioError when wrong."""
    try:
        table = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError("%s: cannot be read: %s" % (path, error.strerror)) from None
    except ValueError as error:
        raise ScenarioError("%s: not JSON: %s" % (path, error)) from None
    if not isinstance(table, dict):
        raise ScenarioError("%s: expected an object of settings" % path)
    try:
        return check_settings(table)
    except ScenarioError as error:
        raise ScenarioError("%s: %s" % (path, error)) from None


async def serve(args, scenario):
    """Run until stdin ends (with --stdin), the simulator ends, or a signal comes."""
    out = Path(args.out).resolve()
    csms = None
    url = args.csms
    if args.embedded and not url:
        from .csms import EmbeddedCsms

        csms = EmbeddedCsms(paced=False)
        url = await csms.start()
    mode = "embedded" if csms else "external" if url else "none"
    settings = settings_of(scenario, url, args.id)
    simlink.prepare(out, settings)
    link = simlink.SimLink(csms)
    bench = LiveBench(link)
    config = simlink.simulator_config(scenario, out, scenario.seed, True, mode)
    config["duration_s"] = 0  # for ever
    with open(out / "events.jsonl", "w", encoding="utf-8") as log:

        def note(item):
            log.write(json.dumps(item) + "\n")
            bench.log.append(item)

        link.on_log = note
        server = start_page(bench, args.port, bool(csms))
        print("live bench on http://127.0.0.1:%d" % server.port, file=sys.stderr, flush=True)
        try:
            await until_done(args, bench, link.run(config, out, args.heap))
        finally:
            bench.end()
            server.stop()
            if csms:
                await csms.stop()
    (out / "console.txt").write_text("".join(text + "\n" for text in bench.console), "utf-8")
    found = record.read(
        out,
        console=bench.console,
        settings=settings,
        duration_ms=link.t_ms,
        refused=csms.findings if csms else (),
    )
    if found.rows:
        found.duration_ms = max(found.duration_ms, found.rows[-1]["t_ms"])
    verdict = Verdict(scenario, found)
    for line in verdict.lines():
        print(line, file=sys.stderr)
    report.write(out / "report.html", scenario, scenario.seed, found, verdict)
    print("report  %s" % (out / "report.html"), file=sys.stderr)


async def until_done(args, bench, running):
    """Wait for the first of: simulator, stdin, SIGINT or SIGTERM. Then let the simulator end."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    simulator = asyncio.create_task(running)
    waits = [simulator, asyncio.create_task(stop.wait())]
    if args.stdin:
        waits.append(asyncio.create_task(read_stdin(bench)))
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in waits[1:]:
        task.cancel()
    if not simulator.done():
        bench.link.close_input()  # it writes its files and ends
        await asyncio.wait([simulator], timeout=5)
        if not simulator.done():
            await bench.link.kill()
        bench.link.ended = bench.link.ended or "stopped"
    await simulator
    if bench.link.ended is None:
        raise BenchError("the simulator has ended: %s" % (bench.console or ["no message"])[-1])


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_page(bench, port, with_csms):
    """The Bokeh server of the page, on the loopback interface of this machine only."""
    from bokeh.application import Application
    from bokeh.application.handlers.function import FunctionHandler
    from bokeh.server.server import Server

    from .live_page import build

    application = Application(FunctionHandler(lambda document: build(document, bench, with_csms)))
    try:
        if port == 0:
            port = free_port()
        origins = ["127.0.0.1:%d" % port, "localhost:%d" % port]
        server = Server(
            {"/": application}, address="127.0.0.1", port=port, allow_websocket_origin=origins
        )
    except OSError as error:
        raise BenchError("port %d: %s" % (port, error.strerror)) from None
    server.start()
    return server


def live(args):
    """Exit code of the command: 0 ended as asked, 1 the simulator failed, 2 bad settings."""
    scenario = Scenario()
    scenario.name = scenario.title = "live"
    try:
        if args.settings:
            scenario.settings = read_settings(args.settings)
        asyncio.run(serve(args, scenario))
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    except (BenchError, OSError) as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    return 0
