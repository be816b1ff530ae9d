# SPDX-License-Identifier: MIT
"""Meter values that wait for the central system are kept with their transaction (1.6, 3.7)."""

import asyncio
import os

from firmware import ledger
from firmware.ocpp import delivery, meter
from tests_host.firmware.test_transactions import URL, FakeStation, build, ledger_files, plug

NOW = 1745835300  # 2025-04-28T10:15:00Z


class Station(FakeStation):
    """Adds the values of begin and end, as the real one does."""

    app = None

    def transaction_began(self, record):
        """The first value."""
        record.stop_data = meter.sample(self.app, meter.BEGIN)

    def transaction_ended(self, record):
        """The last value."""
        taken = meter.sample(self.app, meter.END)
        record.stop_data = meter.added(record.stop_data, taken, meter.MAX_STOP_ROWS)

    def told(self, *_):
        """An answer about a card."""

    def number(self, key):
        """A configuration key."""
        return 3

    def text(self, key):
        """The lists of measurands."""
        return "Energy.Active.Import.Register"


class Rpc:
    """A central system that takes everything."""

    def __init__(self):
        self.calls = []

    async def call(self, action, payload):
        """Take note and accept."""
        self.calls.append((action, payload))
        return None, {"transactionId": 77} if action == "StartTransaction" else {}


def boot(journal, now_s=NOW):
    """An App whose clock says now_s."""
    station = Station()
    app = build(journal, station=station, csms_url=URL)
    station.app = app
    if now_s:
        app.clock.set(now_s)
    return app


def sampled(app, count):
    """A running transaction with so many values, one a minute, 10 Wh apart."""
    plug(app)
    app.run(300)
    record = app.transactions.open
    for _ in range(count):
        app.run(60000)
        app.board.readings.energy_wh += 10
        app.run(100)
        meter.keep(record, meter.sample(app))
    return record


def delivered(app):
    """All messages there are, as (action, payload)."""
    rpc = Rpc()

    async def run():
        for _ in range(100):
            await delivery.deliver(app, rpc, app.station)

    asyncio.run(run())
    return rpc.calls


def values(calls):
    """[(timestamp, Wh)] of MeterValues, which have to belong to the transaction."""
    listed = []
    for action, payload in calls:
        if action == "MeterValues":
            assert payload["transactionId"] == 77
            value = payload["meterValue"][0]
            listed.append((value["timestamp"], int(value["sampledValue"][0]["value"])))
    return listed


def test_they_come_after_a_power_cut_as_they_were():
    app = boot("new")
    sampled(app, 16)  # the record was written at the quarter of an hour
    app = boot("old", NOW + 86400)
    app.run(10000)
    calls = delivered(app)
    assert calls[0][0] == "StartTransaction"
    listed = values(calls)
    assert len(listed) >= 7 and listed[0] == ("2025-04-28T10:16:00Z", 5010), listed
    assert listed == sorted(listed) and listed[-1][0] > "2025-04-28T10:27"
    action, stop = calls[-1]
    assert action == "StopTransaction" and stop["reason"] == "PowerLoss"
    data = stop["transactionData"]
    assert data[0]["timestamp"] == "2025-04-28T10:15:00Z"
    assert data[0]["sampledValue"][0]["context"] == "Transaction.Begin"


def test_those_of_a_transaction_that_is_over_are_all_there():
    app = boot("new")
    record = sampled(app, 5)
    app.transactions.close("Local")
    before = [record.samples[i * meter.ROW + 2] for i in range(5)]
    app = boot("old", NOW + 86400)
    calls = delivered(app)
    assert [wh for _, wh in values(calls)] == before
    contexts = [value["sampledValue"][0]["context"] for value in calls[-1][1]["transactionData"]]
    assert contexts == ["Transaction.Begin", "Transaction.End"]


def test_more_than_the_flash_keeps_are_thinned_and_cost_no_write_more():
    def written(app, count):
        wrote = []
        save = app.transactions._ledger._written

        def counted(record, with_values):
            wrote.append(with_values)
            return save(record, with_values)

        app.transactions._ledger._written = counted
        sampled(app, count)
        app.transactions.close("Local")
        return len(wrote)

    app = boot("new")
    many = written(app, 60)
    listed = values(delivered(boot("old", NOW + 86400)))
    assert meter.KEPT_ROWS // 2 <= len(listed) <= meter.KEPT_ROWS
    assert listed[0][1] == 5010 and listed[-1][1] > 5500
    app = boot("new")
    app.clock.poll()
    none = written(app, 0)
    # Start, stop and a quarter of an hour each: no more because of 60 values.
    assert many <= none + 5, (many, none)
    longest = max([os.stat(name)[6] for name in ledger_files()])
    assert longest < 2200


def test_values_without_a_date_are_not_kept():
    app = boot("new", None)
    sampled(app, 3)
    app.transactions.close("Local")
    calls = delivered(boot("old"))
    assert values(calls) == [] and calls[-1][0] == "StopTransaction"


def test_a_flash_without_room_keeps_the_transaction_itself():
    app = boot("new")
    record = sampled(app, 3)
    kept = app.transactions._ledger
    save = kept._written
    kept._written = lambda record, with_values: not with_values and save(record, with_values)
    app.transactions.close("Local")
    kept._written = save
    calls = delivered(boot("old", NOW + 86400))
    assert values(calls) == []
    assert calls[-1][1]["meterStop"] == record.stop_wh


def test_only_the_first_that_wait_have_them():
    app = boot("new")
    for _ in range(ledger.WITH_VALUES + 4):
        sampled(app, 1)
        app.transactions.close("Local")
        plug(app, False)
        app.run(2000)
    again = boot("old", NOW + 86400)
    assert again.transactions.pending() == ledger.WITH_VALUES + 4
    assert 0 < len(values(delivered(again))) <= ledger.WITH_VALUES


def test_a_row_that_is_none_is_left_out():
    good = meter.packed(meter.sample(boot("new")))
    assert len(good) == meter.ROW and list(meter.restored(good)) == good
    for bad in (None, [], good[1:], ["x"] * meter.ROW, [1 << 40] * meter.ROW, {}, "x" * 13,
                good[:1] + [9] + good[2:], [0.5] * meter.ROW):  # fmt: skip
        assert meter.restored(bad) is None, bad
