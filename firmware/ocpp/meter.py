# SPDX-License-Identifier: MIT
"""Meter values: samples as short integer tuples, texts only when they are sent.

Frequency carries no unit: OCPP 1.6 forgot Hertz in its list (errata 4.0 3.84). Decimals are made
from integers; a float on the chips would lose watt-hours above 16 MWh.
"""

from firmware.clock import format_iso

MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Frequency,"
    "Current.Offered"
)
PERIODIC = "Sample.Periodic"
TRIGGER = "Trigger"
_MAX_SAMPLES = 32


def sample(app):
    """(uptime s, Wh, W, mA x 3, mV x 3, mHz or 0, offered mA) of this moment."""
    readings = app.board.readings
    charger = app.charger
    return (
        app.clock.uptime_s(),
        readings.energy_wh,
        readings.power_w,
        readings.l1_ma,
        readings.l2_ma,
        readings.l3_ma,
        readings.l1_mv,
        readings.l2_mv,
        readings.l3_mv,
        charger.frequency.slow_mhz if charger.frequency.valid else 0,
        charger.offer_ma,
    )


def keep(record, taken):
    """Queue a sample of a transaction; when the queue is full every second one goes."""
    if len(record.samples) >= _MAX_SAMPLES:
        record.samples = record.samples[::2]
    record.samples.append(taken)


def thousandths(value):
    """Integer thousandths as text: 49987 -> "49.987"; also below zero."""
    sign = "-" if value < 0 else ""
    value = abs(value)
    return "%s%d.%03d" % (sign, value // 1000, value % 1000)


def payload(taken, clock, phases, context, number=None):
    """MeterValues.req for connector 1; `number` is the transactionId if there is one."""
    values = []

    def add(measurand, text, unit=None, phase=None):
        value = {"value": text, "context": context, "measurand": measurand}
        if phase:
            value["phase"] = phase
        if unit:
            value["unit"] = unit
        values.append(value)

    add("Energy.Active.Import.Register", str(taken[1]), "Wh")
    add("Power.Active.Import", str(taken[2]), "W")
    for i in range(phases):
        add("Current.Import", thousandths(taken[3 + i]), "A", "L%d" % (i + 1))
    for i in range(phases):
        add("Voltage", thousandths(taken[6 + i]), "V", "L%d-N" % (i + 1))
    if taken[9]:
        add("Frequency", thousandths(taken[9]))
    add("Current.Offered", thousandths(taken[10]), "A")
    unix_s = clock.at(taken[0])
    request = {
        "connectorId": 1,
        "meterValue": [{"timestamp": format_iso(unix_s or 0), "sampledValue": values}],
    }
    if number is not None:
        request["transactionId"] = number
    return request
