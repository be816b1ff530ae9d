# SPDX-License-Identifier: MIT
"""OCPP-J framing: CALL, CALLRESULT and CALLERROR, one call of ours outstanding (1.6-J, 4).

Whatever arrives is answered, ignored or matched with our call; nothing that a server sends makes
an exception leave `run`. Message ids count up for ever behind a prefix and are never used twice:
a retry on the same connection needs a new one (1.6-J, 4.1.4), and an id of the server that comes
a second time is refused. What JSON of 12 KB becomes on the heap depends on how many values it
has: they are counted before anything is decoded.
"""

import asyncio
import json

from micropython import const

from firmware.ocpp.websocket import Closed
from firmware.printable import plain, printable

_CALL = const(2)
_RESULT = const(3)
_ERROR = const(4)
_MAX_ID = const(36)
_STUCK_S = const(5)
# "," and ":" of a message: two for each value. 32 entries of SendLocalList with all fields are
# 450, a profile of 24 periods with phases is 170; worst case of it on a 64-bit heap: 40 KB.
_MAX_MARKS = const(520)
_MAX_NESTED = const(120)
_IDS_KEPT = const(8)
_NOT_DECODED = object()  # stands for the action of a CALL

TIMEOUT = "timeout"  # no answer in time; not a failure to process (1.6-J errata 3.2)
LOST = "lost"  # the connection ended before the answer

NOT_IMPLEMENTED = "NotImplemented"
NOT_SUPPORTED = "NotSupported"
PROTOCOL = "ProtocolError"
SECURITY = "SecurityError"
GENERIC = "GenericError"
FORMATION = "FormationViolation"
PROPERTY = "PropertyConstraintViolation"
OCCURRENCE = "OccurenceConstraintViolation"  # sic: the standard keeps this spelling (errata 5.2)
TYPE = "TypeConstraintViolation"
INTERNAL = "InternalError"


async def _nothing():
    """The interpreter remembers the result of the last await until the next one."""


class CallError(Exception):
    """Raised by a handler to answer with CALLERROR; `code` is one of the names above."""

    def __init__(self, code, description=""):
        super().__init__(code, description)
        self.code = code
        self.description = description


class Ids:
    """Counts message ids up; lives as long as the power is on."""

    def __init__(self, prefix):
        self._prefix = prefix[:24]
        self._next = 0

    def next(self):
        """A message id that was never used before."""
        self._next += 1
        return "%s-%d" % (self._prefix, self._next)


