# SPDX-License-Identifier: MIT
"""Security profiles 1 to 3 on real sockets: passwords, verified servers, own certificates."""

import asyncio

from tests_host.cpython.certs import Signed
from tests_host.cpython.ocpp_station import Station, do
from tools.bench.csms import EmbeddedCsms

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"  # 20 bytes that are no text


def flash(folder, name, **files):
    """A flash with certificates in it: bytes become a DER file, texts a PEM file."""
    folder = folder / name
    folder.mkdir()
    for file, data in files.items():
        if isinstance(data, bytes):
            (folder / (file + ".der")).write_bytes(data)
        else:
            (folder / (file + ".pem")).write_text(data)
    return folder


def unreachable(station):
    """Reasons of connections that were not made."""
    return [event["why"] for event in station.events("ocpp_unreachable")]


def test_wss_with_every_kind_of_server_certificate(tmp_path):
    """EC and RSA, verified against the root in the flash; frames of both directions."""
    root = Signed("root")

    async def serve(kind):
        csms = EmbeddedCsms(paced=False)
        server = Signed("localhost", root, kind, host="localhost")
        url = await csms.start(ssl=server.server_context(tmp_path))
        other = Signed("another root")
        files = flash(tmp_path, kind, csms_0=other.der(), csms_2=root.der())
        async with Station(files, url, meter_interval_s=1, heartbeat_s=1) as station:
            await station.until(lambda: station.statuses() == ["Available"])
            profile = {"do": "set_profile", "periods": [[60 * i, 8.1, 3] for i in range(24)]}
            assert await do(csms, station, profile) == {"status": "Accepted"}
            got = await do(csms, station, {"do": "get_configuration", "keys": ["SecurityProfile"]})
            assert got["configurationKey"][0]["value"] == "2"
            station.say("plug")
            station.say("tap me")
            await station.until(lambda: station.calls("MeterValues"))
            station.say("unplug")
            await station.until(lambda: station.calls("StopTransaction"))
        await csms.stop()
        assert csms.findings == []

    async def run():
        await asyncio.gather(serve("ec"), serve("rsa"))

    asyncio.run(run())


def test_servers_that_are_not_who_they_say(tmp_path):
    """Another root, another name, an old certificate, no root at all: no connection, and why."""
    root = Signed("root")
    good = Signed("localhost", root, host="localhost")

    async def refuse(name, server, files):
        csms = EmbeddedCsms(paced=False)
        url = await csms.start(ssl=server.server_context(tmp_path))
        async with Station(flash(tmp_path, name, **files), url) as station:
            await station.until(lambda: unreachable(station))
            assert not station.events("ocpp_connected") and not csms.links
            why = unreachable(station)[0]
            if files:
                assert "no secure connection" in why, why
                await station.until(lambda: station.events("security"))
                assert station.events("security")[0]["type"] == "InvalidCentralSystemCertificate"
            else:
                assert "csms_0.der" in why
        await csms.stop()

    async def run():
        known = {"csms_0": root.der()}
        await asyncio.gather(
            refuse("other_root", Signed("localhost", Signed("x"), host="localhost"), known),
            refuse("other_name", Signed("x", root, host="example.org"), known),
            refuse("old", Signed("localhost", root, host="localhost", days=(-9, -1)), known),
            refuse("no_root", good, {}),
        )

    asyncio.run(run())


def test_certificate_of_the_station(tmp_path):
    """Profile 3: with its certificate it is let in, without it is not."""
    root = Signed("root")
    server = Signed("localhost", root, host="localhost")
    own = Signed("GP-0001", root)

    async def come(name, welcome, **files):
        csms = EmbeddedCsms(paced=False)
        url = await csms.start(ssl=server.server_context(tmp_path, clients=root))
        files = flash(tmp_path, name, csms_0=root.pem(), **files)
        async with Station(files, url) as station:
            if welcome:
                await station.until(lambda: station.statuses() == ["Available"])
                listed = {"do": "get_configuration", "keys": ["securityprofile"]}
                got = await do(csms, station, listed)
                assert got["configurationKey"][0]["value"] == "3"
            else:
                await station.until(lambda: unreachable(station))
                assert not csms.links
        await csms.stop()

    async def run():
        await asyncio.gather(
            come("with", True, station=own.der(), station_key=own.key_der()),
            come("with_pem", True, station=own.pem(), station_key=own.key_pem()),
            come("without", False),
        )

    asyncio.run(run())


def test_password_in_both_readings(tmp_path):
    """The key as 20 raw bytes, and as the password itself; a wrong one is told once let in."""

    async def come(name, key, password, **config):
        csms = EmbeddedCsms(paced=False)
        csms.password = b"something else entirely"
        url = await csms.start()
        folder = flash(tmp_path, name)
        if config:
            (folder / "ocpp.json").write_text('{"AuthorizationKeyReading":"text"}')
        async with Station(folder, url, authorization_key=key) as station:
            await station.until(lambda: csms.refused)
            csms.password = password
            await station.until(lambda: station.statuses() == ["Available"])
            await station.until(lambda: station.calls("SecurityEventNotification"))
            told = [call["type"] for call in station.calls("SecurityEventNotification")]
            assert "FailedToAuthenticateAtCentralSystem" in told
            got = await do(csms, station, {"do": "get_configuration"})
            keys = {entry["key"]: entry.get("value") for entry in got["configurationKey"]}
            assert keys["SecurityProfile"] == "1" and "AuthorizationKey" not in keys
            assert KEY not in str(got) and key not in str(got)
        assert key not in station.console
        await csms.stop()

    async def run():
        await asyncio.gather(
            come("hex", KEY, bytes.fromhex(KEY)),
            come("text", "correct horse battery", b"correct horse battery", reading="text"),
        )

    asyncio.run(run())


def test_change_of_the_password(tmp_path):
    """A new key is used at once; one that the server does not know gives way to the old one."""

    def change(value):
        return {"do": "change_configuration", "key": "AuthorizationKey", "value": value}

    async def run():
        csms = EmbeddedCsms(paced=False)
        csms.password = bytes.fromhex(KEY)
        url = await csms.start()
        async with Station(tmp_path, url, authorization_key=KEY) as station:
            await station.until(lambda: station.statuses() == ["Available"])
            for bad in ("short", KEY[:-1], "Z" * 40, "00" * 30):
                assert await do(csms, station, change(bad)) == {"status": "Rejected"}
            new = "A1" * 20
            csms.password = bytes.fromhex(new)
            assert await do(csms, station, change(new)) == {"status": "Accepted"}
            await station.until(lambda: len(station.events("ocpp_connected")) == 2)
            assert csms.refused == 0
            assert await do(csms, station, change("B2" * 20)) == {"status": "Accepted"}
            await station.until(lambda: len(station.events("ocpp_connected")) == 3)
            await station.until(lambda: station.events("key_refused"))
            assert csms.refused == 1
            assert len(station.calls("BootNotification")) == 1
        await csms.stop()

    asyncio.run(run())
