# SPDX-License-Identifier: MIT
"""Status of the connectors: the table of states, the table of steps, the error codes."""

from control import protection
from firmware.ocpp import status
from firmware.ocpp.status import (
    AVAILABLE,
    CHARGING,
    FAULTED,
    FINISHING,
    NAMES,
    PREPARING,
    SUSPENDED_EV,
    SUSPENDED_EVSE,
    UNAVAILABLE,
    connector_status,
    station_status,
    step_towards,
)
from firmware.transactions import Transactions
from tests_host.firmware.fake_app import FakeApp

X1, PWM = 0, 1


def seen(state, mode=X1, contactor=0, running=False, before=-1, fault=0, limit_ma=16000, **more):
    """Status of connector 1 in a situation; `more` are attributes of the transactions."""
    app = FakeApp()
    app.transactions = transactions = Transactions(app)
    charger = app.charger
    charger.pilot.state = state
    charger.plugged = state != 0
    charger.command.pilot_mode = mode
    charger.command.contactor = contactor
    charger.fault = fault
    charger.limits.limit_ma = limit_ma
    transactions.open = object() if running else None
    for key, value in more.items():
        assert hasattr(transactions, key)
        setattr(transactions, key, value)
    return connector_status(charger, transactions, before)


A, B, C, D, E, F = range(6)


def test_without_a_transaction():
    assert seen(A) == AVAILABLE
    assert seen(A, id_tag="X") == PREPARING
    assert seen(A, operative=False) == UNAVAILABLE
    for state in (B, C, D):
        assert seen(state) == PREPARING
        assert seen(state, spent=True) == FINISHING
        assert seen(state, operative=False) == UNAVAILABLE


def test_with_a_transaction():
    assert seen(B, running=True) == SUSPENDED_EVSE
    assert seen(B, PWM, running=True) == SUSPENDED_EV
    assert seen(C, running=True) == SUSPENDED_EVSE
    assert seen(C, PWM, 1, running=True) == CHARGING
    assert seen(D, PWM, 1, running=True) == CHARGING
    assert seen(C, PWM, 0, running=True, before=SUSPENDED_EV) == SUSPENDED_EV  # about to close
    for state in (B, C):
        assert seen(state, PWM, 1, running=True, limit_ma=5900) == SUSPENDED_EVSE
    assert seen(F, 2, running=True, before=SUSPENDED_EV) == SUSPENDED_EV  # waking the car
    assert seen(B, running=True, stopping="Local") == FINISHING
    assert seen(A, running=True, stopping="EVDisconnected") == FINISHING


def test_faults():
    for fault in range(1, len(protection.NAMES)):
        warning = fault in (protection.DIODE, protection.SHORT)
        expected = FINISHING if warning else FAULTED
        assert seen(B, fault=fault) == expected
        assert seen(C, PWM, 0, running=True, fault=fault) == (
            SUSPENDED_EVSE if warning else FAULTED
        )
        assert seen(A, fault=fault) == FAULTED
        for connector_state in (FAULTED, FINISHING):
            code = status.error_code(fault, connector_state)
            assert code != "NoError"
            if connector_state == FAULTED:
                assert code != "EVCommunicationError"
    assert status.error_code(protection.RCD, FAULTED) == "GroundFailure"
    assert status.error_code(protection.WELD, FAULTED) == "PowerSwitchFailure"
    assert status.error_code(protection.DIODE, FINISHING) == "EVCommunicationError"
    assert status.error_code(0, AVAILABLE) == "NoError"


def test_connector_0_knows_three_words():
    app = FakeApp()
    app.transactions = Transactions(app)
    assert station_status(app.charger, app.transactions) == AVAILABLE
    app.transactions.operative = False
    assert station_status(app.charger, app.transactions) == UNAVAILABLE
    app.charger.fault = protection.WELD
    assert station_status(app.charger, app.transactions) == FAULTED
    app.charger.fault = protection.DIODE
    assert station_status(app.charger, app.transactions) == UNAVAILABLE


# OCPP 1.6 ed. 2, 4.9: from -> numbers of the events that lead somewhere.
STEPS = {
    "Available": "2345789",
    "Preparing": "134569",
    "Charging": "145689",
    "SuspendedEV": "135689",
    "SuspendedEVSE": "134689",
    "Finishing": "1289",
    "Reserved": "1289",
    "Unavailable": "123459",
    "Faulted": "12345678",
}


def allowed(before, after):
    return before == after or str(after + 1) in STEPS[NAMES[before]]


def test_only_steps_of_the_table_are_reported():
    for before in range(9):
        for target in range(9):
            step = step_towards(before, target)
            assert allowed(before, step), (NAMES[before], NAMES[target], NAMES[step])
            if allowed(before, target):
                assert step == target
    assert step_towards(-1, FINISHING) == FINISHING  # the first report may be anything
    assert step_towards(FINISHING, CHARGING) == PREPARING
    assert step_towards(PREPARING, UNAVAILABLE) == PREPARING


def test_payload():
    assert status.payload(1, FAULTED, protection.RCD, "2025-04-28T10:15:00Z") == {
        "connectorId": 1,
        "errorCode": "GroundFailure",
        "status": "Faulted",
        "timestamp": "2025-04-28T10:15:00Z",
        "vendorErrorCode": "rcd",
    }
    assert status.payload(0, AVAILABLE, 0, None) == {
        "connectorId": 0, "errorCode": "NoError", "status": "Available",
    }  # fmt: skip
