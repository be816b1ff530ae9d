# SPDX-License-Identifier: MIT
"""A station as a MicroPython process, for tests that put a central system in front of it."""

import asyncio
import json
import time

from tools.bench.csms import check_action
from tools.runtimes import micropython
from tools.tree import ROOT

DRIVER = ROOT / "tests_host" / "cpython" / "ocpp_driver.py"
LIMIT_S = 15


class Station:
    """A MicroPython process; its lines in `lines`, frames in `frames` as (direction, frame)."""

    def __init__(self, flash, url, **settings):
        self.flash = flash
        self.url = url
        self.settings = settings
        self.lines = []
        self.console = ""
        self.changed = asyncio.Event()

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            micropython(), "-X", "heapsize=1M", str(DRIVER), str(ROOT), self.url,
            json.dumps(self.settings),
            cwd=self.flash, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )  # fmt: skip
        self.reader = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reader
        assert not self.console, self.console

    async def read(self):
        """Collect lines until the process ends."""
        async for line in self.process.stdout:
            if line.startswith(b"{"):
                self.lines.append(json.loads(line))
            else:
                self.console += line.decode()
            self.changed.set()
        self.changed.set()

    async def until(self, condition):
        """Wait until `condition` holds; what it looks at may be the central system's too."""
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert not self.reader.done() and not self.console, self.console
            assert time.monotonic() < end, self.lines[-3:]
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), 0.02)
            except TimeoutError:
                pass

    def say(self, command):
        """Give the driver a command."""
        self.process.stdin.write(command.encode() + b"\n")

    def calls(self, action):
        """Payloads of our calls of an action so far."""
        return [
            line["frame"][3]
            for line in self.lines
            if line.get("dir") == "out" and line["frame"][0] == 2 and line["frame"][2] == action
        ]

    def statuses(self):
        """What connector 1 has been, in order."""
        return [c["status"] for c in self.calls("StatusNotification") if c["connectorId"] == 1]

    def events(self, name):
        """Events with this name."""
        return [line for line in self.lines if line.get("event") == name]


async def do(csms, station, action):
    """Start an action and return the answer to it."""
    assert check_action(action) is None
    before = len(csms.answers)
    await csms.action(action)
    await station.until(lambda: len(csms.answers) > before)
    return csms.answers[-1]["answer"]


def raw(action, **payload):
    """A raw action."""
    return {"do": "raw", "action": action, "payload": payload}
