# SPDX-License-Identifier: MIT
"""Certificates over OCPP (security extension, M03-M05): install, delete, list, renew.

Keys cannot be made on this platform, so there is no SignCertificate; a CertificateSigned that
carries a certificate for the key that is here already (a renewal) is taken.
"""

from firmware.ocpp import der, fields, store
from firmware.ocpp.rpc import PROPERTY, CallError

_KINDS = {
    "CentralSystemRootCertificate": store.CSMS,
    "ManufacturerRootCertificate": store.MAKER,
}
_LONGEST = 5500
_CHAIN = 10000


class Certificates:
    """The four handlers."""

    def __init__(self, app, station):
        self._app = app
        self._station = station

    def handlers(self):
        """{action: handler}"""
        return {
            "CertificateSigned": self._signed,
            "DeleteCertificate": self._delete,
            "GetInstalledCertificateIds": self._list,
            "InstallCertificate": self._install,
        }

    def idle(self):
        """Nothing is kept here."""
        return True

    def _fit(self, certificate):
        """True when a certificate is valid today; True without a clock."""
        now_s = self._app.clock.now()
        return now_s is None or certificate.not_before <= now_s <= certificate.not_after

    def _profile(self):
        return self._station.config.number("SecurityProfile")

    def _install(self, payload):
        kind = _KINDS[fields.choice(payload, "certificateType", tuple(_KINDS)) or ""]
        text = fields.text(payload, "certificate", _LONGEST)
        try:
            data = der.blocks(text)[0]
            certificate = der.Certificate(data)
        except (ValueError, IndexError) as error:
            self._app.log.event("certificate_rejected", why=str(error))
            return {"status": "Rejected"}
        if not self._fit(certificate):
            self._app.log.event("certificate_rejected", why="not valid today")
            return {"status": "Rejected"}
        used = dict(store.roots(kind))
        for known in used.values():
            if known == data:
                return {"status": "Accepted"}  # it is here already
        free = [slot for slot in range(store.SLOTS) if slot not in used]
        if not free:
            return {"status": "Rejected"}  # CertificateStoreMaxLength
        try:
            store.write("%s_%d" % (kind, free[0]), data)
        except OSError as error:
            self._app.log.event("certificate_failed", why=str(error))
            return {"status": "Failed"}
        self._station.event("ReconfigurationOfSecurityParameters", "root installed")
        return {"status": "Accepted"}

    def _list(self, payload):
        kind = _KINDS[fields.choice(payload, "certificateType", tuple(_KINDS)) or ""]
        found = []
        for _, data in store.roots(kind):
            try:
                certificate = der.Certificate(data)
            except ValueError:
                continue  # put there by hand, and not readable
            found.append(certificate.hash_data(certificate.key_bits))
        if not found:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": found}

    def _delete(self, payload):
        wanted = fields.table(payload, "certificateHashData", dict)
        fields.choice(wanted, "hashAlgorithm", ("SHA256", "SHA384", "SHA512"))
        name = fields.text(wanted, "issuerNameHash", 128).lower()
        key = fields.text(wanted, "issuerKeyHash", 128).lower()
        serial = fields.text(wanted, "serialNumber", 40).lower()
        for kind in (store.CSMS, store.MAKER):
            held = dict(store.roots(kind))
            for slot, data in held.items():
                try:
                    certificate = der.Certificate(data)
                except ValueError:
                    continue
                found = certificate.hash_data(certificate.key_bits)
                if (found["issuerNameHash"], found["issuerKeyHash"]) != (name, key):
                    continue
                if found["serialNumber"] != serial.lstrip("0"):
                    continue
                # Without the last one nothing would connect any more (M04.FR.06).
                if kind == store.CSMS and len(held) == 1 and self._profile() >= 2:
                    return {"status": "Failed"}
                store.remove("%s_%d" % (kind, slot))
                self._station.event("ReconfigurationOfSecurityParameters", "root deleted")
                return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _signed(self, payload):
        text = fields.text(payload, "certificateChain", _CHAIN)
        key = store.read(store.KEY)
        try:
            chain = der.blocks(text)
            certificate = der.Certificate(chain[0])
        except (ValueError, IndexError) as error:
            raise CallError(PROPERTY, "certificateChain: %s" % error)
        why = None
        if not key or key.find(_public(certificate)) < 0:
            why = "not for the key of this charger"
        if why is None and not self._fit(certificate):
            why = "not valid today"
        if why:
            self._app.log.event("certificate_rejected", why=why)
            self._station.event("InvalidChargePointCertificate", why)
            return {"status": "Rejected"}
        try:
            store.write(store.STATION, chain[0])
        except OSError:
            return {"status": "Rejected"}
        self._station.event("ReconfigurationOfSecurityParameters", "own certificate")
        self._station.changed = self._profile() == 3
        return {"status": "Accepted"}


def _public(certificate):
    """The public key as it stands in the file of its private key: a point, or modulus and
    exponent.
    """
    if not certificate.rsa:
        return certificate.key_bits[1:]
    _, begin, end = der.tlv(certificate.key_bits, 0)
    return certificate.key_bits[begin:end]
