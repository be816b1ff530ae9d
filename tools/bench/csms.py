# SPDX-License-Identifier: MIT
"""A central system for the bench: OCPP 1.6J on the PyPI packages `ocpp` and `websockets`.

Everything is checked against the JSON schemas of OCPP, in both directions; what is wrong becomes
a finding. Time here is the simulator's: every frame is held until a sync of the simulator says
how many were sent and what the time is, so the same run gives the same frames to the byte.
The actions it can start are listed in csms_actions.py.
"""

import asyncio
import base64
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from .csms_actions import check_action, request
from .csms_link import Link

BASE = datetime(2025, 4, 28, 10, 15, tzinfo=UTC)  # what t_ms 0 is called here
PATIENCE_S = 8  # real time; something is broken when a frame takes longer
PROTOCOL = "ocpp1.6"


class EmbeddedCsms:
    """One central system. `findings`: list of {"t_ms", "kind", "text"} of what went wrong, kind
    "schema", "call_error" or "protocol". `answers`: list of {"t_ms", "action", "answer"}.
    `transactions`: {id: {"id_tag", "start_wh", "stop_wh", "reason"}}.

    paced=False answers at once and in real time, for stations that know nothing of sync.
    """

    def __init__(self, blocked=(), interval_s=300, paced=True):
        self.blocked = {tag.lower() for tag in blocked}
        self.interval_s = interval_s
        self.paced = paced
        self.password = None  # bytes: asked of every station
        self.refused = 0  # connections answered 401
        self.findings = []
        self.answers = []
        self.transactions = {}
        self.boots = 0
        self.links = []  # one per connection, the first is connection 1
        self.t_ms = 0
        self._began = time.monotonic()
        self._changed = asyncio.Condition()
        self._server = None
        self._calls = 0
        self._profiles = 0

    async def start_as(self, transport, flash):
        """`start` over "ws", or over "wss" with a test root whose certificate goes to `flash`."""
        if transport == "ws":
            return await self.start()
        from .csms_certificates import Signed  # needs a package that nothing else here needs

        root = Signed("bench root")
        server = Signed("localhost", root, host="localhost")
        with tempfile.TemporaryDirectory(prefix="gridpilot-tls-") as folder:
            context = server.server_context(Path(folder))
        flash.mkdir(parents=True, exist_ok=True)
        (flash / "csms_0.der").write_bytes(root.der())
        return await self.start(ssl=context)

    async def start(self, port=0, ssl=None):
        """Listen on the loopback interface; returns the URL for the setting csms_url.

        `ssl`: the SSLContext of a server; the host name in the URL is then "localhost".
        """
        self._server = await serve(
            self._serve, "127.0.0.1", port, subprotocols=[PROTOCOL], ping_interval=None,
            compression=None, max_size=1 << 20, ssl=ssl, process_request=self._admit,
        )  # fmt: skip
        port = self._server.sockets[0].getsockname()[1]
        return ("wss://localhost:%d/ocpp" if ssl else "ws://127.0.0.1:%d/ocpp") % port

    def _admit(self, connection, request):
        """Answer 401 when there is a password and the station does not have it."""
        if self.password is None:
            return None
        name = request.path.rsplit("/", 1)[-1]
        secret = base64.b64encode(unquote(name).encode() + b":" + self.password).decode()
        if request.headers.get("Authorization") == "Basic " + secret:
            return None
        self.refused += 1
        return connection.respond(401, "who are you?\n")

    async def stop(self):
        """Close every connection and stop listening."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def now(self):
        """Simulated time as a datetime."""
        if not self.paced:
            self.t_ms = round((time.monotonic() - self._began) * 1000)
        return BASE + timedelta(milliseconds=self.t_ms)

    def iso_at(self, start_s=None):
        """A moment, in seconds from the start of the run or now, as OCPP wants it."""
        moment = self.now() if start_s is None else BASE + timedelta(seconds=start_s)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def note(self, kind, text):
        """Remember something that went wrong."""
        self.findings.append({"t_ms": self.t_ms, "kind": kind, "text": text})

    async def sync(self, conn, sent, t_ms=None):
        """Handle the first `sent` messages of connection `conn` at the simulated time `t_ms`.

        Returns how many messages have been sent on that connection once all of it is done.
        """
        if t_ms is not None:
            self.t_ms = t_ms
        link = await self._link(conn)
        if link is None:
            return 0
        await self._until(lambda: len(link.inbox) >= sent or link.closed)
        while link.handled < min(sent, len(link.inbox)):
            await link.next()
        return link.sent

    async def action(self, conn, action=None, t_ms=None):
        """Start an action on a connection (None: the newest); returns the messages sent on it.

        Refused without a connection, or when there is nothing to stop; that is a finding. While
        another call of ours is open the action waits for the answer to it.
        """
        if action is None:
            conn, action = None, conn
        if t_ms is not None:
            self.t_ms = t_ms
        link = (self.links[-1] if self.links else None) if conn is None else await self._link(conn)
        problem = check_action(action)
        if not problem and (link is None or link.closed):
            problem = "not connected"
        if not problem:
            try:
                name, payload = request(action, self.iso_at, self.running, self.new_profile_id)
                link.queue.append((name, payload, action["do"] != "raw"))
                await link.call_next()
            except ValueError as error:
                problem = str(error)
        if problem:
            self.note("protocol", "action %s refused: %s" % (action.get("do"), problem))
        return link.sent if link else 0

    async def _link(self, conn):
        """The connection number `conn`, waiting for it to be set up; None if it never is."""
        await self._until(lambda: len(self.links) >= conn)
        return self.links[conn - 1] if 0 < conn <= len(self.links) else None

    async def _until(self, condition):
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(condition), PATIENCE_S)
            except TimeoutError:
                self.note("protocol", "no frame for %d s of real time" % PATIENCE_S)

    async def _serve(self, socket):
        link = Link(self, socket)
        self.links.append(link)
        await self._wake()
        try:
            async for text in socket:
                link.inbox.append(text)
                if not self.paced:
                    self.now()
                    await link.next()
                await self._wake()
        except ConnectionClosed:
            pass
        finally:
            link.closed = True
            await self._wake()

    async def _wake(self):
        async with self._changed:
            self._changed.notify_all()

    def new_id(self):
        """Message id of our next call: counted, so that two runs are alike."""
        self._calls += 1
        return "csms-%d" % self._calls

    def new_profile_id(self):
        """Id of a profile for an action that gives none."""
        self._profiles += 1
        return self._profiles

    def running(self):
        """Id of the newest transaction without an end, or None."""
        for number in sorted(self.transactions, reverse=True):
            if self.transactions[number]["stop_wh"] is None:
                return number
        return None
