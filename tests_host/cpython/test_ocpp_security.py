# SPDX-License-Identifier: MIT
"""Signed updates, logs and certificates over OCPP, with real keys and a real HTTP server."""

import asyncio
import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from firmware.ocpp import der, rsa
from tests_host.cpython.certs import Signed, key_of
from tests_host.cpython.ocpp_station import Station, do, raw
from tools.bench.csms import BASE, EmbeddedCsms

# The embedded central system lives in 2025; so must these certificates.
VALID = ((BASE - datetime.now(UTC)).days - 3, 30)
OLD = (VALID[0] - 400, VALID[0] + 1)
IMAGE = bytes(range(256)) * 20
SHA256 = hashes.SHA256()
PKCS1 = padding.PKCS1v15()
PSS = [padding.PSS(padding.MGF1(SHA256), salt) for salt in (0, 20, 32, 222)]


@pytest.mark.parametrize("kind", [PKCS1, *PSS], ids=lambda kind: type(kind).__name__)
def test_signatures_of_both_kinds(kind):
    key = key_of("rsa")
    numbers = key.public_key().public_numbers()
    digest = hashlib.sha256(IMAGE).digest()
    signature = key.sign(IMAGE, kind, SHA256)
    assert rsa.verify(numbers.n, numbers.e, digest, signature)
    assert not rsa.verify(numbers.n, numbers.e, hashlib.sha256(b"x").digest(), signature)
    for at in (0, 100, 255):
        wrong = bytearray(signature)
        wrong[at] ^= 1
        assert not rsa.verify(numbers.n, numbers.e, digest, bytes(wrong))
    assert not rsa.verify(numbers.n, numbers.e, digest, signature[:-1])
    assert not rsa.verify(numbers.n, numbers.e, digest, b"")
    assert not rsa.verify(numbers.n, 1, digest, signature)


def test_other_hashes_and_paddings_are_refused():
    key = key_of("rsa")
    numbers = key.public_key().public_numbers()
    digest = hashlib.sha256(IMAGE).digest()
    signature = key.sign(IMAGE, PKCS1, hashes.SHA512())
    assert not rsa.verify(numbers.n, numbers.e, digest, signature)
    forged = (b"\x00\x01" + b"\xff" * 8 + b"\x00").ljust(256, b"\x00")  # Bleichenbacher 2006
    number = pow(int.from_bytes(forged, "big"), pow(numbers.e, -1, 2), numbers.n)
    assert not rsa.verify(numbers.n, numbers.e, digest, number.to_bytes(256, "big"))


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_certificates_are_read_like_the_library_reads_them(kind):
    root = Signed("root", kind=kind)
    signed = Signed("somebody", root, kind)
    ours = der.Certificate(der.blocks(signed.pem())[0])
    theirs = signed.certificate
    assert ours.serial == "%x" % theirs.serial_number
    assert ours.issuer == theirs.issuer.public_bytes()
    assert ours.subject == theirs.subject.public_bytes()
    assert ours.not_after == int(theirs.not_valid_after_utc.timestamp())
    assert ours.not_before == int(theirs.not_valid_before_utc.timestamp())
    assert ours.signed == theirs.tbs_certificate_bytes and ours.signature == theirs.signature
    if kind == "rsa":
        numbers = signed.key.public_key().public_numbers()
        assert ours.rsa_key() == (numbers.n, numbers.e)
    data = signed.der()
    for end in range(0, len(data), 7):
        with pytest.raises(ValueError):
            der.Certificate(data[:end])


class Web:
    """An HTTP server with one file; `uploads`: {path: body}."""

    def __init__(self):
        self.uploads = {}
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(IMAGE) + IMAGE

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        if method == "PUT":
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            self.uploads[path] = await reader.readexactly(length)
            writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
        else:
            writer.write(self.answer)
        await writer.drain()
        writer.close()


def update(csms, web, signer, image=IMAGE, location="/new.bin", kind=PKCS1):
    """A SignedUpdateFirmware action."""
    firmware = {
        "location": web.url + location,
        "retrieveDateTime": csms.iso_at(-60),
        "signingCertificate": signer.pem(),
        "signature": base64.b64encode(signer.key.sign(image, kind, SHA256)).decode(),
    }
    return raw("SignedUpdateFirmware", requestId=7, firmware=firmware)


def words(station):
    """Statuses of signed updates so far."""
    return [call["status"] for call in station.calls("SignedFirmwareStatusNotification")]


def scene(tmp_path, act):
    """Run `act(csms, station, web)` with a maker's root in the flash; no finding may remain."""
    maker = Signed("maker", kind="rsa", days=VALID)
    (tmp_path / "maker_0.der").write_bytes(maker.der())

    async def run():
        csms = EmbeddedCsms(paced=False)
        url = await csms.start()
        async with Web() as web, Station(tmp_path, url) as station:
            await station.until(lambda: station.statuses() == ["Available"])
            await act(csms, station, web, maker)
        await csms.stop()
        assert csms.findings == []

    asyncio.run(run())


def test_signed_update_in_its_order(tmp_path):
    async def act(csms, station, web, maker):
        signer = Signed("signer", maker, "rsa", days=VALID)
        for kind in (PKCS1, PSS[2]):
            answer = await do(csms, station, update(csms, web, signer, kind=kind))
            assert answer == {"status": "Accepted"}
            await station.until(lambda: words(station)[-1:] == ["Installed"])
            assert words(station) == [
                "Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed",
            ]  # fmt: skip
            assert (tmp_path / "update.bin").read_bytes() == IMAGE
            if kind is PKCS1:  # the same event again within a minute is one event
                await station.until(
                    lambda: (
                        [e["type"] for e in station.events("security")][-1:] == ["FirmwareUpdated"]
                    )
                )
            station.lines.clear()

    scene(tmp_path, act)


