# SPDX-License-Identifier: MIT
"""Second opinion: the station against the npm package ocpp-rpc in strict mode, ws and wss.

Its schemas are not those of the embedded central system, and it knows the security extension.
"""

import asyncio
import json

import pytest

from tests_host.cpython.certs import Signed
from tests_host.cpython.ocpp_station import LIMIT_S, Station
from tools.runtimes import node
from tools.tree import ROOT

SERVER = ROOT / "tests_host" / "node" / "csms.mjs"
LATER = "2099-01-01T00:00:00Z"
PERIODS = [{"startPeriod": 60 * i, "limit": 8.1, "numberPhases": 3} for i in range(24)]
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "chargingSchedule": {
        "startSchedule": "2025-01-01T00:00:00Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": PERIODS,
    },
}
LIST = [{"idTag": "A%d" % n, "idTagInfo": {"status": "Accepted"}} for n in range(20)]

# (action, payload, what the answer must contain)
CALLS = (
    ("GetConfiguration", {}, {}),
    ("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "900"}, "Accepted"),
    ("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "-1"}, "Rejected"),
    ("ChangeConfiguration", {"key": "Nonsense", "value": "1"}, "NotSupported"),
    ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, "Accepted"),
    ("ClearCache", {}, "Accepted"),
    ("DataTransfer", {"vendorId": "nobody"}, "UnknownVendorId"),
    ("UnlockConnector", {"connectorId": 1}, "NotSupported"),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": PROFILE}, "Accepted"),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 7200}, "Accepted"),
    ("ClearChargingProfile", {"id": 1}, "Accepted"),
    ("GetLocalListVersion", {}, {"listVersion": 0}),
    ("SendLocalList", {"listVersion": 3, "updateType": "Full",
                       "localAuthorizationList": LIST}, "Accepted"),
    ("GetLocalListVersion", {}, {"listVersion": 3}),
    ("SendLocalList", {"listVersion": 3, "updateType": "Differential"}, "VersionMismatch"),
    ("ReserveNow", {"connectorId": 1, "expiryDate": LATER, "idTag": "A1",
                    "reservationId": 9}, "Accepted"),
    ("RemoteStartTransaction", {"connectorId": 1, "idTag": "A2"}, "Rejected"),
    ("CancelReservation", {"reservationId": 9}, "Accepted"),
    ("CancelReservation", {"reservationId": 9}, "Rejected"),
    ("RemoteStopTransaction", {"transactionId": 5}, "Rejected"),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}, "Accepted"),
    ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}, "Accepted"),
    ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}, "Accepted"),
    ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"},
     "NotImplemented"),
    ("GetDiagnostics", {"location": "ftp://x/y"}, {}),
    ("GetLog", {"logType": "SecurityLog", "requestId": 1,
                "log": {"remoteLocation": "file:///etc"}}, "Rejected"),
    ("UpdateFirmware", {"location": "ftp://x/y", "retrieveDate": "2025-01-01T00:00:00Z"}, {}),
    ("SignedUpdateFirmware", {"requestId": 1, "firmware": {
        "location": "http://127.0.0.1/x", "retrieveDateTime": LATER,
        "signingCertificate": "none", "signature": "AAAA"}}, "InvalidCertificate"),
    ("InstallCertificate", {"certificateType": "ManufacturerRootCertificate",
                            "certificate": "none"}, "Rejected"),
    ("GetInstalledCertificateIds", {"certificateType": "ManufacturerRootCertificate"},
     "NotFound"),
    ("DeleteCertificate", {"certificateHashData": {
        "hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b",
        "serialNumber": "1"}}, "NotFound"),
)  # fmt: skip


class Strict:
    """The server in node; what it says in `lines`."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.lines = []

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            node(), str(SERVER), *self.arguments, cwd=ROOT, limit=1 << 20,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.reader = asyncio.create_task(self.read())
        await self.until(lambda: self.lines)
        self.port = self.lines[0]["port"]
        return self

    async def __aexit__(self, *_):
        self.process.stdin.close()
        await self.process.wait()
        await self.reader

    async def read(self):
        """Collect lines until the process ends."""
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    async def until(self, condition):
        """Wait until `condition` holds."""
        for _ in range(LIMIT_S * 50):
            if condition():
                return
            assert not self.reader.done()
            await asyncio.sleep(0.02)
        raise AssertionError(self.lines[-5:])

    def seen(self, action):
        """Payloads of the station's calls of an action."""
        return [line["payload"] for line in self.lines if line.get("call") == action]

    async def call(self, action, payload):
        """Call the station; the answer."""
        before = len(self.lines)
        line = json.dumps({"action": action, "payload": payload})
        self.process.stdin.write(line.encode() + b"\n")
        await self.until(lambda: any(x.get("to") == action for x in self.lines[before:]))
        return next(x for x in self.lines[before:] if x.get("to") == action)


@pytest.mark.skipif(node() is None, reason="node is not installed")
@pytest.mark.skipif(
    not (ROOT / "node_modules" / "ocpp-rpc").is_dir(), reason="ocpp-rpc is not installed"
)
@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
def test_a_strict_server_has_nothing_to_complain_about(tmp_path, tls):
    """Every request of the central system, a whole transaction, and no finding."""
    arguments = []
    flash = tmp_path / "flash"
    flash.mkdir()
    if tls:
        root = Signed("root")
        server = Signed("localhost", root, host="localhost")
        server.server_context(tmp_path)
        arguments = [str(next(tmp_path.glob("*.pem")))]
        (flash / "csms_0.der").write_bytes(root.der())

    async def run():
        async with Strict(*arguments) as csms:
            url = ("wss://localhost:%d/x" if tls else "ws://127.0.0.1:%d/x") % csms.port
            async with Station(flash, url, meter_interval_s=1) as station:
                await station.until(lambda: station.statuses() == ["Available"])
                for action, payload, expected in CALLS:
                    line = await csms.call(action, payload)
                    assert "answer" in line, line
                    wanted = {"status": expected} if isinstance(expected, str) else expected
                    for key, value in wanted.items():
                        assert line["answer"][key] == value, line
                station.say("tap A7")
                station.say("plug")
                await csms.until(lambda: len(csms.seen("MeterValues")) > 1)
                stop = await csms.call("RemoteStopTransaction", {"transactionId": 42})
                assert stop["answer"] == {"status": "Accepted"}
                await csms.until(lambda: csms.seen("StopTransaction"))
                assert len(csms.seen("StopTransaction")[0]["transactionData"]) == 2
                await csms.until(lambda: csms.seen("LogStatusNotification"))
                await csms.until(lambda: csms.seen("SecurityEventNotification"))
                station.say("unplug")
                await station.until(lambda: station.statuses()[-1] == "Available")
        assert [line for line in csms.lines if "problem" in line] == []
        assert csms.lines[1] == {"connected": "GP 1", "protocol": "ocpp1.6"}

    asyncio.run(run())
