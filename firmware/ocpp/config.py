# SPDX-License-Identifier: MIT
"""Configuration keys of OCPP 1.6 that exist here; three of them can be changed and are kept.

Changes go to a small file of their own (the settings file belongs to people), together with the
availability, which has to survive a restart too (1.6 ed. 2, 5.2).
"""

from control.profiles import MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL
from firmware.journal import read_json, write_json
from firmware.ocpp.meter import MEASURANDS

ATTEMPTS = 3  # TransactionMessageAttempts
RETRY_S = 60  # TransactionMessageRetryInterval
VALUE_LENGTH = 500

# key: (attribute of the settings, lowest, highest)
_CHANGEABLE = {
    "HeartbeatInterval": ("heartbeat_s", 1, 86400),
    "MeterValueSampleInterval": ("meter_interval_s", 0, 86400),
    "ConnectionTimeOut": ("connection_timeout_s", 5, 3600),
}

_FIXED = (
    ("AuthorizeRemoteTxRequests", "false"),
    ("ChargeProfileMaxStackLevel", str(MAX_STACK_LEVEL)),
    ("ChargingScheduleAllowedChargingRateUnit", "Current,Power"),
    ("ChargingScheduleMaxPeriods", str(MAX_PERIODS)),
    ("ClockAlignedDataInterval", "0"),
    ("ConnectorPhaseRotation", "1.Unknown"),
    ("GetConfigurationMaxKeys", "50"),
    ("LocalAuthorizeOffline", "false"),
    ("LocalPreAuthorize", "false"),
    ("MaxChargingProfilesInstalled", str(MAX_PROFILES)),
    ("MeterValuesAlignedData", ""),
    ("MeterValuesSampledData", MEASURANDS),
    ("NumberOfConnectors", "1"),
    ("ResetRetries", "0"),
    ("StopTransactionOnEVSideDisconnect", "true"),
    ("StopTransactionOnInvalidId", "true"),
    ("StopTxnAlignedData", ""),
    ("StopTxnSampledData", ""),
    ("SupportedFeatureProfiles", "Core,SmartCharging,RemoteTrigger"),
    ("TransactionMessageAttempts", str(ATTEMPTS)),
    ("TransactionMessageRetryInterval", str(RETRY_S)),
    ("UnlockConnectorOnEVSideDisconnect", "false"),
    ("WebSocketPingInterval", "0"),
)


class Config:
    """Keys over the settings of the App; `load` applies what was changed before."""

    def __init__(self, app, path="ocpp.json"):
        self._app = app
        self._path = path

    def load(self):
        """Apply the file; a damaged one is noted and replaced at the next change."""
        stored = read_json(self._path)
        if not isinstance(stored, dict):
            return
        for key in _CHANGEABLE:
            if isinstance(stored.get(key), str):
                self._apply(key, stored[key])
        self._app.transactions.operative = stored.get("operative") is not False

    def save(self):
        """Write the file."""
        stored = {"operative": self._app.transactions.operative}
        for key, rule in _CHANGEABLE.items():
            stored[key] = str(getattr(self._app.settings, rule[0]))
        try:
            write_json(self._path, stored)
        except OSError as error:
            self._app.log.event("config_failed", path=self._path, why=str(error))

    def _apply(self, key, value):
        attribute, lowest, highest = _CHANGEABLE[key]
        if not 0 < len(value) <= 6 or not value.isdigit():
            return False
        if not lowest <= int(value) <= highest:
            return False
        setattr(self._app.settings, attribute, int(value))
        return True

    def change(self, key, value):
        """ChangeConfiguration: returns the status word. Keys are compared without case."""
        for name in _CHANGEABLE:
            if name.lower() == key.lower():
                before = getattr(self._app.settings, _CHANGEABLE[name][0])
                if not self._apply(name, value):
                    return "Rejected"
                if getattr(self._app.settings, _CHANGEABLE[name][0]) != before:
                    self.save()  # an unchanged value costs no flash
                return "Accepted"
        for name, _ in self._all():
            if name.lower() == key.lower():
                return "Rejected"  # it exists and is read-only
        return "NotSupported"

    def get(self, keys):
        """GetConfiguration.conf for a list of keys; an empty list means all."""
        known = []
        unknown = []
        wanted = [key.lower() for key in keys]
        for name, value in self._all():
            if not wanted or name.lower() in wanted:
                known.append({"key": name, "readonly": name not in _CHANGEABLE, "value": value})
        names = [entry["key"].lower() for entry in known]
        for key in keys:
            if key.lower() not in names:
                unknown.append(key)
        result = {"configurationKey": known}
        if unknown:
            result["unknownKey"] = unknown
        return result

    def _all(self):
        yield from _FIXED
        yield (
            "ConnectorSwitch3to1PhaseSupported",
            "true" if self._app.settings.phase_switch else "false",
        )
        for name in sorted(_CHANGEABLE):
            yield name, str(getattr(self._app.settings, _CHANGEABLE[name][0]))
