# SPDX-License-Identifier: MIT
"""The parts of the station: what each consists of, loaded when needed, dropped when idle.

Loading a module takes some tens of milliseconds in which no control step runs, and without one for
250 ms the guard opens the contactor. So a part is loaded module by module, with a turn of
all other tasks after each; one that says that it is idle, and has not been used for a while, is
dropped again. What it must not forget is kept by the station.
"""

import asyncio
import os
import sys

from micropython import const

from firmware import lazy

FEATURES = (
    "SmartCharging",
    "RemoteTrigger",
    "LocalAuthListManagement",
    "Reservation",
    "FirmwareManagement",
    "Security",
    "DataTransfer",
)
_ERRANDS = const(8)  # that wait for their part; more are forgotten
_HELD_S = const(10)  # so long after its last use a part stays
# A line a part: attribute of the station, class (- for a part that is its last module), its
# modules in the order in which each brings nothing but itself, features of which one must be
# configured (- for none), a file that makes it load at the start (- for none). A text, because it
# takes a third of the memory that a table of tuples takes.
_PARTS = """\
access Access store,tls,access - -
handshake - handshake - -
authorise Authorise id_file,auth_cache,authorise - -
delivery Delivery id_file,meter,delivery - -
boot - boot - -
restart Restart restart - -
requests Requests requests - -
core Core fields,id_file,core - -
triggers Trigger fields,trigger RemoteTrigger -
smart SmartCharging control.profiles,smart_store,smart SmartCharging profile
schedules Schedules control.profiles,control.composite,fields,smart_fields,schedules \
SmartCharging -
local_list LocalList fields,id_file,local_list LocalAuthListManagement -
reservation Reservation fields,id_file,reservation Reservation reservation.
update FirmwareUpdate fields,der,http,rsa,store,firmware_update FirmwareManagement -
uploads Uploads fields,http,uploads FirmwareManagement,Security -
certificates Certificates fields,der,store,certificates Security -
security Security security Security -
transfer Transfer fields,der_fields,der_control,grid_profile,transfer DataTransfer der."""
CONFIGURATION = ("firmware.ocpp.keys", "firmware.ocpp.config_table")


def configured(text):
    """The features in a comma-separated list of the settings, in our order."""
    wanted = [name.strip() for name in text.split(",")]
    return tuple(name for name in FEATURES if name in wanted)


def rows():
    """The lines of the table, as lists of words."""
    for line in _PARTS.split("\n"):
        yield line.split(" ")


def modules(row):
    """Names of the modules of a part."""
    return [name if "." in name else "firmware.ocpp." + name for name in row[2].split(",")]


