# SPDX-License-Identifier: MIT
"""Which handler answers which action. Features that are not configured are not even imported.

A handler takes the payload and returns the answer, or raises CallError. Handlers never wait: what
takes longer is noted and done after the answer is out, or comes in pieces (a generator).
"""

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
# Actions of features that may be missing: known but not supported, unlike what nobody knows.
_KNOWN = [
    "CancelReservation",
    "CertificateSigned",
    "ClearChargingProfile",
    "DataTransfer",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetCompositeSchedule",
    "GetDiagnostics",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "InstallCertificate",
    "ReserveNow",
    "SendLocalList",
    "SetChargingProfile",
    "SignedUpdateFirmware",
    "TriggerMessage",
    "UpdateFirmware",
]


def configured(text):
    """The features in a comma-separated list of the settings, in our order."""
    wanted = [name.strip() for name in text.split(",")]
    return tuple(name for name in FEATURES if name in wanted)


class Calls:
    """The table of actions. `station` owns connection and state, `app` the charger."""

    def __init__(self, app, station):
        from firmware.ocpp.core import Core

        self._station = station
        self._table = Core(app, station).handlers()
        if "SmartCharging" in station.features:
            self._table["ClearChargingProfile"] = station.smart.clear_profile
            self._table["GetCompositeSchedule"] = station.smart.composite_pieces
            self._table["SetChargingProfile"] = station.smart.set_profile_pieces
        if "RemoteTrigger" in station.features:
            from firmware.ocpp.trigger import Trigger

            self._table.update(Trigger(app, station).handlers())
        if station.transfer:
            self._table["DataTransfer"] = station.transfer.handle
        for part in station.parts:
            self._table.update(part.handlers())

    def handle(self, action, payload):
        """Answer one CALL; raises CallError. None: not now (we were rejected at boot)."""
        if self._station.session.boot_status == "Rejected":
            return None
        handler = self._table.get(action)
        if handler is None:
            if action in _KNOWN:
                raise CallError(NOT_SUPPORTED, "this feature is not configured")
            raise CallError(NOT_IMPLEMENTED, "unknown action")
        return handler(payload)
