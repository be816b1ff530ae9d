# SPDX-License-Identifier: MIT
"""Firmware updates asked for by the central system: UpdateFirmware and SignedUpdateFirmware.

The file is fetched, checked, and handed to `station.installer`, a callable(path) that returns True
once the new firmware will run at the next start; this module changes no firmware itself. A signed
request is only taken when a root of the maker has signed the signer's certificate, and the file
only when that certificate's key has signed it (L01). Installing waits until nobody charges.
"""

import asyncio
import binascii
import hashlib

from micropython import const

from firmware.clock import parse_iso
from firmware.ocpp import der, fields, http, rsa, store
from firmware.ocpp.rpc import TYPE, CallError

FILE = "update.bin"
_MOST_BYTES = const(1500000)
_MOST_RETRIES = const(10)
_POLL_S = const(1)


class Job:
    """One requested update."""

    def __init__(self, location, start_s, retries, interval_s):
        self.location = location
        self.start_s = start_s  # unix seconds of the download
        self.install_s = 0  # unix seconds from which it may be installed
        self.retries = retries
        self.interval_s = interval_s
        self.request_id = None  # None: not signed
        self.certificate = None
        self.signature = None

    def sign(self, request_id, certificate, signature):
        """It is a signed one; the signature is checked when the file is here."""
        self.request_id = request_id
        self.certificate = certificate
        self.signature = signature


class FirmwareUpdate:
    """The handlers and the task that does the work. `status`: the last one told."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._task = None
        self._job = None
        self.status = "Idle"

    def handlers(self):
        """{action: handler}"""
        table = {"UpdateFirmware": self._update}
        if "Security" in self._station.features:
            table["SignedUpdateFirmware"] = self._signed
        return table

    def idle(self):
        """No update is going on, and how the last one ended has been told."""
        return self._task is None and self.status == "Idle"

    def _update(self, payload):
        location = fields.text(payload, "location", 512)
        job = Job(location, _moment(payload, "retrieveDate"), *_retries(payload))
        self._begin(job)  # a bad location is told by DownloadFailed
        return {}

    def _signed(self, payload):
        request_id = fields.integer(payload, "requestId", -(1 << 31), (1 << 31) - 1)
        firmware = fields.table(payload, "firmware", dict)
        location = fields.text(firmware, "location", 512)
        start_s = _moment(firmware, "retrieveDateTime")
        certificate = fields.text(firmware, "signingCertificate", 5500)
        signature = fields.text(firmware, "signature", 800)
        job = Job(location, start_s, *_retries(payload))
        if firmware.get("installDateTime") is not None:
            job.install_s = _moment(firmware, "installDateTime")
        try:
            http.parse(location)
            signature = binascii.a2b_base64(signature)
        except (http.Failed, ValueError) as error:
            self._app.log.event("update_refused", why=str(error))
            return {"status": "Rejected"}
        try:
            signer = trusted(certificate, self._app.clock.now())
        except ValueError as error:
            self._app.log.event("update_refused", why=str(error))
            self._station.event("InvalidFirmwareSigningCertificate", str(error))
            return {"status": "InvalidCertificate"}
        job.sign(request_id, signer, signature)
        replaced = self._task is not None
        if replaced and self.status == "Installing":
            return {"status": "Rejected"}
        self._begin(job)
        return {"status": "AcceptedCanceled" if replaced else "Accepted"}

    def _begin(self, job):
        if self._task is not None:
            self._task.cancel()
        self._job = job
        self._task = asyncio.create_task(self._run(job))

    async def _run(self, job):
        try:
            await self._steps(job)
        except Exception as error:  # an update must not end anything else
            self._app.log.event("update_failed", why=repr(error))
            self._tell("InstallationFailed")
        self._task = None

    async def _steps(self, job):
        if self._wait_s(job.start_s) > 0 and job.request_id is not None:
            self._tell("DownloadScheduled")
        await self._until(job.start_s)
        digest = await self._download(job)
        if digest is None:
            self._tell("DownloadFailed")
            return
        self._tell("Downloaded")
        if job.request_id is not None:
            modulus, exponent = job.certificate.rsa_key()
            if not rsa.verify(modulus, exponent, digest, job.signature):
                self._tell("InvalidSignature")
                self._station.event("InvalidFirmwareSignature")
                return
            self._tell("SignatureVerified")
            if self._wait_s(job.install_s) > 0:
                self._tell("InstallScheduled")
        await self._until(job.install_s)
        while self._app.transactions.open:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        self._tell("Installing")
        installer = self._station.installer
        if installer is None or not installer(FILE):
            self._tell("InstallationFailed")
            return
        self._tell("Installed")
        self._station.event("FirmwareUpdated")

    async def _download(self, job):
        """SHA-256 of the file, or None after the last attempt."""
        for attempt in range(job.retries + 1):
            if attempt:
                await asyncio.sleep(job.interval_s)
            self._tell("Downloading")
            try:
                return await http.download(
                    job.location, self._station.address, FILE, _MOST_BYTES, self._may_write
                )
            except http.Failed as error:
                self._app.log.event("download_failed", why=str(error))
        return None

    def _may_write(self):
        return self._station.downloads.take(self._app.clock.uptime_s())

    def _wait_s(self, moment_s):
        now_s = self._app.clock.now()
        return 0 if now_s is None else moment_s - now_s

    async def _until(self, moment_s):
        while self._wait_s(moment_s) > 0:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)

    def _tell(self, word):
        self.status = word
        self.tell()

    def tell(self, signed=None):
        """Notify the status, also when asked for: Idle when nothing is going on."""
        job = self._job
        if signed is None:
            signed = job is not None and job.request_id is not None
        word = self.status
        if word in ("Installed", "InstallationFailed", "DownloadFailed", "InvalidSignature"):
            self.status = "Idle"  # from now on; this notification still says how it ended
        request = {"status": word}
        if signed and word != "Idle" and job is not None and job.request_id is not None:
            request["requestId"] = job.request_id
        action = "SignedFirmwareStatusNotification" if signed else "FirmwareStatusNotification"
        self._station.outbox.push(action, request)


def trusted(text, now_s):
    """The signer's Certificate from PEM. Raises ValueError unless a root of the maker vouches."""
    found = der.blocks(text)
    if not found:
        raise ValueError("no certificate")
    signer = der.Certificate(found[0])
    if now_s is not None and not signer.not_before <= now_s <= signer.not_after:
        raise ValueError("not valid today")
    signer.rsa_key()
    digest = hashlib.sha256(signer.signed).digest()
    for _, data in store.roots(store.MAKER):
        try:
            root = der.Certificate(data)
            modulus, exponent = root.rsa_key()
        except ValueError:
            continue
        if root.subject == signer.issuer:
            if rsa.verify(modulus, exponent, digest, signer.signature):
                return signer
    raise ValueError("not signed by a root of the maker")


def _moment(payload, key):
    value = parse_iso(fields.text(payload, key, 40))
    if value is None:
        raise CallError(TYPE, "%s: expected an ISO 8601 date and time" % key)
    return value


def _retries(payload):
    retries = fields.optional_integer(payload, "retries", 0, 1 << 29) or 0
    interval_s = fields.optional_integer(payload, "retryInterval", 0, 1 << 29)
    return min(retries, _MOST_RETRIES), 60 if interval_s is None else min(interval_s, 86400)
