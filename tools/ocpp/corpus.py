# SPDX-License-Identifier: MIT
"""One good request of each kind that a central system may send; the fuzzer starts from these.

Runs on MicroPython too.
"""

TIME = "2025-04-28T10:15:00Z"
LATER = "2026-04-28T10:15:00Z"


def profile(purpose="TxDefaultProfile", kind="Absolute", periods=3):
    """csChargingProfiles with so many periods."""
    schedule = {
        "chargingRateUnit": "A",
        "minChargingRate": 6.0,
        "chargingSchedulePeriod": [
            {"startPeriod": 600 * i, "limit": 16.0 - i / 2, "numberPhases": 3}
            for i in range(periods)
        ],
    }
    if kind != "Relative":
        schedule["startSchedule"] = TIME
        schedule["duration"] = 86400
    made = {
        "chargingProfileId": 7,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "validFrom": TIME,
        "validTo": LATER,
        "chargingSchedule": schedule,
    }
    if kind == "Recurring":
        made["recurrencyKind"] = "Daily"
    return made


def _transfer(message, data):
    return "DataTransfer", {"vendorId": "GridPilot", "messageId": message, "data": data}


REQUESTS = [
    ("CancelReservation", {"reservationId": 5}),
    ("CertificateSigned", {"certificateChain": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END"}),
    ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
    ("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": "Frequency,Voltage.L1"}),
    ("ClearCache", {}),
    ("ClearChargingProfile", {"id": 3, "connectorId": 1, "stackLevel": 2}),
    ("ClearChargingProfile", {"chargingProfilePurpose": "TxProfile"}),
    ("DataTransfer", {"vendorId": "com.example", "messageId": "x", "data": "y"}),
    ("DeleteCertificate", {"certificateHashData": {
        "hashAlgorithm": "SHA256", "issuerNameHash": "00" * 32, "issuerKeyHash": "11" * 32,
        "serialNumber": "1"}}),
    ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 3600, "chargingRateUnit": "W"}),
    ("GetConfiguration", {"key": ["NumberOfConnectors", "nope"]}),
    ("GetDiagnostics", {"location": "http://198.51.100.1/up", "retries": 1, "startTime": TIME}),
    ("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"}),
    ("GetLocalListVersion", {}),
    ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {
        "remoteLocation": "http://198.51.100.1/up"}}),
    ("InstallCertificate", {
        "certificateType": "CentralSystemRootCertificate",
        "certificate": "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n"
        "-----END CERTIFICATE-----\n"}),
    ("RemoteStartTransaction", {"idTag": "ABC", "connectorId": 1}),
    ("RemoteStartTransaction", {
        "idTag": "A", "chargingProfile": profile("TxProfile", "Relative")}),
    ("RemoteStopTransaction", {"transactionId": 77}),
    ("ReserveNow", {
        "connectorId": 1, "expiryDate": LATER, "idTag": "R", "reservationId": 5,
        "parentIdTag": "P"}),
    ("SendLocalList", {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [
        {"idTag": "L1", "idTagInfo": {"status": "Accepted", "expiryDate": LATER}},
        {"idTag": "L2", "idTagInfo": {"status": "Blocked", "parentIdTag": "P"}}]}),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile()}),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile(
        "ChargePointMaxProfile", "Recurring")}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(
        "TxProfile", "Relative", 24)}),
    ("SignedUpdateFirmware", {"requestId": 1, "firmware": {
        "location": "http://198.51.100.1/fw", "retrieveDateTime": TIME,
        "signingCertificate": "MIIB", "signature": "AAAA"}}),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
    ("UnlockConnector", {"connectorId": 1}),
    ("UpdateFirmware", {"location": "http://198.51.100.1/fw", "retrieveDate": LATER}),
    ("Reset", {"type": "Soft"}),
    _transfer("SetDERControl", '{"isDefault":true,"controlId":"d","controlType":"FreqDroop",'
              '"freqDroop":{"priority":1,"overFreq":50.2,"underFreq":49.8,"overDroop":0.05,'
              '"underDroop":0.05,"responseTime":10}}'),
    _transfer("GetDERControl", '{"requestId":1}'),
    _transfer("ClearDERControl", '{"isDefault":true}'),
    _transfer("AFRRSignal", '{"timestamp":"2025-04-28T10:15:00Z","signal":3}'),
    _transfer("SetChargingProfile", '{"evseId":1,"chargingProfile":{"id":1,"chargingSchedule":'
              '[{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,'
              '"operationMode":"LocalFrequency","v2xBaseline":6900,"v2xFreqWattCurve":'
              '[{"frequency":49.9,"power":-2000},{"frequency":50.1,"power":2000}]}]}]}}'),
    _transfer("SetFFR", '{"option":"nordic_c","capacity_w":2000}'),
    _transfer("GetGridStatus", "{}"),
]  # fmt: skip