def test_updates_that_must_not_happen(tmp_path):
    async def act(csms, station, web, maker):
        signer = Signed("signer", maker, "rsa", days=VALID)
        stranger = Signed("signer", Signed("maker", kind="rsa"), "rsa", days=VALID)
        old = Signed("signer", maker, "rsa", days=OLD)
        for wrong in (stranger, old, Signed("signer", maker, "ec", days=VALID)):
            action = update(csms, web, signer)
            action["payload"]["firmware"]["signingCertificate"] = wrong.pem()
            answer = await do(csms, station, action)
            assert answer == {"status": "InvalidCertificate"}
        for location in ("ftp://x/y", "file:///etc/passwd", "http://me:secret@x/", "x"):
            action = update(csms, web, signer)
            action["payload"]["firmware"]["location"] = location
            assert await do(csms, station, action) == {"status": "Rejected"}
        assert not [x for x in station.lines if "event" in x and "secret" in str(x)]
        answer = await do(csms, station, update(csms, web, signer, image=b"another image"))
        assert answer == {"status": "Accepted"}
        await station.until(lambda: words(station)[-1:] == ["InvalidSignature"])
        for bad in (
            b"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        ):
            web.answer = bad
            before = len(words(station))
            await do(csms, station, update(csms, web, signer))
            await station.until(lambda n=before: len(words(station)) == n + 2)
            assert words(station)[before:] == ["Downloading", "DownloadFailed"]
        assert "Installing" not in words(station)
        web.answer = Web().answer
        for expected in ("InvalidSignature", "DownloadFailed"):  # the third file, and one too many
            before = len(words(station))
            await do(csms, station, update(csms, web, signer, image=b"another image"))
            await station.until(
                lambda n=before: (
                    words(station)[n:][-1:] not in ([], ["Downloading"], ["Downloaded"])
                )
            )
            assert words(station)[-1] == expected
        told = [call["type"] for call in station.calls("SecurityEventNotification")]
        assert "InvalidFirmwareSigningCertificate" in told and "InvalidFirmwareSignature" in told

    scene(tmp_path, act)


def test_logs_go_where_they_are_wanted(tmp_path):
    async def act(csms, station, web, maker):
        answer = await do(csms, station, raw("GetDiagnostics", location=web.url + "/up"))
        name = answer["fileName"]
        await station.until(
            lambda: (
                [c["status"] for c in station.calls("DiagnosticsStatusNotification")]
                == ["Uploading", "Uploaded"]
            )
        )
        assert b"HeartbeatInterval" in web.uploads["/up/" + name]
        log = {"remoteLocation": web.url + "/logs/"}
        answer = await do(
            csms, station, raw("GetLog", logType="SecurityLog", requestId=5, log=log)
        )
        assert answer["status"] == "Accepted"
        await station.until(lambda: len(station.calls("LogStatusNotification")) == 2)
        assert station.calls("LogStatusNotification")[1] == {"status": "Uploaded", "requestId": 5}
        assert b"StartupOfTheDevice" in web.uploads["/logs/" + answer["filename"]]

    scene(tmp_path, act)


def test_roots_come_and_go(tmp_path):
    async def act(csms, station, web, maker):
        kind = {"certificateType": "CentralSystemRootCertificate"}
        listed = raw("GetInstalledCertificateIds", **kind)
        assert await do(csms, station, listed) == {"status": "NotFound"}
        roots = [Signed("root %d" % n, days=VALID) for n in range(5)]
        for n, root in enumerate(roots):
            answer = await do(
                csms, station, raw("InstallCertificate", certificate=root.pem(), **kind)
            )
            assert answer == {"status": "Accepted" if n < 4 else "Rejected"}
        for wrong in ("none", Signed("old", days=OLD).pem()):
            answer = await do(csms, station, raw("InstallCertificate", certificate=wrong, **kind))
            assert answer == {"status": "Rejected"}
        ids = (await do(csms, station, listed))["certificateHashData"]
        assert len(ids) == 4 and len({entry["serialNumber"] for entry in ids}) == 4
        gone = raw("DeleteCertificate", certificateHashData=ids[2])
        assert await do(csms, station, gone) == {"status": "Accepted"}
        assert await do(csms, station, gone) == {"status": "NotFound"}
        assert len((await do(csms, station, listed))["certificateHashData"]) == 3

    scene(tmp_path, act)


def test_own_certificate_is_renewed_for_the_key_that_is_here(tmp_path):
    root = Signed("root", days=VALID)
    own = Signed("station", root, days=VALID)
    for kind in ("ec", "rsa"):
        assert (tmp_path / kind).mkdir() is None
        own = Signed("station", root, kind, days=VALID)
        (tmp_path / kind / "station_key.der").write_bytes(own.key_der())
        other = Signed("station", root, kind, days=VALID)

        async def act(csms, station, web, maker, own=own, other=other):
            chain = own.pem() + root.pem()
            signed = raw("CertificateSigned", certificateChain=chain)
            assert await do(csms, station, signed) == {"status": "Accepted"}
            signed = raw("CertificateSigned", certificateChain=other.pem())
            assert await do(csms, station, signed) == {"status": "Rejected"}

        scene(tmp_path / kind, act)
        assert (tmp_path / kind / "station.der").read_bytes() == own.der()
