# SPDX-License-Identifier: MIT
"""What OCPP calls the state of the charger: status and error code of connectors 0 and 1.

The pairs of pilot state and status follow OCPP 1.6 ed. 2, 4.9 with errata 4.0 3.55: a car in B2
is SuspendedEV, in C2 with the contactor closed it is Charging even at 0 A; no offer is
SuspendedEVSE, which wins when both are suspended.
"""

from micropython import const

from control import protection

AVAILABLE = const(0)
PREPARING = const(1)
CHARGING = const(2)
SUSPENDED_EV = const(3)
SUSPENDED_EVSE = const(4)
FINISHING = const(5)
RESERVED = const(6)
UNAVAILABLE = const(7)
FAULTED = const(8)
NAMES = (
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEV",
    "SuspendedEVSE",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
)

# Bit n of a row: the step to status n is in the table of 4.9.
_STEPS = (
    0b111011110,  # Available
    0b100111101,  # Preparing
    0b110111001,  # Charging
    0b110110101,  # SuspendedEV
    0b110101101,  # SuspendedEVSE
    0b110000011,  # Finishing
    0b110000011,  # Reserved
    0b100011111,  # Unavailable
    0b011111111,  # Faulted
)

# Warnings about the car keep the status and only carry the code; without a car it is our fault.
_WARNINGS = (protection.DIODE, protection.SHORT)
_CODES = {
    protection.RCD: "GroundFailure",
    protection.WELD: "PowerSwitchFailure",
    protection.NO_CLOSE: "PowerSwitchFailure",
    protection.DIODE: "EVCommunicationError",
    protection.SHORT: "EVCommunicationError",
    protection.OVERCURRENT: "OverCurrentFailure",
    protection.PHASE_RELAY: "PowerSwitchFailure",
    protection.RCD_TEST: "GroundFailure",
    protection.PE: "GroundFailure",
    protection.TEMPERATURE: "HighTemperature",
    protection.OVERVOLTAGE: "OverVoltage",
    protection.PILOT: "InternalError",
}

_A = const(0)
_B = const(1)
_D = const(3)
_PWM = const(1)
_MIN_MA = const(6000)


def error_code(fault, status):
    """The OCPP name of a fault of control.protection; warnings about a car need a car."""
    if not fault:
        return "NoError"
    if status == FAULTED and fault in _WARNINGS:
        return "OtherError"
    return _CODES.get(fault, "OtherError")


def connector_status(charger, transactions, before):
    """Status of connector 1; `before` is kept while the charger is between two states."""
    fault = charger.fault
    if fault and (fault not in _WARNINGS or not charger.plugged):
        return FAULTED
    if transactions.open:
        return FINISHING if transactions.stopping else _running(charger, before)
    if not charger.plugged:
        if not transactions.operative:
            return UNAVAILABLE
        return PREPARING if transactions.id_tag is not None else AVAILABLE
    if fault or transactions.spent:
        return FINISHING
    return PREPARING if transactions.operative else UNAVAILABLE


def _running(charger, before):
    """Status while a transaction runs."""
    if not charger.plugged and not charger.fault:
        return SUSPENDED_EV  # the plug was pulled and the transaction goes on
    if charger.fault or charger.limits.limit_ma < _MIN_MA:
        return SUSPENDED_EVSE
    state = charger.pilot.state
    if not _A < state <= _D:
        return before  # the pilot is being interrupted to wake the car
    if charger.command.pilot_mode != _PWM:
        return SUSPENDED_EVSE
    if charger.command.contactor:
        return CHARGING
    return SUSPENDED_EV if state == _B else before  # C2 is about to close


def station_status(charger, transactions):
    """Status of connector 0, the charger as a whole: it knows three words only."""
    if charger.fault and charger.fault not in _WARNINGS:
        return FAULTED
    return AVAILABLE if transactions.operative else UNAVAILABLE


def step_towards(before, target):
    """Status to report next on the way from `before` to `target` (the same: nothing to do).

    Where 4.9 has no direct step, Preparing lies between two sessions; what has no way at all
    waits until the state has changed.
    """
    if before < 0 or before == target or _STEPS[before] & (1 << target):
        return target
    if _STEPS[before] & (1 << PREPARING) and _STEPS[PREPARING] & (1 << target):
        return PREPARING
    return before


def payload(connector, status, fault, timestamp):
    """StatusNotification.req; `timestamp` None leaves it out."""
    request = {
        "connectorId": connector,
        "errorCode": error_code(fault, status),
        "status": NAMES[status],
    }
    if timestamp:
        request["timestamp"] = timestamp
    if fault:
        request["vendorErrorCode"] = protection.NAMES[fault]
    return request