class Rpc:
    """Calls in both directions over one WebSocket.

    `handle(action, payload)` answers a CALL with a dict, None (say nothing) or CallError; or with
    a generator that returns one of these and yields on its way, so that nothing blocks for long.
    `note(event, **fields)` is told about everything out of order. `uptime_s()` gives seconds.
    `after(action)` is called once the answer to a CALL is out.
    """

    def __init__(self, socket, ids, handle, note, uptime_s, timeout_s=30, after=None):
        self._socket = socket
        self._ids = ids
        self._handle = handle
        self._note = note
        self._uptime_s = uptime_s
        self._timeout_s = timeout_s
        self._after = after
        self._seen = []  # the last ids of the server's calls
        self._work = None  # (id, action, generator) of an answer that comes in pieces
        self._deadline_s = 0
        self._lock = asyncio.Lock()
        self._pending = None  # id of the outstanding call
        self._answer = None  # (error, payload) once it has come
        self._arrived = asyncio.Event()
        self.ended = None  # reason once the connection is over

    async def call(self, action, payload):
        """Call and wait; returns (None, dict) or (TIMEOUT | LOST | CALLERROR code, None)."""
        async with self._lock:
            if self.ended is not None:
                return LOST, None
            message_id = self._ids.next()
            self._pending = message_id
            self._answer = None
            self._deadline_s = self._uptime_s() + self._timeout_s
            self._arrived.clear()
            try:
                await self._socket.send(
                    json.dumps((_CALL, message_id, action, payload), separators=(",", ":"))
                )
                # Woken by the answer itself and by nothing in between: what we send next goes
                # out before a second message of the server is read, however fast it came.
                await self._arrived.wait()
            except Closed:
                return LOST, None
            finally:
                self._pending = None
            if self._answer is None:
                return LOST, None
            if self._answer[0] is not None:
                self._note("ocpp_call_failed", action=action, code=self._answer[0])
            return self._answer

    def poll(self):
        """Let the outstanding call time out; to be called about once a second.

        True when not even that helps, because the network does not take what we write: then the
        connection has to be cut.
        """
        if self._pending is None:
            return False
        late_s = self._uptime_s() - self._deadline_s
        if late_s >= 0 and self._answer is None:
            self._answer = (TIMEOUT, None)
            self._arrived.set()
        return late_s >= _STUCK_S

    def end(self, why):
        """Give the connection up; who waits for an answer learns that there will be none."""
        if self.ended is None:
            self.ended = why
        self._arrived.set()

    async def run(self):
        """Serve the connection until it ends; the reason is in `ended`."""
        try:
            while True:
                text = await self._socket.receive()
                message = self._decoded(text)
                text = None  # it may be large: let go of it before the handler needs memory
                await _nothing()
                action = message[2] if message and message[0] == _CALL else None
                reply = self._taken(message)
                message = None
                while self._work is not None:
                    await asyncio.sleep(0)
                    reply = self._piece()
                if reply is not None:
                    await self._socket.send(reply)
                    if self._after is not None and action is not None:
                        self._after(action)
        except Closed as error:
            self.end(str(error))
        except Exception as error:  # out of memory, say: hang up and start again
            self.end(repr(error))
            self._note("ocpp_failed", why=repr(error)[:80])
        finally:
            if self.ended is None:
                self.ended = "stopped"
            self._arrived.set()  # a call that waits learns that nobody will answer

    def answer_to(self, text):
        """Take one message; returns the text to send back, or None."""
        reply = self._taken(self._decoded(text))
        while self._work is not None:
            reply = self._piece()
        return reply

    def _decoded(self, text):
        """The message as a list of at least three with a usable id; () when it is none.

        A CALL that is too much for the heap is [2, id, _NOT_DECODED, (error code, text)].
        """
        marks = text.count(",") + text.count(":")
        if marks > _MAX_MARKS or text.count("{") + text.count("[") > _MAX_NESTED:
            self._note("ocpp_malformed", why="too many values")
            return _headed(text, PROPERTY, "too many values in one message")
        try:
            message = json.loads(text)
        except (ValueError, RuntimeError):
            self._note("ocpp_malformed", why="not JSON")
            return ()
        except MemoryError:
            self._note("ocpp_malformed", why="out of memory")
            return _headed(text, INTERNAL, "out of memory")
        if not isinstance(message, list) or len(message) < 3:
            self._note("ocpp_malformed", why="not a message")
            return ()
        if not _is_id(message[1]):
            self._note("ocpp_malformed", why="message id")
            return ()
        return message

    def _taken(self, message):
        """Answer a decoded message; the text to send back, or None."""
        if not message:
            return None
        kind = message[0]
        message_id = message[1]
        if kind == _CALL:
            return self._called(message_id, message)
        if kind == _RESULT or kind == _ERROR:
            self._answered(kind, message_id, message[2])
        return None  # an unknown message type is ignored (1.6-J, 4.1.3)

    def _answered(self, kind, message_id, third):
        if message_id != self._pending or self._answer is not None:
            self._note("ocpp_unsolicited", id=message_id)
            return
        if kind == _ERROR:
            self._answer = (third if isinstance(third, str) and third else "GenericError", None)
        elif isinstance(third, dict):
            self._answer = (None, third)
        elif third is None:
            self._answer = (None, {})
        else:
            self._answer = (FORMATION, None)
        self._arrived.set()

    def _called(self, message_id, message):
        try:
            if message_id in self._seen:
                self._note("ocpp_replay", id=message_id)
                raise CallError(PROTOCOL, "message id was used before")
            self._seen.append(message_id)
            if len(self._seen) > _IDS_KEPT:
                self._seen.pop(0)
            if message[2] is _NOT_DECODED:
                raise CallError(message[3][0], message[3][1])
            payload = message[3] if len(message) == 4 else False
            if payload is None:
                payload = {}
            if not isinstance(message[2], str) or not isinstance(payload, dict):
                raise CallError(FORMATION, "expected [2, id, action, {}]")
            result = self._handle(message[2], payload)
            if hasattr(result, "send"):
                self._work = (message_id, message[2], result)
                return None
            return _result(message_id, result)
        except Exception as error:  # a bad message must not end the connection
            return self._failure(message_id, message[2], error)

    def _piece(self):
        """The next piece of a long answer; the text to send back once it is complete."""
        if self._work is None:
            return None
        message_id, action, work = self._work
        try:
            next(work)
            return None
        except StopIteration as end:
            self._work = None
            return _result(message_id, end.value)
        except Exception as error:
            self._work = None
            return self._failure(message_id, action, error)

    def _failure(self, message_id, action, error):
        """CALLERROR for whatever a handler has raised."""
        code = INTERNAL
        text = type(error).__name__
        if isinstance(error, CallError):
            code = error.code
            text = error.description
        else:
            self._note("ocpp_handler_failed", action=plain(action), why=repr(error)[:80])
        return json.dumps((_ERROR, message_id, code, plain(text), {}), separators=(",", ":"))


def _headed(text, code, why):
    """What stands for a CALL that cannot be decoded, if its id can be read without; else ()."""
    head = text[:60].split('"')
    if head[0].strip().replace(" ", "") == "[2," and len(head) > 2 and _is_id(head[1]):
        return [_CALL, head[1], _NOT_DECODED, (code, why)]
    return ()


def _result(message_id, result):
    """CALLRESULT, or None when nothing is to be said."""
    if result is None:
        return None
    return json.dumps((_RESULT, message_id, result), separators=(",", ":"))


def _is_id(value):
    """True for 1 to 36 printable ASCII characters: anything else is not safe to echo."""
    return isinstance(value, str) and 0 < len(value) <= _MAX_ID and printable(value)
