# SPDX-License-Identifier: MIT
"""Certificates for bench and tests, made when needed: a root, servers, a station, a signer."""

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def key_of(kind):
    """A private key, "ec" (P-256) or "rsa" (2048 bits)."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


class Signed:
    """A certificate with its key. `issuer` None: it signs itself, and may sign others."""

    def __init__(self, name, issuer=None, kind="ec", host=None, days=(-1, 30)):
        self.key = key_of(kind)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
        )
        if host:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host)]), False
            )
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())

    def pem(self):
        """The certificate as text."""
        return self.certificate.public_bytes(PEM).decode()

    def der(self):
        """The certificate as bytes."""
        return self.certificate.public_bytes(DER)

    def key_der(self):
        """The private key as bytes, in the form openssl calls traditional."""
        return self.key.private_bytes(
            DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )

    def key_pem(self):
        """The private key as text."""
        return self.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def server_context(self, folder, clients=None):
        """SSLContext of a server; `clients`: the root its clients need a certificate of."""
        name = folder / ("%d.pem" % self.certificate.serial_number)
        name.write_text(self.key_pem() + self.pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=clients.pem())
        return context
