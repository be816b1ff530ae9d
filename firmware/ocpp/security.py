# SPDX-License-Identifier: MIT
"""Security events (OCPP 1.6 security extension, A04): a log in flash, and notifications.

Critical events are kept until the central system has taken them. One that does not know the
extension is told nothing more; the log goes on. Whoever provokes events gets no more than a few
writes out of the flash: the same event again within a minute is one event.
"""

import os

from micropython import const

from firmware.clock import format_iso

FILE = "security.log"
OLD = "security.old"
_MOST_BYTES = const(4096)
_AGAIN_S = const(60)

_CRITICAL = (
    "FirmwareUpdated",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
)
_OTHERS = (
    "FailedToAuthenticateAtCentralSystem",
    "InvalidMessages",
    "AttemptedReplayAttacks",
    "InvalidFirmwareSignature",
    "InvalidFirmwareSigningCertificate",
    "InvalidCentralSystemCertificate",
    "InvalidChargePointCertificate",
    "InvalidTLSVersion",
    "InvalidTLSCipherSuite",
    "ReconfigurationOfSecurityParameters",
)
_ACTION = "SecurityEventNotification"


class Security:
    """`event` takes a name of the extension."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._last = {}  # uptime by event

    def idle(self):
        """True once the same event would be told again."""
        now_s = self._app.clock.uptime_s()
        return all(now_s - then_s >= _AGAIN_S for then_s in self._last.values())

    def event(self, kind, info=""):
        """Log and tell. Raises ValueError for a name the extension does not have."""
        critical = kind in _CRITICAL
        if not critical and kind not in _OTHERS:
            raise ValueError("security event %s: not in the list of the extension" % kind)
        now_s = self._app.clock.uptime_s()
        if kind in self._last and now_s - self._last[kind] < _AGAIN_S:
            return
        self._last[kind] = now_s
        self._app.log.event("security", type=kind, info=info)
        stamp = self._app.clock.iso()
        if stamp is None:
            stamp = format_iso(int(self._station.config.text("LastTime")))
        if self._station.log_writes.take(now_s):
            self._write("%s %s %s\n" % (stamp, kind, info))
        if not self._station.silent:
            request = {"type": kind, "timestamp": stamp}
            if info:
                request["techInfo"] = info[:255]
            self._station.outbox.push(_ACTION, request, critical)

    def _write(self, line):
        try:
            with open(FILE, "a") as file:
                file.write(line)
                full = file.tell() >= _MOST_BYTES
            if full:
                os.rename(FILE, OLD)
        except OSError as error:
            self._app.log.event("security_log_failed", why=str(error))
