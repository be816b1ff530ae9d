# SPDX-License-Identifier: MIT
"""Meter values: a sample is a row of integers in an array, texts are made when it is sent.

Frequency carries no unit: OCPP 1.6 forgot Hertz in its list (errata 4.0 3.84). Decimals are made
from integers; a float on the chips would lose watt-hours above 16 MWh.
"""

from array import array

from micropython import const

from firmware.clock import EPOCH_2020, format_iso

# Contexts, and their names in OCPP.
PERIODIC = const(0)
CLOCK = const(1)
BEGIN = const(2)
END = const(3)
TRIGGER = const(4)
CONTEXTS = (
    "Sample.Periodic",
    "Sample.Clock",
    "Transaction.Begin",
    "Transaction.End",
    "Trigger",
)

# A row: moment, context, Wh, W, mA x 3, mV x 3, mHz or 0, offered mA, phases.
ROW = const(13)
# The moment: seconds since 2020, as -1 - seconds, or the uptime while the time of day is unknown.
MAX_ROWS = const(32)
KEPT_ROWS = const(12)  # of them go to the flash with the transaction
MAX_STOP_ROWS = const(10)  # StopTransactionMaxMeterValues
_NOMINAL_V = const(230)
_INT = const(0x7FFFFFFF)


def sample(app, context=PERIODIC):
    """A row of this moment."""
    readings = app.board.readings
    charger = app.charger
    frequency = charger.frequency
    return array(
        "i",
        (
            _moment(app.clock),
            context,
            app.transactions.register.wh if app.transactions else readings.energy_wh,
            readings.power_w,
            readings.l1_ma,
            readings.l2_ma,
            readings.l3_ma,
            readings.l1_mv,
            readings.l2_mv,
            readings.l3_mv,
            frequency.slow_mhz if frequency and frequency.valid else 0,
            charger.offer_ma,
            charger.phases,
        ),
    )


def _moment(clock):
    now_s = clock.now()
    return clock.uptime_s() if now_s is None else EPOCH_2020 - 1 - now_s


def _unix(clock, moment):
    """Unix seconds of a row's moment, 0 while nobody knows."""
    return EPOCH_2020 - 1 - moment if moment < 0 else clock.at(moment) or 0


def packed(rows):
    """What the flash keeps of rows, as a list of integers: fewer, and only those with a date."""
    listed = []
    for index in range(count(rows)):
        if rows[index * ROW] < 0:
            listed.extend(row(rows, index))
    while len(listed) > KEPT_ROWS * ROW:
        thinned = listed[:ROW]  # every second one, never the first
        for at in range(2 * ROW, len(listed), 2 * ROW):
            thinned.extend(listed[at : at + ROW])
        listed = thinned
    return listed


def restored(listed):
    """Rows of a list that `packed` gave, or None."""
    if not isinstance(listed, list) or not listed or len(listed) % ROW:
        return None
    for value in listed:
        if not isinstance(value, int) or not -_INT - 1 <= value <= _INT:
            return None
    if any(not 0 <= context < len(CONTEXTS) for context in listed[1::ROW]):
        return None
    return array("i", listed)


def count(rows):
    """Number of rows in an array or None."""
    return len(rows) // ROW if rows else 0


def row(rows, index):
    """One row of an array."""
    return rows[index * ROW : (index + 1) * ROW]


def added(rows, taken, most=MAX_ROWS):
    """`rows` with one more; when it is full every second one goes, never the first."""
    if rows is None:
        return taken
    n = count(rows)
    if n >= most:
        thinned = row(rows, 0)
        for index in range(2, n, 2):
            thinned.extend(row(rows, index))
        rows = thinned
    rows.extend(taken)
    return rows


def began(app, record):
    """The first sample of a transaction."""
    record.stop_data = sample(app, BEGIN)


def ended(app, record):
    """The last one."""
    record.stop_data = added(record.stop_data, sample(app, END), MAX_STOP_ROWS)


def periodic(app, record):
    """One of those between."""
    keep(record, sample(app))


def keep(record, taken):
    """Queue a sample of a transaction for delivery."""
    record.samples = added(record.samples, taken)


def drop_first(record):
    """Forget the sample that was delivered."""
    record.samples = record.samples[ROW:] if count(record.samples) > 1 else None


def thousandths(value):
    """Integer thousandths as text: 49987 -> "49.987"; also below zero."""
    sign = "-" if value < 0 else ""
    value = abs(value)
    return "%s%d.%03d" % (sign, value // 1000, value % 1000)


def meter_value(taken, clock, phases, measurands):
    """One meterValue of a row: the `measurands` of a comma-separated list; None without any."""
    values = []
    for name in measurands.split(",") if measurands else ():
        _measured(values, name.strip(), taken, phases)
    if not values:
        return None
    return {"timestamp": format_iso(_unix(clock, taken[0])), "sampledValue": values}


def payload(taken, clock, phases, measurands, number=None):
    """MeterValues.req for connector 1, or None; `number` is the transactionId if there is one."""
    value = meter_value(taken, clock, phases, measurands)
    if value is None:
        return None
    request = {"connectorId": 1, "meterValue": [value]}
    if number is not None:
        request["transactionId"] = number
    return request


def _measured(values, name, taken, phases):
    """Append the sampled values of one name of the list."""
    context = CONTEXTS[taken[1]]
    if name.startswith("Current.Import"):
        for i in range(phases):
            phase = "L%d" % (i + 1)
            if name == "Current.Import" or name.endswith(phase):
                text = thousandths(taken[4 + i])
                values.append(_value("Current.Import", text, context, "A", phase))
    elif name.startswith("Voltage"):
        for i in range(phases):
            phase = "L%d-N" % (i + 1)
            if name == "Voltage" or name[8:] in phase:
                values.append(_value("Voltage", thousandths(taken[7 + i]), context, "V", phase))
    else:
        text, unit = _single(name, taken)
        if text is not None:
            values.append(_value(name, text, context, unit))


def _single(name, taken):
    """(text or None, unit) of a measurand that has no phases."""
    if name == "Energy.Active.Import.Register":
        return str(taken[2]), "Wh"
    if name == "Power.Active.Import":
        return str(taken[3]), "W"
    if name == "Frequency":
        return thousandths(taken[10]) if taken[10] else None, None
    if name == "Current.Offered":
        return thousandths(taken[11]), "A"
    return str(taken[11] * (_NOMINAL_V * taken[12]) // 1000), "W"  # Power.Offered


def _value(measurand, text, context, unit, phase=None):
    """A sampledValue."""
    value = {"value": text, "context": context, "measurand": measurand}
    if phase:
        value["phase"] = phase
    if unit:
        value["unit"] = unit
    return value
