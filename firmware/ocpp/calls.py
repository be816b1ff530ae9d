# SPDX-License-Identifier: MIT
"""Which part of the station answers which request; each part is loaded when it is first needed.

A handler takes the payload and returns the answer, or raises CallError. Handlers never wait: what
takes longer is noted and done after the answer is out, or comes in pieces (a generator).
Loading a part takes tens of milliseconds of flash reading. That happens here, in the network's
task, between two control steps; a part that says that it is idle is dropped again, some seconds
after its last request: whoever asks all the time does not make it load all the time.
"""

import os

from micropython import const

from firmware import lazy
from firmware.ocpp.rpc import NOT_IMPLEMENTED, NOT_SUPPORTED, CallError

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
# A line a part: attribute of the station, module, class, features of which one must be configured
# (- for none), a file that makes it load at the start (- for none), requests. A text, because it
# takes a third of the memory that a table of tuples takes.
_PARTS = """\
core core Core - - ChangeAvailability ChangeConfiguration ClearCache DataTransfer \
GetConfiguration RemoteStartTransaction RemoteStopTransaction Reset UnlockConnector
triggers trigger Trigger RemoteTrigger - TriggerMessage ExtendedTriggerMessage
smart smart SmartCharging SmartCharging profile SetChargingProfile ClearChargingProfile \
GetCompositeSchedule
local_list local_list LocalList LocalAuthListManagement - GetLocalListVersion SendLocalList
reservation reservation Reservation Reservation reservation. ReserveNow CancelReservation
update firmware_update FirmwareUpdate FirmwareManagement - UpdateFirmware SignedUpdateFirmware
uploads uploads Uploads FirmwareManagement,Security - GetDiagnostics GetLog
certificates certificates Certificates Security - CertificateSigned DeleteCertificate \
GetInstalledCertificateIds InstallCertificate
security security Security Security -
transfer transfer Transfer DataTransfer der."""


def configured(text):
    """The features in a comma-separated list of the settings, in our order."""
    wanted = [name.strip() for name in text.split(",")]
    return tuple(name for name in FEATURES if name in wanted)


def rows():
    """The lines of the table, as lists of words."""
    for line in _PARTS.split("\n"):
        yield line.split(" ")


class Calls:
    """`station` owns connection, state and, as attributes, the parts; `app` the charger."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._made = []  # [attribute, module, uptime of the last use] of parts that are loaded

    def need(self, name):
        """The part, made if it is not there; None when none of its features is configured."""
        part = getattr(self._station, name)
        if part is None:
            for row in rows():
                if row[0] == name and self._is_configured(row):
                    module = lazy.load("firmware.ocpp." + row[1])
                    part = getattr(module, row[2])(self._app, self._station)
                    setattr(self._station, name, part)
                    now_s = self._app.clock.uptime_s()
                    self._made.append([name, "firmware.ocpp." + row[1], now_s])
                    if hasattr(part, "load"):
                        part.load()
        return part

    def _is_configured(self, row):
        return row[3] == "-" or any(name in self._station.features for name in row[3].split(","))

    def start(self):
        """Load what has something in the flash to go on with."""
        files = os.listdir()
        for row in rows():
            if row[4] != "-" and any(name.startswith(row[4]) for name in files):
                self.need(row[0])

    def poll(self):
        """Drop what is idle; to be called about once a second."""
        now_s = self._app.clock.uptime_s()
        for entry in self._made:
            part = getattr(self._station, entry[0])
            if now_s - entry[2] >= _HELD_S and hasattr(part, "idle") and part.idle():
                setattr(self._station, entry[0], None)
                self._made.remove(entry)
                lazy.drop(entry[1])
                return  # one at a time

    def handle(self, action, payload):
        """Answer one CALL; raises CallError. None: not now (we were rejected at boot)."""
        if self._station.session.boot_status == "Rejected":
            return None
        for row in rows():
            if action in row[5:]:
                part = self.need(row[0])
                for entry in self._made:
                    if entry[0] == row[0]:
                        entry[2] = self._app.clock.uptime_s()
                handler = part and part.handlers().get(action)
                if not handler:
                    raise CallError(NOT_SUPPORTED, "this feature is not configured")
                return handler(payload)
        raise CallError(NOT_IMPLEMENTED, "unknown action")
