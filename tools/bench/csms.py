# SPDX-License-Identifier: MIT
"""A central system for the bench: OCPP 1.6J on the PyPI packages `ocpp` and `websockets`.

Everything is checked against the JSON schemas of OCPP, in both directions; what is wrong becomes
a finding. Time here is the simulator's: every frame is held until a sync of the simulator says
how many were sent and what the time is, so the same run gives the same frames to the byte.

Actions of a scenario ([[csms.action]]) and of the live bench, `do` and its fields:

    remote_start {id_tag, connector=1}      remote_stop {transaction_id = the running one}
    set_profile {periods = [[start_s, limit, phases?], ...], purpose="TxDefaultProfile",
                 stack_level=0, start_s = now or seconds from the run's start, unit="A" or "W",
                 duration?, id = counted up, connector=0, kind="Absolute"}
    clear_profile {id?, connector?, purpose?, stack_level?}      composite {duration, unit?}
    trigger {message, connector?}           reset {type="Soft" or "Hard"}
    get_configuration {keys=[]}             change_configuration {key, value}
    change_availability {type="Operative" or "Inoperative", connector=0}
    raw {action, payload}                   sent as it is, right or wrong
"""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime, timedelta

import ocpp.messages
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ocpp.messages.ASYNC_VALIDATION = False  # threads would only add their own order

BASE = datetime(2025, 4, 28, 10, 15, tzinfo=UTC)  # what t_ms 0 is called here
PATIENCE_S = 8  # real time; something is broken when a frame takes longer
PROTOCOL = "ocpp1.6"

_QUIET = logging.getLogger("tools.bench.csms")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False

# do: (required fields, optional fields)
ACTIONS = {
    "remote_start": (("id_tag",), ("connector",)),
    "remote_stop": ((), ("transaction_id",)),
    "set_profile": (
        ("periods",),
        ("purpose", "stack_level", "start_s", "unit", "duration", "id", "connector", "kind"),
    ),
    "clear_profile": ((), ("id", "connector", "purpose", "stack_level")),
    "composite": (("duration",), ("unit", "connector")),
    "trigger": (("message",), ("connector",)),
    "reset": ((), ("type",)),
    "get_configuration": ((), ("keys",)),
    "change_configuration": (("key", "value"), ()),
    "change_availability": (("type",), ("connector",)),
    "raw": (("action", "payload"), ()),
}


