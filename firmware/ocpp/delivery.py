# SPDX-License-Identifier: MIT
"""Delivers transactions to the central system: start, meter values, stop, strictly in order.

Only a CALLERROR counts against TransactionMessageAttempts; a timeout or a lost connection is no
failure to process (1.6-J errata 3.2), so an offline charger never discards a transaction.
"""

from firmware.clock import format_iso
from firmware.ocpp import meter
from firmware.ocpp.config import ATTEMPTS, RETRY_S
from firmware.ocpp.rpc import FORMATION, LOST, TIMEOUT

NOTHING = 0
SENT = 1
BROKEN = 2  # no answer: the connection is not worth keeping


async def deliver(app, rpc):
    """Send the oldest message of the oldest transaction; NOTHING, SENT or BROKEN."""
    records = app.transactions.records
    if not records:
        return NOTHING
    record = records[0]
    if app.clock.uptime_s() < record.retry_s:
        return NOTHING
    record.times(app.clock)
    if record.number is None:
        error = await _start(app, rpc, record)
    elif record.samples:
        error = await _meter(app, rpc, record)
    elif record.reason is not None:
        error = await _stop(app, rpc, record)
    else:
        return NOTHING
    if error in (TIMEOUT, LOST):
        return BROKEN
    return SENT


async def _start(app, rpc, record):
    error, answer = await rpc.call(
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": record.id_tag,
            "meterStart": record.start_wh,
            "timestamp": format_iso(record.start_unix or 0),
        },
    )
    if error is None and not isinstance(answer.get("transactionId"), int):
        error = FORMATION
    if error is None:
        app.transactions.started(record, answer["transactionId"], accepted(answer))
    elif _given_up(app, record, error):
        app.transactions.started(record, -1, True)  # errata 4.0 3.54
    return error


async def _meter(app, rpc, record):
    request = meter.payload(
        record.samples[0], app.clock, app.settings.phases, meter.PERIODIC, record.number
    )
    error, _ = await rpc.call("MeterValues", request)
    if error is None or _given_up(app, record, error):
        record.failures = 0
        record.samples.pop(0)  # still the first, even if the queue was thinned meanwhile
    return error


async def _stop(app, rpc, record):
    request = {
        "transactionId": record.number,
        "meterStop": record.stop_wh,
        "timestamp": format_iso(record.stop_unix or record.start_unix or 0),
        "reason": record.reason,
    }
    if record.reason == "Local":
        request["idTag"] = record.id_tag
    error, _ = await rpc.call("StopTransaction", request)
    if error is None or _given_up(app, record, error):
        app.transactions.delivered(record)
    return error


def _given_up(app, record, error):
    """Count a failure; True when it was the last one allowed (1.6 ed. 2, 3.7.1)."""
    if error in (TIMEOUT, LOST):
        return False
    record.failures += 1
    if record.failures >= ATTEMPTS:
        record.failures = 0
        app.log.event("transaction_message_discarded", code=error)
        return True
    record.retry_s = app.clock.uptime_s() + RETRY_S * record.failures
    return False


def accepted(answer):
    """True when an answer's idTagInfo says Accepted (absent: nobody objects)."""
    info = answer.get("idTagInfo")
    return not isinstance(info, dict) or info.get("status") == "Accepted"