class Calls:
    """Base of Station, whose attributes the parts are."""

    def __init__(self, app):
        self._app = app
        self.features = configured(app.settings.ocpp_features)
        self._used_s = {}  # part that is loaded: uptime of its last use
        self.errands = []  # (part, method, arguments) for parts that have to be loaded first
        # The parts that are loaded now, else None.
        self.access = self.handshake = self.authorise = self.delivery = self.boot = None
        self.restart = self.requests = self.core = self.triggers = self.smart = None
        self.schedules = self.local_list = self.reservation = self.update = self.uploads = None
        self.certificates = self.security = self.transfer = None

    def need(self, name):
        """The part, made if it is not there; None when none of its features is configured."""
        part = getattr(self, name)
        if part is None:
            row = self.row(name)
            if row:
                names = modules(row)
                for module in names:
                    lazy.load(module)
                part = sys.modules[names[-1]]
                if row[1] != "-":
                    part = getattr(part, row[1])(self._app, self)
                setattr(self, name, part)
                self.used(name)
                if hasattr(part, "load"):
                    part.load()
        return part

    def used(self, name):
        """A part is in use now."""
        self._used_s[name] = self._app.clock.uptime_s()

    def row(self, name):
        """The line of a part, or None when none of its features is configured."""
        for row in rows():
            if row[0] == name and self.is_configured(row):
                return row
        return None

    def is_configured(self, row):
        """True when one of the features that a part belongs to is."""
        return row[3] == "-" or any(name in self.features for name in row[3].split(","))

    def start(self):
        """Load what has something in the flash to go on with; in pieces, for other tasks' sake."""
        files = os.listdir()
        parts = [
            row[0]
            for row in rows()
            if row[4] != "-" and any(name.startswith(row[4]) for name in files)
        ]
        yield from self.prepared(parts, ())

    def prepared(self, parts, names):
        """Load parts and modules, module by module; make room if need be. A generator.

        Raises MemoryError or ImportError (the importer takes the one for the other).
        """
        rows = [self.row(name) for name in parts if getattr(self, name) is None]
        wanted = []
        for row in rows:
            if row:
                wanted += modules(row)
        wanted += names
        room = False
        while True:
            missing = [name for name in wanted if name not in sys.modules]
            if not missing:
                break
            try:
                lazy.load(missing[0])
            except (MemoryError, ImportError):
                if room:
                    self._make_room()
                    raise
                room = True
                yield
                self._make_room()
            yield
        for name in parts:
            if getattr(self, name) is None:
                self.need(name)
                yield

    async def fetch(self, name):
        """The same between control steps; waits a few seconds for room. Raises MemoryError."""
        patience = 3
        while getattr(self, name) is None:
            try:
                for _ in self.prepared((name,), ()):
                    await asyncio.sleep(0.02)  # control steps have their turn
                break
            except (MemoryError, ImportError):  # the importer takes the one for the other
                patience -= 1
                if not patience:
                    raise
            await asyncio.sleep(1)
        part = getattr(self, name)
        if part is not None:
            self.used(name)
        return part

    def errand(self, part, method, *values):
        """Call a method of a part that is configured: now, or once it is loaded, in order."""
        if getattr(self, part) and not any(entry[0] == part for entry in self.errands):
            self._run_errand(part, method, values)
        elif (part, method, values) not in self.errands and len(self.errands) < _ERRANDS:
            self.errands.append((part, method, values))

    def _run_errand(self, part, method, values):
        there = self.need(part)  # which it is, unless room was made just now
        self.used(part)
        getattr(there, method)(*values)

    async def run_errands(self):
        """Load what errands wait for, and do them; what finds no room stays."""
        while self.errands:
            try:
                for _ in self.prepared((self.errands[0][0],), ()):
                    await asyncio.sleep(0.02)
            except (MemoryError, ImportError):
                return
            self._run_errand(*self.errands.pop(0))

    def event(self, kind, info=""):
        """A security event, if the extension is configured."""
        if "Security" in self.features:
            self.errand("security", "event", kind, info)

    def _make_room(self):
        """Drop at once what is only kept because another request may come, or has not come."""
        for _ in list(self._used_s):
            self.tidy(0)
        names = list(CONFIGURATION)
        for row in rows():
            names += modules(row)
        self._drop(names)

    def _drop(self, names):
        """Drop those modules that no part needs."""
        needed = []
        for row in rows():
            if row[0] in self._used_s:
                needed += modules(row)
        for name in names:
            if name not in needed:
                lazy.drop(name)

    def tidy(self, held_s=_HELD_S):
        """Drop what is idle; to be called about once a second."""
        now_s = self._app.clock.uptime_s()
        for name, used_s in self._used_s.items():
            if now_s - used_s >= held_s and self.drop(name):
                return  # one at a time

    def drop(self, name):
        """Drop a part that is idle; True if it was."""
        part = getattr(self, name)
        if part is None or (hasattr(part, "idle") and not part.idle()):
            return False
        setattr(self, name, None)
        del self._used_s[name]
        self._drop(modules(self.row(name)))
        return True

    def handle(self, action, payload):
        """Answer one CALL, in pieces; raises CallError. None: not now (see requests.py)."""
        yield from self.prepared(("requests",), ())
        self.used("requests")
        answer = self.need("requests").handle(action, payload)
        if hasattr(answer, "send"):
            answer = yield from answer
        return answer
