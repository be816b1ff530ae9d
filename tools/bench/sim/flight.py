# SPDX-License-Identifier: MIT
"""Keeps the virtual clock still while an OCPP frame is in flight.

Firmware and central system talk through a real socket, which takes real time that must not show
in the trace. The firmware counts its text messages (firmware.ocpp.websocket.traffic); the host,
asked with a "sync" message, handles all of them and says how many it has sent itself. Until the
firmware has received these, `settled` is False and the caller must not advance the clock.
"""

import json
import select
import sys
from asyncio import core

PATIENCE_MS = 10000


class Stuck(Exception):
    """A frame did not arrive within 10 real seconds."""


class Flight:
    """clock_ms: real milliseconds (wrapping); say(dict): to the host."""

    def __init__(self, clock_ms, diff, say, external):
        self.clock_ms = clock_ms
        self.diff = diff
        self.say = say
        self.external = external
        self.traffic = None
        self.base = 0  # connections made by earlier boots
        self.pending = {}  # ids of calls without answer, external central systems only
        self._synced = (0, 0)
        self._expect = 0
        self._since = None  # real time since when something has been in flight
        self._progress = None
        self._stdin = select.poll()
        self._stdin.register(sys.stdin, select.POLLIN)

    def attach(self, traffic):
        """The firmware has started; None: it runs without central system."""
        if self.traffic is not None:
            self.base += self.traffic.conn
        self.traffic = traffic
        self.pending = {}
        self._synced = (self.base, 0)
        self._expect = 0

    def settled(self):
        """True when nothing is in flight. Otherwise waits a little for sockets; returns False
        so that the tasks that have been woken can run.
        """
        traffic = self.traffic
        if traffic is None:
            return True
        if not traffic.busy:
            if not traffic.connected:
                self._since = None
                return True
            if self.external:
                if not self.pending:
                    self._since = None
                    return True
            else:
                conn = self.base + traffic.conn
                sent = traffic.sent
                if sent != self._synced[1] or conn != self._synced[0]:
                    if conn != self._synced[0]:
                        self._expect = 0
                    self.say({"bench": "sync", "conn": conn, "sent": sent})
                    self._expect = self._answer("sync")
                    self._synced = (conn, sent)
                if traffic.received >= self._expect:
                    self._since = None
                    return True
        self._wait()
        return False

    def _wait(self):
        """Let sockets move for up to 100 ms of real time, 10 s altogether without progress."""
        traffic = self.traffic
        now = self.clock_ms()
        progress = (traffic.conn, traffic.sent, traffic.received, traffic.busy)
        if self._since is None or progress != self._progress:
            self._since = now
            self._progress = progress
        elif self.diff(now, self._since) > PATIENCE_MS:
            if self.external:
                self.pending = {}  # the other side has its own idea of urgency
                return
            raise Stuck(
                "OCPP: nothing moved for 10 s on connection %d: busy %s, sent %d, received %d "
                "of %d"
                % (
                    self.base + traffic.conn,
                    traffic.busy,
                    traffic.sent,
                    traffic.received,
                    self._expect,
                )
            )
        core.IOQueue.wait_io_event(core._io_queue, 100)

    def poll(self):
        """Look at the sockets without waiting."""
        core.IOQueue.wait_io_event(core._io_queue, 0)

    def action(self, action):
        """The central system starts `action`; its first frame counts as in flight."""
        traffic = self.traffic
        conn = self.base + (traffic.conn if traffic is not None else 0)
        self.say({"bench": "csms", "conn": conn, "action": action})
        expect = self._answer("csms")
        if traffic is not None and traffic.connected and not self.external:
            self._expect = max(self._expect, expect)

    def saw(self, direction, text):
        """A frame passed (external central systems: to know which calls are open)."""
        try:
            frame = json.loads(text)
            kind, key = frame[0], frame[1]
        except (ValueError, IndexError, TypeError, KeyError):
            return
        if kind == 2 and direction == "out":
            self.pending[key] = True
        elif kind != 2 and direction == "in":
            self.pending.pop(key, None)

    def _answer(self, what):
        """The host's count of messages it has sent."""
        if not self._stdin.poll(PATIENCE_MS):
            raise Stuck("no answer from the host to '%s' within 10 s" % what)
        line = sys.stdin.readline()
        if not line:
            raise Stuck("the host has closed the pipe instead of answering '%s'" % what)
        try:
            return json.loads(line)["sent"]
        except (ValueError, KeyError, TypeError):
            raise Stuck('answer to \'%s\': got %r, expected {"conn":k,"sent":m}' % (what, line))
