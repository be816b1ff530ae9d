# SPDX-License-Identifier: MIT
"""Every message and key of OCPP 1.6: supported, tested by which file, seen on the wire.

What is seen is a session of the real station on MicroPython with the embedded central system,
which checks every frame of both sides against the schemas. Supported means: answered with
anything but NotImplemented and NotSupported, or sent by the station.
"""

import asyncio
import re
import tempfile

from tests_host.cpython.ocpp_station import Station
from tools.bench.csms import EmbeddedCsms
from tools.ocpp.corpus import REQUESTS
from tools.tree import ROOT


def names(text):
    """Words as a list."""
    return text.split()


FROM_STATION = names(
    "Authorize BootNotification DataTransfer DiagnosticsStatusNotification "
    "FirmwareStatusNotification Heartbeat LogStatusNotification MeterValues "
    "SecurityEventNotification SignCertificate SignedFirmwareStatusNotification StartTransaction "
    "StatusNotification StopTransaction"
)
FROM_CSMS = names(
    "CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache "
    "ClearChargingProfile DataTransfer DeleteCertificate ExtendedTriggerMessage "
    "GetCompositeSchedule GetConfiguration GetDiagnostics GetInstalledCertificateIds "
    "GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction RemoteStopTransaction "
    "ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage "
    "UnlockConnector UpdateFirmware"
)
# Keys that OCPP 1.6 requires for its profiles, and those of the security extension.
REQUIRED_KEYS = names(
    "AuthorizeRemoteTxRequests ClockAlignedDataInterval ConnectionTimeOut ConnectorPhaseRotation "
    "GetConfigurationMaxKeys HeartbeatInterval LocalAuthorizeOffline LocalPreAuthorize "
    "MeterValuesAlignedData MeterValuesSampledData MeterValueSampleInterval NumberOfConnectors "
    "ResetRetries StopTransactionOnInvalidId StopTxnAlignedData StopTxnSampledData "
    "SupportedFeatureProfiles TransactionMessageAttempts TransactionMessageRetryInterval "
    "UnlockConnectorOnEVSideDisconnect ChargeProfileMaxStackLevel "
    "ChargingScheduleAllowedChargingRateUnit ChargingScheduleMaxPeriods "
    "MaxChargingProfilesInstalled LocalAuthListEnabled LocalAuthListMaxLength "
    "SendLocalListMaxLength AuthorizationKey SecurityProfile AdditionalRootCertificateCheck "
    "CertificateSignedMaxChainSize CertificateStoreMaxLength CpoName"
)
# A handler that does not exist here on purpose, and why the row is no fault.
WITHOUT = {
    "SignCertificate": "no key is made on the chip: it is put in when the charger is made",
    "CertificateSigned": "a renewal for the key that is here; anything else is Rejected",
    "UnlockConnector": "NotSupported: the lock of this socket belongs to the car",
}
# (request, requestedMessage, message that follows)
TRIGGERS = (
    ("TriggerMessage", "DiagnosticsStatusNotification", "DiagnosticsStatusNotification"),
    ("TriggerMessage", "FirmwareStatusNotification", "FirmwareStatusNotification"),
    ("TriggerMessage", "Heartbeat", "Heartbeat"),
    ("TriggerMessage", "MeterValues", "MeterValues"),
    ("TriggerMessage", "StatusNotification", "StatusNotification"),
    ("ExtendedTriggerMessage", "LogStatusNotification", "LogStatusNotification"),
    (
        "ExtendedTriggerMessage",
        "FirmwareStatusNotification",
        "SignedFirmwareStatusNotification",
    ),
)


def tests_by_word():
    """{word: sorted file names} of all words in the tests."""
    found = {}
    for path in sorted((ROOT / "tests_host").rglob("test_*.py")):
        words = set(re.findall(r"[A-Z][A-Za-z0-9]{4,}", path.read_text(encoding="utf-8")))
        for word in words:
            found.setdefault(word, []).append(path.name[5:-3])
    return found


