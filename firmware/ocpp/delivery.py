# SPDX-License-Identifier: MIT
"""Delivers transactions to the central system: start, meter values, stop, strictly in order.

Only a CALLERROR counts against TransactionMessageAttempts; a timeout or a lost connection is no
failure to process (1.6-J errata 3.2), so an offline charger never discards a transaction.
"""

from firmware.clock import format_iso
from firmware.ocpp import meter
from firmware.ocpp.id_file import is_id
from firmware.ocpp.rpc import LOST, TIMEOUT
from firmware.ocpp.session import NOTHING, id_info, is_integer, outcome

_MALFORMED = "malformed"  # an answer without what it must have: try again, for ever


class Delivery:
    """The part of the station; there while transactions wait or run."""

    def __init__(self, app, station):
        self._app = app
        self._station = station

    def idle(self):
        """True when there is nothing to deliver, and nothing to measure by the clock."""
        if self._station.config.number("ClockAlignedDataInterval"):
            return False
        return not self._app.transactions.records

    def deliver(self, rpc):
        """See below; to be awaited."""
        return deliver(self._app, rpc, self._station.config)

    def aligned(self):
        """See below."""
        aligned(self._app, self._station)


async def deliver(app, rpc, config):
    """Send the oldest message of the oldest transaction; NOTHING, SENT or BROKEN."""
    records = app.transactions.records
    if not records:
        return NOTHING
    record = records[0]
    if app.clock.uptime_s() < record.retry_s:
        return NOTHING
    record.times(app.clock)
    if record.number is None:
        error = await _start(app, rpc, config, record)
    elif record.samples:
        error = await _meter(app, rpc, config, record)
    elif record.reason is not None:
        error = await _stop(app, rpc, config, record)
    else:
        return NOTHING
    return outcome(error)


def aligned(app, station):
    """Take the sample of a clock-aligned interval."""
    config = station.config
    taken = meter.sample(app, meter.CLOCK)
    record = app.transactions.open
    if record is not None:
        if config.text("StopTxnAlignedData"):
            record.stop_data = meter.added(record.stop_data, taken, meter.MAX_STOP_ROWS - 1)
        if config.text("MeterValuesAlignedData"):
            meter.keep(record, meter.row(taken, 0))
        return
    request = meter.payload(
        taken,
        app.clock,
        app.settings.phases,
        config.text("MeterValuesAlignedData"),
    )
    if request is not None and station.online():
        station.outbox.push("MeterValues", request)


async def _start(app, rpc, config, record):
    request = {
        "connectorId": 1,
        "idTag": record.id_tag,
        "meterStart": record.start_wh,
        "timestamp": format_iso(record.start_unix or 0),
    }
    if record.reservation is not None:
        request["reservationId"] = record.reservation
    error, answer = await rpc.call("StartTransaction", request)
    if error is None and not is_integer(answer.get("transactionId")):
        error = _MALFORMED
    if error is None:
        info = id_info(answer)
        if app.station is not None:
            app.station.told(record.id_tag, info)
        if info and is_id(info.get("parentIdTag")):
            record.parent = info["parentIdTag"]
        app.transactions.started(record, answer["transactionId"], accepted(answer))
    elif _given_up(app, config, record, error):
        app.transactions.started(record, -1, True)  # errata 4.0 3.54
    return error


async def _meter(app, rpc, config, record):
    taken = meter.row(record.samples, 0)
    kind = "MeterValuesAlignedData" if taken[1] == meter.CLOCK else "MeterValuesSampledData"
    request = meter.payload(
        taken, app.clock, app.settings.phases, config.text(kind), record.number
    )
    if request is None:  # the list of measurands is empty now
        meter.drop_first(record)
        return None
    error, _ = await rpc.call("MeterValues", request)
    if error is None or _given_up(app, config, record, error):
        record.failures = 0
        meter.drop_first(record)  # still the first, even if the queue was thinned meanwhile
    return error


async def _stop(app, rpc, config, record):
    request = {
        "transactionId": record.number,
        "meterStop": record.stop_wh,
        "timestamp": format_iso(record.stop_unix or record.start_unix or 0),
        "reason": record.reason,
    }
    if record.reason == "Local":
        request["idTag"] = record.stop_tag or record.id_tag
    data = _stop_data(app, config, record)
    if data:
        request["transactionData"] = data
    error, answer = await rpc.call("StopTransaction", request)
    if error is None or _given_up(app, config, record, error):
        if error is None and app.station is not None:
            app.station.told(record.stop_tag or record.id_tag, id_info(answer))
        app.transactions.delivered(record)
    return error


def _stop_data(app, config, record):
    """transactionData of a stop: values of begin, end and clock; none after a power cut."""
    listed = []
    for index in range(meter.count(record.stop_data)):
        taken = meter.row(record.stop_data, index)
        kind = "StopTxnAlignedData" if taken[1] == meter.CLOCK else "StopTxnSampledData"
        value = meter.meter_value(taken, app.clock, app.settings.phases, config.text(kind))
        if value is not None:
            listed.append(value)
    return listed


def _given_up(app, config, record, error):
    """Count a failure; True when it was the last one allowed (1.6 ed. 2, 3.7.1)."""
    if error in (TIMEOUT, LOST):
        return False
    record.failures += 1
    last = record.failures >= config.number("TransactionMessageAttempts")
    if error == _MALFORMED:
        app.log.event("ocpp_malformed", why="transactionId")
        record.failures = min(record.failures, 10)
    elif last:
        record.failures = 0
        app.log.event("transaction_message_discarded", code=error)
        return True
    wait_s = config.number("TransactionMessageRetryInterval") * record.failures
    record.retry_s = app.clock.uptime_s() + wait_s
    return False


def accepted(answer):
    """True when an answer's idTagInfo says Accepted (absent: nobody objects)."""
    info = id_info(answer)
    return info is None or info.get("status") == "Accepted"
