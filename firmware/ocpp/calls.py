# SPDX-License-Identifier: MIT
"""Which part of the station answers which request; each part is loaded when it is first needed.

A handler takes the payload and returns the answer, or raises CallError. Handlers never wait: what
takes longer is noted and done after the answer is out, or comes in pieces (a generator).

Loading a module takes some tens of milliseconds in which no control step runs, and without one for
250 ms the guard opens the contactor. So a part is loaded module by module, with a turn of
all other tasks after each, before its first request is answered; one that says that it is idle,
and has not been used for a while, is dropped again.
"""

import os
import sys

from micropython import const

from firmware import lazy
from firmware.ocpp.rpc import NOT_IMPLEMENTED, NOT_SUPPORTED, CallError
from firmware.ocpp.session import VENDOR

FEATURES = (
    "SmartCharging",
    "RemoteTrigger",
    "LocalAuthListManagement",
    "Reservation",
    "FirmwareManagement",
    "Security",
    "DataTransfer",
)
_HELD_S = const(10)  # so long after its last request a part stays
# A line a part: attribute of the station, class, its modules in the order in which each brings
# nothing but itself, features of which one must be configured (- for none), a file that makes it
# load at the start (- for none), requests. A text, because it takes a third of the memory that a
# table of tuples takes.
_PARTS = """\
core Core fields,core - - ChangeAvailability ChangeConfiguration ClearCache DataTransfer \
GetConfiguration RemoteStartTransaction RemoteStopTransaction Reset UnlockConnector
triggers Trigger fields,trigger RemoteTrigger - TriggerMessage ExtendedTriggerMessage
smart SmartCharging control.profiles,control.composite,fields,smart_fields,smart_store,smart \
SmartCharging profile SetChargingProfile ClearChargingProfile GetCompositeSchedule
local_list LocalList fields,local_list LocalAuthListManagement - GetLocalListVersion \
SendLocalList
reservation Reservation fields,reservation Reservation reservation. ReserveNow CancelReservation
update FirmwareUpdate fields,der,http,rsa,store,firmware_update FirmwareManagement - \
UpdateFirmware SignedUpdateFirmware
uploads Uploads fields,http,uploads FirmwareManagement,Security - GetDiagnostics GetLog
certificates Certificates fields,der,store,certificates Security - CertificateSigned \
DeleteCertificate GetInstalledCertificateIds InstallCertificate
security Security security Security -
transfer Transfer fields,der_fields,der_control,grid_profile,transfer DataTransfer der."""
# What a first order to the grid services opens, in the same way.
_GRID = """\
control.grid control.grid.identity control.grid.response control.grid.arming control.grid.curve \
control.grid.presets control.grid.reserve control.grid.watch control.grid.stack \
control.grid.ffr firmware.activation firmware.evidence firmware.grid_kept \
firmware.grid_record firmware.grid_sections firmware.grid_config firmware.grid_curves \
firmware.grid_supply firmware.grid"""
_GRID_ORDERS = ("SetDERControl", "SetFFR", "SetChargingProfile", "AFRRSignal")
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
    """`station` owns connection, state and, as attributes, the parts; `app` the charger."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._used_s = {}  # part that is loaded: uptime of its last use

    def need(self, name):
        """The part, made if it is not there; None when none of its features is configured."""
        part = getattr(self._station, name)
        if part is None:
            row = self._row(name)
            if row:
                names = modules(row)
                for module in names:
                    lazy.load(module)
                part = getattr(sys.modules[names[-1]], row[1])(self._app, self._station)
                setattr(self._station, name, part)
                self._used_s[name] = self._app.clock.uptime_s()
                if hasattr(part, "load"):
                    part.load()
        return part

    def _row(self, name):
        """The line of a part, or None when none of its features is configured."""
        for row in rows():
            if row[0] == name and self._is_configured(row):
                return row
        return None

    def _is_configured(self, row):
        return row[3] == "-" or any(name in self._station.features for name in row[3].split(","))

    def start(self):
        """Load what has something in the flash to go on with; in pieces, for other tasks' sake."""
        files = os.listdir()
        for row in rows():
            if row[4] != "-" and any(name.startswith(row[4]) for name in files):
                if self._is_configured(row):
                    for module in modules(row):
                        lazy.load(module)
                        yield
                    self.need(row[0])
                    yield

    def _make_room(self):
        """Drop at once what is only kept because another request may come, or has not come."""
        for _ in list(self._used_s):
            self.poll(0)
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

    def poll(self, held_s=_HELD_S):
        """Drop what is idle; to be called about once a second."""
        now_s = self._app.clock.uptime_s()
        for name, used_s in self._used_s.items():
            part = getattr(self._station, name)
            if now_s - used_s >= held_s and hasattr(part, "idle") and part.idle():
                setattr(self._station, name, None)
                del self._used_s[name]
                self._drop(modules(self._row(name)))
                return  # one at a time

    def handle(self, action, payload):
        """Answer one CALL; raises CallError. None: not now (we were rejected at boot)."""
        if self._station.session.boot_status == "Rejected":
            return None
        for row in rows():
            if action in row[5:]:
                if not self._is_configured(row):
                    raise CallError(NOT_SUPPORTED, "this feature is not configured")
                parts, names = self._needs(row, action, payload)
                ready = all(name in sys.modules for name in names)
                if ready and all(getattr(self._station, name) is not None for name in parts):
                    return self._answer(row, action, payload)
                return self._prepared(parts, names, row, action, payload)
        raise CallError(NOT_IMPLEMENTED, "unknown action")

    def _needs(self, row, action, payload):
        """(parts, modules) that a request is about to need. The payload is not checked yet."""
        parts = [row[0]]
        also = None
        opens = False
        if action == "RemoteStartTransaction" and payload.get("chargingProfile"):
            also = "smart"
        elif action == "DataTransfer" and payload.get("vendorId") == VENDOR:
            also = "transfer"
            opens = self._app.grid is None and payload.get("messageId") in _GRID_ORDERS
        elif action.endswith("TriggerMessage"):
            wanted = str(payload.get("requestedMessage"))
            if wanted.startswith("Firmware"):
                also = "update"
            elif wanted.startswith(("Diagnostics", "Log")):
                also = "uploads"
        names = modules(row)
        other = self._row(also)
        if other:
            parts.append(also)
            names += modules(other)
            if opens:
                names += _GRID.split(" ")
        elif action in ("GetConfiguration", "ChangeConfiguration"):
            names += CONFIGURATION
        return parts, names

    def _prepared(self, parts, names, row, action, payload):
        """Load module by module, make part by part, then answer."""
        room = False
        while True:
            missing = [name for name in names if name not in sys.modules]
            if not missing:
                break
            try:
                lazy.load(missing[0])
            except (MemoryError, ImportError):  # the importer takes the one for the other
                if room:
                    self._make_room()
                    raise
                room = True
                yield
                self._make_room()
            yield
        for name in parts:
            if getattr(self._station, name) is None:
                self.need(name)
                yield
        answer = self._answer(row, action, payload)
        if hasattr(answer, "send"):
            answer = yield from answer
        return answer

    def _answer(self, row, action, payload):
        part = self.need(row[0])
        self._used_s[row[0]] = self._app.clock.uptime_s()
        handler = part.handlers().get(action)
        if not handler:
            raise CallError(NOT_SUPPORTED, "this feature is not configured")
        return handler(payload)
