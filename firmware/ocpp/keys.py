# SPDX-License-Identifier: MIT
"""The configuration keys of OCPP 1.6 and its security extension that exist here.

One row a key: name, kind, default, lowest, highest. What a kind is and how a value is checked is
in config_table.py; values outside the limits are refused and change nothing.
"""

from micropython import const

READ_ONLY = const(0)  # the default is the value
FLAG = const(1)  # true or false
NUMBER = const(2)  # a whole number in a range
LIST = const(3)  # measurands
TEXT = const(4)  # at most `highest` characters
ROTATION = const(5)  # ConnectorPhaseRotation
SETTING = const(6)  # a number that is an attribute of the settings, named in place of the default
SECRET = const(7)  # can be written, is never told
HIDDEN = const(8)  # text that is kept in the same file and is nobody's business

# What a sample holds unless it was asked for something else.
MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered"
)
CHAIN_SIZE = const(10000)
MEASURANDS_IN_A_LIST = const(12)
CERTIFICATES = const(4)

# Lengths of lists as in fields.py, meter.py and control/profiles.py, which are not loaded for this
# (tests compare).
CORE = (
    ("AllowOfflineTxForUnknownId", FLAG, False),
    ("AuthorizationCacheEnabled", FLAG, True),
    ("AuthorizationKey", SECRET, ""),
    ("AuthorizationKeyReading", TEXT, "hex", 0, 4),
    ("AuthorizeRemoteTxRequests", FLAG, False),
    ("ClockAlignedDataInterval", NUMBER, 0, 0, 86400),
    ("ConnectionTimeOut", SETTING, "connection_timeout_s", 5, 3600),
    ("ConnectorPhaseRotation", ROTATION, "1.Unknown"),
    ("ConnectorPhaseRotationMaxLength", READ_ONLY, "2"),
    ("GetConfigurationMaxKeys", READ_ONLY, "60"),
    ("HeartbeatInterval", SETTING, "heartbeat_s", 1, 86400),
    ("LocalAuthorizeOffline", FLAG, True),
    ("LocalPreAuthorize", FLAG, False),
    ("MaxEnergyOnInvalidId", NUMBER, 0, 0, 1000000),
    ("MessageTimeout", NUMBER, 30, 5, 300),
    ("MeterValueSampleInterval", SETTING, "meter_interval_s", 0, 86400),
    ("MeterValuesAlignedData", LIST, "Energy.Active.Import.Register"),
    ("MeterValuesAlignedDataMaxLength", READ_ONLY, str(MEASURANDS_IN_A_LIST)),
    ("MeterValuesSampledData", LIST, MEASURANDS),
    ("MeterValuesSampledDataMaxLength", READ_ONLY, str(MEASURANDS_IN_A_LIST)),
    ("MinimumStatusDuration", NUMBER, 0, 0, 60),
    ("NumberOfConnectors", READ_ONLY, "1"),
    ("ResetRetries", NUMBER, 0, 0, 10),
    ("StopTransactionMaxMeterValues", READ_ONLY, "10"),
    ("StopTransactionOnEVSideDisconnect", FLAG, True),
    ("StopTransactionOnInvalidId", FLAG, True),
    ("StopTxnAlignedData", LIST, ""),
    ("StopTxnAlignedDataMaxLength", READ_ONLY, str(MEASURANDS_IN_A_LIST)),
    ("StopTxnSampledData", LIST, "Energy.Active.Import.Register"),
    ("StopTxnSampledDataMaxLength", READ_ONLY, str(MEASURANDS_IN_A_LIST)),
    ("TransactionMessageAttempts", NUMBER, 3, 1, 100),
    ("TransactionMessageRetryInterval", NUMBER, 60, 0, 86400),
    ("UnlockConnectorOnEVSideDisconnect", READ_ONLY, "false"),
    ("WebSocketPingInterval", NUMBER, 60, 0, 86400),
    ("KeyBefore", HIDDEN, ""),  # the AuthorizationKey until its successor has worked
    ("LastTime", HIDDEN, "0"),  # unix seconds
    ("Resets", HIDDEN, "0"),  # of late, see restart.py
)

SMART_CHARGING = (
    ("ChargeProfileMaxStackLevel", READ_ONLY, "8"),
    ("ChargingScheduleAllowedChargingRateUnit", READ_ONLY, "Current,Power"),
    ("ChargingScheduleMaxPeriods", READ_ONLY, "24"),
    ("MaxChargingProfilesInstalled", READ_ONLY, "16"),
)

LOCAL_LIST = (
    ("LocalAuthListEnabled", FLAG, True),
    ("LocalAuthListMaxLength", READ_ONLY, "200"),
    ("SendLocalListMaxLength", READ_ONLY, "32"),
)

RESERVATION = (("ReserveConnectorZeroSupported", READ_ONLY, "false"),)

FIRMWARE = (("SupportedFileTransferProtocols", READ_ONLY, "HTTP"),)

SECURITY = (
    ("AdditionalRootCertificateCheck", READ_ONLY, "false"),
    ("CertificateSignedMaxChainSize", READ_ONLY, str(CHAIN_SIZE)),
    ("CertificateStoreMaxLength", READ_ONLY, str(CERTIFICATES)),
    ("CpoName", TEXT, "", 0, 64),
    ("SecurityProfile", NUMBER, 0, 0, 3),
)
OF_ACCESS = ("AuthorizationKey", "AuthorizationKeyReading", "SecurityProfile")
# Taken up at the next start only.
AFTER_RESTART = ("AuthorizationKeyReading",)