def check_action(action):
    """What is wrong with an action, as "key: expected ...", or None."""
    do = action.get("do")
    if do not in ACTIONS:
        return "do: unknown action %r, expected one of %s" % (do, ", ".join(sorted(ACTIONS)))
    required, optional = ACTIONS[do]
    for key in action:
        if key != "do" and key not in required and key not in optional:
            known = ", ".join(required + optional) or "no fields"
            return "%s: unknown field of %s, expected %s" % (key, do, known)
    for key in required:
        if key not in action:
            return "%s: missing, %s needs it" % (key, do)
    if do == "set_profile":
        for period in action["periods"] if isinstance(action["periods"], list) else [None]:
            if not isinstance(period, list) or not 2 <= len(period) <= 3:
                return "periods: expected [[start_s, limit] or [start_s, limit, phases], ...]"
    return None


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

    async def start(self, port=0):
        """Listen on the loopback interface; returns the URL for the setting csms_url."""
        self._server = await serve(
            self._serve, "127.0.0.1", port, subprotocols=[PROTOCOL], ping_interval=None,
            compression=None, max_size=1 << 20,
        )  # fmt: skip
        return "ws://127.0.0.1:%d/ocpp" % self._server.sockets[0].getsockname()[1]

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

    def iso(self):
        """Simulated time as OCPP wants it."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

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
                link.queue.append(self._request(action))
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

    def running(self):
        """Id of the newest transaction without an end, or None."""
        for number in sorted(self.transactions, reverse=True):
            if self.transactions[number]["stop_wh"] is None:
                return number
        return None

    def _request(self, action):
        """(OCPP action, payload, checked) of an action of the bench. Raises ValueError."""
        do = action["do"]
        if do == "raw":
            return action["action"], action["payload"], False
        if do == "set_profile":
            return "SetChargingProfile", self._profile(action), True
        if do == "remote_stop":
            number = action.get("transaction_id", self.running())
            if number is None:
                raise ValueError("no transaction is running")
            return "RemoteStopTransaction", {"transactionId": number}, True
        payload = {}
        for key, name in _NAMES[do].items():
            if key in action:
                payload[name] = action[key]
        for name, value in _DEFAULTS.get(do, {}).items():
            payload.setdefault(name, value)
        return _OCPP_NAMES[do], payload, True

    def _profile(self, action):
        self._profiles += 1
        schedule = {
            "chargingRateUnit": action.get("unit", "A"),
            "chargingSchedulePeriod": [
                dict(zip(("startPeriod", "limit", "numberPhases"), period, strict=False))
                for period in action["periods"]
            ],
        }
        start_s = action.get("start_s")
        start = self.now() if start_s is None else BASE + timedelta(seconds=start_s)
        schedule["startSchedule"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        if "duration" in action:
            schedule["duration"] = action["duration"]
        return {
            "connectorId": action.get("connector", 0),
            "csChargingProfiles": {
                "chargingProfileId": action.get("id", self._profiles),
                "stackLevel": action.get("stack_level", 0),
                "chargingProfilePurpose": action.get("purpose", "TxDefaultProfile"),
                "chargingProfileKind": action.get("kind", "Absolute"),
                "chargingSchedule": schedule,
            },
        }


_OCPP_NAMES = {
    "remote_start": "RemoteStartTransaction",
    "clear_profile": "ClearChargingProfile",
    "composite": "GetCompositeSchedule",
    "trigger": "TriggerMessage",
    "reset": "Reset",
    "get_configuration": "GetConfiguration",
    "change_configuration": "ChangeConfiguration",
    "change_availability": "ChangeAvailability",
}
_NAMES = {
    "remote_start": {"id_tag": "idTag", "connector": "connectorId"},
    "clear_profile": {
        "id": "id", "connector": "connectorId", "purpose": "chargingProfilePurpose",
        "stack_level": "stackLevel",
    },
    "composite": {"duration": "duration", "unit": "chargingRateUnit", "connector": "connectorId"},
    "trigger": {"message": "requestedMessage", "connector": "connectorId"},
    "reset": {"type": "type"},
    "get_configuration": {"keys": "key"},
    "change_configuration": {"key": "key", "value": "value"},
    "change_availability": {"type": "type", "connector": "connectorId"},
}  # fmt: skip
_DEFAULTS = {
    "remote_start": {"connectorId": 1},
    "composite": {"connectorId": 1},
    "reset": {"type": "Soft"},
    "change_availability": {"connectorId": 0},
}


class Link(ChargePoint):
    """One connection of a station: what came in, what went out, and the handlers."""

    def __init__(self, csms, socket):
        super().__init__("station", self, logger=_QUIET)
        self.csms = csms
        self.socket = socket
        self.inbox = []  # texts received
        self.handled = 0
        self.sent = 0
        self.closed = False
        self.queue = []  # calls not sent yet: (action, payload, checked)
        self.pending = None  # (id, action, checked) of the call without answer

    async def send(self, text):
        """Write one text message; the base class calls this with its answers."""
        if text.startswith("[4,"):
            frame = json.loads(text)
            self.csms.note("call_error", "answered %s to message %s: %s" % (
                frame[2], frame[1], frame[3]))  # fmt: skip
        try:
            await self.socket.send(text)
            self.sent += 1
        except ConnectionClosed:
            self.closed = True

    async def next(self):
        """Handle the oldest message that was not handled yet, to the end."""
        text = self.inbox[self.handled]
        self.handled += 1
        try:
            message = ocpp.messages.unpack(text)
        except (OCPPError, TypeError) as error:
            self.csms.note("protocol", "not a message: %s (%s)" % (text[:200], error))
            return
        if isinstance(message, ocpp.messages.Call):
            await self._check(message)
            await self.route_message(text)
        else:
            await self._answered(message)

    async def _check(self, message):
        try:
            await ocpp.messages.validate_payload(message, "1.6")
        except OCPPError as error:
            self.csms.note("schema", "%s: %s" % (message.action, _cause(error)))

    async def _answered(self, message):
        if self.pending is None or self.pending[0] != message.unique_id:
            self.csms.note("protocol", "answer to no call of ours: %s" % message.unique_id)
            return
        _, action, checked = self.pending
        self.pending = None
        if isinstance(message, ocpp.messages.CallError):
            answer = {"error": message.error_code, "description": message.error_description}
            if checked:
                self.csms.note("call_error", "%s was answered %s: %s" % (
                    action, message.error_code, message.error_description))  # fmt: skip
        else:
            message.action = action
            answer = json.loads(json.dumps(message.payload))
            await self._check(message)
        self.csms.answers.append({"t_ms": self.csms.t_ms, "action": action, "answer": answer})
        await self.call_next()

    async def call_next(self):
        """Send the next call of ours if none is open."""
        if self.pending is not None or not self.queue:
            return
        action, payload, checked = self.queue.pop(0)
        message = ocpp.messages.Call(self.csms.new_id(), action, payload)
        text = message.to_json()
        if checked:
            await self._check(message)
        self.pending = (message.unique_id, action, checked)
        await self.send(text)

    # Handlers. The base class checks the answers against the schemas too.

    @on(Action.boot_notification)
    def on_boot(self, **_):
        """Accept every station."""
        self.csms.boots += 1
        return call_result.BootNotification(self.csms.iso(), self.csms.interval_s, "Accepted")

    @on(Action.heartbeat)
    def on_heartbeat(self):
        """Tell the time."""
        return call_result.Heartbeat(self.csms.iso())

    @on(Action.status_notification)
    def on_status(self, **_):
        """Take note."""
        return call_result.StatusNotification()

    @on(Action.authorize)
    def on_authorize(self, id_tag):
        """Accept all but the blocked cards."""
        return call_result.Authorize({"status": self._status(id_tag)})

    @on(Action.start_transaction)
    def on_start(self, id_tag, meter_start, **_):
        """Number the transaction; a blocked card gets one too, and is told so."""
        if self.csms.running() is not None:
            self.csms.note("protocol", "StartTransaction while one is running")
        number = len(self.csms.transactions) + 1
        self.csms.transactions[number] = {
            "id_tag": id_tag, "start_wh": meter_start, "stop_wh": None, "reason": None,
        }  # fmt: skip
        return call_result.StartTransaction(number, {"status": self._status(id_tag)})

    @on(Action.stop_transaction)
    def on_stop(self, transaction_id, meter_stop, reason="Local", **_):
        """Close the transaction."""
        found = self.csms.transactions.get(transaction_id)
        if found is None or found["stop_wh"] is not None:
            self.csms.note("protocol", "StopTransaction %d is not running" % transaction_id)
        else:
            found["stop_wh"] = meter_stop
            found["reason"] = reason
            if meter_stop < found["start_wh"]:
                self.csms.note("protocol", "meterStop is below meterStart")
        return call_result.StopTransaction()

    @on(Action.meter_values)
    def on_meter(self, **_):
        """Take note."""
        return call_result.MeterValues()

    @on(Action.data_transfer)
    def on_data(self, **_):
        """Know no vendor."""
        return call_result.DataTransfer("UnknownVendorId")

    def _status(self, id_tag):
        return "Blocked" if id_tag.lower() in self.csms.blocked else "Accepted"


def _cause(error):
    """First line of what the validator says."""
    details = getattr(error, "details", None) or {}
    return str(details.get("cause", error)).split("\n")[0][:200]