async def _session(folder):
    """(station, central system) after a session in which everything is asked for once."""
    csms = EmbeddedCsms(paced=False)
    url = await csms.start()
    async with Station(folder, url, meter_interval_s=1, heartbeat_s=2) as station:

        async def ask(action, payload):
            wanted = len(csms.answers) + 1
            await csms.action({"do": "raw", "action": action, "payload": payload})
            await station.until(lambda: len(csms.answers) >= wanted)

        await station.until(station.statuses)
        await ask("GetConfiguration", {})
        await ask("GetConfiguration", {"key": ["AuthorizationKey"]})
        station.say("tap card")
        station.say("plug")
        await station.until(lambda: station.calls("MeterValues"))
        for action, payload in REQUESTS:
            if action != "Reset":
                await ask(action, payload)
        for action, message, sent in TRIGGERS:
            wanted = len(station.calls(sent)) + 1
            await ask(action, {"requestedMessage": message})
            await station.until(lambda w=wanted, s=sent: len(station.calls(s)) >= w)
        await station.until(lambda: station.calls("SecurityEventNotification"))
        for action, payload in REQUESTS:
            if "DERControl" in str(payload) and "Clear" not in str(payload):
                await ask(action, payload)
        await station.until(lambda: station.calls("DataTransfer"))
        await ask("Reset", {"type": "Soft"})
        await station.until(lambda: station.events("restarted"))
        await asyncio.sleep(0.3)
    await csms.stop()
    return station, csms


def seen():
    """(numbers {(direction, action): times}, {action: error codes}, {key: value}, findings)."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-wire-") as folder:
        station, csms = asyncio.run(_session(folder))
    numbers, errors, keys, asked = {}, {}, {}, {}
    for line in station.lines:
        frame = line.get("frame")
        if not frame:
            continue
        if frame[0] == 2:
            place = (line["dir"], frame[2])
            numbers[place] = numbers.get(place, 0) + 1
            asked[(line["dir"], frame[1])] = frame[2]
        elif frame[0] == 4 and line["dir"] == "out":
            errors.setdefault(asked.get(("in", frame[1])), set()).add(frame[2])
        elif line["dir"] == "out" and isinstance(frame[2], dict):
            for entry in frame[2].get("configurationKey", []):
                keys[entry["key"]] = entry
    texts = [finding["text"] for finding in csms.findings if finding["kind"] != "call_error"]
    return numbers, errors, keys, texts


def section(progress):
    """The part of the report about messages."""
    progress("a session with every message on the wire ...")
    numbers, errors, keys, findings = seen()
    tests = tests_by_word()
    rows, faults = [], list(findings)
    for direction, place, actions in (
        ("station to central system", "out", FROM_STATION),
        ("central system to station", "in", FROM_CSMS),
    ):
        for action in actions:
            times = numbers.get((place, action), 0)
            refused = errors.get(action, set()) & {"NotImplemented", "NotSupported"}
            supported = "no" if refused or (place == "out" and not times) else "yes"
            why = WITHOUT.get(action, "")
            files = tests.get(action, [])
            rows.append([action, direction, supported, why, ", ".join(files), times])
            if supported == "no" and not why:
                faults.append(f"{action}: not supported ({', '.join(refused) or 'never sent'})")
            if not files and not why:
                faults.append(f"{action}: no test names it")
            if place == "in" and not times:
                faults.append(f"{action}: never on the wire")
    missing = [key for key in REQUIRED_KEYS if key not in keys]
    faults += [f"key {key}: not told by GetConfiguration" for key in missing]
    from tests_host.firmware.test_keys import shown_by  # needs the firmware to be importable

    key_rows = []
    for key in sorted(keys):
        entry = keys[key]
        access = "read only" if entry["readonly"] else "read and write"
        if "value" not in entry:
            access = "write only"
        needed = "required" if key in REQUIRED_KEYS else "optional"
        files = ", ".join(tests.get(key, []))
        shown = shown_by(key)
        if not shown:
            faults.append(f"key {key}: no test shows what it does")
        key_rows.append([key, access, needed, entry.get("value", ""), shown, files, 1])
    supported = sum(row[2] == "yes" for row in rows)
    messages = {
        "title": "Messages",
        "about": __doc__.split("\n\n", 1)[1],
        "columns": ["message", "direction", "supported", "remark", "tests that name it",
                    "seen on the wire"],
        "rows": rows,
        "faults": faults,
        "summary": f"{supported} of {len(rows)} messages supported, "
        f"{sum(1 for row in rows if row[5])} seen on the wire",
    }  # fmt: skip
    configuration = {
        "title": "Configuration keys",
        "about": "As GetConfiguration tells them on the wire.",
        "columns": ["key", "access", "OCPP 1.6", "value", "effect shown by", "tests that name it",
                    "seen"],
        "rows": key_rows,
        "faults": [],
        "summary": f"{len(key_rows)} keys, {len(REQUIRED_KEYS) - len(missing)} of "
        f"{len(REQUIRED_KEYS)} required ones",
    }  # fmt: skip
    return messages, configuration
