# SPDX-License-Identifier: MIT
"""Which part of the station answers which request, and what else that request will need.

A handler takes the payload and returns the answer, or raises CallError. Handlers never wait: what
takes longer is noted and done after the answer is out, or comes in pieces (a generator).
"""

from firmware.ocpp.calls import CONFIGURATION
from firmware.ocpp.rpc import NOT_IMPLEMENTED, NOT_SUPPORTED, CallError
from firmware.ocpp.session import VENDOR

# A line a part, with its requests.
_REQUESTS = """\
core ChangeAvailability ChangeConfiguration ClearCache DataTransfer \
GetConfiguration RemoteStartTransaction RemoteStopTransaction Reset UnlockConnector
triggers TriggerMessage ExtendedTriggerMessage
schedules SetChargingProfile ClearChargingProfile GetCompositeSchedule
local_list GetLocalListVersion SendLocalList
reservation ReserveNow CancelReservation
update UpdateFirmware SignedUpdateFirmware
uploads GetDiagnostics GetLog
certificates CertificateSigned DeleteCertificate GetInstalledCertificateIds InstallCertificate"""
# What a first order to the grid services opens, each module bringing nothing but itself.
GRID = """\
control.least_squares control.sliding control.edges control.frequency \
control.grid control.grid.identity control.grid.response control.grid.arming control.grid.curve \
control.grid.presets control.grid.reserve control.grid.watch control.grid.stack \
control.grid.ffr firmware.activation firmware.evidence firmware.grid_kept \
firmware.grid_record firmware.grid_sections firmware.grid_config firmware.grid_curves \
firmware.grid_supply firmware.grid"""
_GRID_ORDERS = ("SetDERControl", "SetFFR", "SetChargingProfile", "AFRRSignal")
_ALSO = {"ClearCache": "authorise", "Reset": "restart"}
_ALSO_OF = {"schedules": "smart"}
_TOLD_BY = {"Fir": "update", "Dia": "uploads", "Log": "uploads"}  # what is to be triggered
_ACCESS = ("authorizationkey", "authorizationkeyreading", "securityprofile")


class Requests:
    """`handle` answers."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._busy = False

    def idle(self):
        """False while an answer comes in pieces."""
        return not self._busy

    def handle(self, action, payload):
        """Load what is needed, module by module and part by part, then answer."""
        if self._station.session.boot_status == "Rejected":
            return None  # nothing is said
        part = None
        for line in _REQUESTS.split("\n"):
            if action in line.split(" ")[1:]:
                part = line.split(" ")[0]
        if part is None:
            raise CallError(NOT_IMPLEMENTED, "unknown action")
        calls = self._station
        if calls.row(part) is None:
            raise CallError(NOT_SUPPORTED, "this feature is not configured")
        self._busy = True
        try:
            yield from calls.prepared(*self._needs(part, action, payload))
        finally:
            self._busy = False
        calls.used(part)
        handler = getattr(self._station, part).handlers().get(action)
        if not handler:
            raise CallError(NOT_SUPPORTED, "this feature is not configured")
        answer = handler(payload)
        if hasattr(answer, "send"):
            answer = yield from answer
        return answer

    def _needs(self, part, action, payload):
        """(parts, modules) that a request is about to need. The payload is not checked yet."""
        names = ()
        also = _ALSO.get(action) or _ALSO_OF.get(part, "")
        if action == "RemoteStartTransaction":
            also = "smart,schedules" if payload.get("chargingProfile") else ""
            also += ",authorise" if self._station.config.flag("AuthorizeRemoteTxRequests") else ""
        elif action == "DataTransfer" and payload.get("vendorId") == VENDOR:
            also = "transfer"
            if self._app.grid is None and payload.get("messageId") in _GRID_ORDERS:
                names = GRID.split(" ") + [self._app.board.mains_driver[0]]
        elif part == "triggers":
            also = _TOLD_BY.get(str(payload.get("requestedMessage"))[:3], "")
        elif part == "core" and action.endswith("Configuration"):
            names = CONFIGURATION
            if str(payload.get("key")).lower() in _ACCESS:
                also = "access"
        return [part] + [name for name in also.split(",") if name], names
