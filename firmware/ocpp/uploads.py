# SPDX-License-Identifier: MIT
"""Logs for the central system: GetDiagnostics (1.6 ed. 2, 5.8) and GetLog (security extension).

Diagnostics are what the charger knows about itself now, without secrets; the security log is the
file of security.py. One upload at a time; a new request takes the place of the old one.
"""

import asyncio
import json

from firmware.clock import parse_iso
from firmware.ocpp import fields, http
from firmware.ocpp.rpc import TYPE, CallError

_MOST_RETRIES = 10


class Job:
    """One requested upload."""

    def __init__(self, kind, location, retries, interval_s, request_id=None):
        self.kind = kind  # "diagnostics" or "security"
        self.location = location
        self.retries = retries
        self.interval_s = interval_s
        self.request_id = request_id  # None: GetDiagnostics


class Uploads:
    """The handlers and the task that does the work."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._task = None
        self.diagnostics_status = "Idle"
        self.log_status = "Idle"
        self._log_id = None

    def handlers(self):
        """{action: handler}"""
        table = {}
        if "FirmwareManagement" in self._station.features:
            table["GetDiagnostics"] = self._diagnostics
        if "Security" in self._station.features:
            table["GetLog"] = self._log
        return table

    def idle(self):
        """Nothing is going up, and how the last one ended has been told."""
        return self._task is None and self.diagnostics_status == self.log_status == "Idle"

    def _diagnostics(self, payload):
        location = fields.text(payload, "location", 512)
        job = Job("diagnostics", location, *_retries(payload))
        _moment(payload, "startTime")
        _moment(payload, "stopTime")
        try:
            http.parse(location)
        except http.Failed as error:
            self._app.log.event("upload_refused", why=str(error))
            return {}  # no file name: nothing will be uploaded (5.8)
        return {"fileName": self._begin(job)}

    def _log(self, payload):
        kind = fields.choice(payload, "logType", ("DiagnosticsLog", "SecurityLog"))
        request_id = fields.integer(payload, "requestId", -(1 << 31), (1 << 31) - 1)
        log = fields.table(payload, "log", dict)
        location = fields.text(log, "remoteLocation", 512)
        _moment(log, "oldestTimestamp")
        _moment(log, "latestTimestamp")
        retries, interval_s = _retries(payload)
        try:
            http.parse(location)
        except http.Failed as error:
            self._app.log.event("upload_refused", why=str(error))
            return {"status": "Rejected"}
        busy = self._task is not None
        kind = "security" if kind == "SecurityLog" else "diagnostics"
        name = self._begin(Job(kind, location, retries, interval_s, request_id))
        return {"status": "AcceptedCanceled" if busy else "Accepted", "filename": name}

    def _begin(self, job):
        if self._task is not None:
            self._task.cancel()
        self._station.uploaded += 1
        ending = "log" if job.kind == "security" else "json"
        name = "%s-%s-%d.%s" % (
            self._app.settings.device_id,
            job.kind,
            self._station.uploaded,
            ending,
        )
        name = "".join(c if c.isalpha() or c.isdigit() or c in "-." else "_" for c in name)
        self._task = asyncio.create_task(self._run(job, name))
        return name

    async def _run(self, job, name):
        try:
            for attempt in range(job.retries + 1):
                if attempt:
                    await asyncio.sleep(job.interval_s)
                self._tell(job, "Uploading")
                try:
                    await http.upload(
                        job.location, self._station.address, name, self._content(job.kind)
                    )
                    self._tell(job, "Uploaded")
                    break
                except http.Failed as error:
                    self._app.log.event("upload_failed", why=str(error))
            else:
                self._tell(job, "UploadFailed")
            self._task = None
        except Exception as error:  # an upload must not end anything else
            self._app.log.event("upload_failed", why=repr(error))
            self._tell(job, "UploadFailed")
            self._task = None

    def _content(self, kind):
        """Bytes to upload, as a list."""
        if kind == "security":
            pieces = []
            for path in ("security.old", "security.log"):  # of security.py
                try:
                    with open(path, "rb") as file:
                        pieces.append(file.read())
                except OSError:
                    pass  # not written yet
            return pieces
        app = self._app
        facts = {
            "device_id": app.settings.device_id,
            "time": app.clock.iso(),
            "uptime_s": app.clock.uptime_s(),
            "fault": app.charger.fault,
            "energy_wh": app.board.readings.energy_wh,
            "transactions": len(app.transactions.records),
        }
        pieces = [json.dumps(facts).encode() + b"\n"]
        for entry in self._station.config.get([])["configurationKey"]:
            pieces.append(json.dumps(entry).encode() + b"\n")
        return pieces

    def _tell(self, job, word):
        if job.request_id is None:
            self.diagnostics_status = word
            self.tell_diagnostics()
        else:
            self.log_status = "UploadFailure" if word == "UploadFailed" else word
            self._log_id = job.request_id
            self.tell_log()

    def tell_diagnostics(self):
        """DiagnosticsStatusNotification, also when it was asked for: Uploading or Idle then."""
        self._station.outbox.push(
            "DiagnosticsStatusNotification", {"status": self.diagnostics_status}
        )
        if self.diagnostics_status != "Uploading":
            self.diagnostics_status = "Idle"

    def tell_log(self):
        """LogStatusNotification."""
        request = {"status": self.log_status}
        if self.log_status != "Idle" and self._log_id is not None:
            request["requestId"] = self._log_id
        self._station.outbox.push("LogStatusNotification", request)
        if self.log_status != "Uploading":
            self.log_status = "Idle"


def _retries(payload):
    retries = fields.optional_integer(payload, "retries", 0, 1 << 29) or 0
    interval_s = fields.optional_integer(payload, "retryInterval", 0, 1 << 29)
    return min(retries, _MOST_RETRIES), 60 if interval_s is None else min(interval_s, 86400)


def _moment(payload, key):
    """Check a time that is allowed to be there; the files here are short enough to send whole."""
    if payload.get(key) is not None and parse_iso(payload[key]) is None:
        raise CallError(TYPE, "%s: expected an ISO 8601 date and time" % key)
