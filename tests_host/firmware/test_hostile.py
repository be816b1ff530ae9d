# SPDX-License-Identifier: MIT
"""A hostile central system: messages and requests. One test per trick.

The right error or no answer, and nothing more: no exception, no changed limit, no flash-wear loop.
"""

import asyncio
import json
import os

from control import limits, protection
from tests_host.firmware.hostile_rig import ask, call, fresh
from tools.ocpp.corpus import REQUESTS, profile
from tools.ocpp.fuzz import LOCAL_MA

# Messages.


def test_malformed_json():
    target = fresh()
    for text in ("", "{", "[2", "nonsense", "[]", "{}", "5", '"x"', "null", "[2]", '[2,"1"]',
                 '[2,"1","Heartbeat",{}', "[" * 5000, '{"a":' * 3000):  # fmt: skip
        assert ask(target, text) is None, text


def test_wrong_type_numbers():
    target = fresh()
    for kind in ("1", "5", "6", "-2", "2.5", '"2"', "null", "true", "1e999", "[]", "{}"):
        assert ask(target, '[%s,"k","Heartbeat",{}]' % kind) is None, kind


def test_ids_that_are_none():
    target = fresh()
    for name in ("5", "null", "{}", "[]", '""', '"%s"' % ("x" * 37), '"\\ud800"', '"\\u0000"'):
        assert ask(target, '[2,%s,"ClearCache",{}]' % name) is None, name


def test_an_id_is_used_once():
    target = fresh()
    assert ask(target, '[2,"again","ClearCache",{}]')[0] == 3
    assert ask(target, '[2,"again","ClearCache",{}]')[0] == 4
    assert "ocpp_replay" in target.app.log.seen


def test_unsolicited_and_doubled_results():
    target = fresh()
    for text in ('[3,"nobody",{}]', '[4,"nobody","InternalError","",{}]', '[3,"nobody",null]'):
        assert ask(target, text) is None
    assert target.app.log.seen["ocpp_unsolicited"] == 3

    async def run():
        sent = []

        class Socket:
            """Keeps what is sent."""

            async def send(self, text):
                sent.append(json.loads(text))

        target.rpc._socket = Socket()
        task = asyncio.create_task(target.rpc.call("Heartbeat", {}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        name = sent[0][1]
        ask(target, '[3,"%s",{"currentTime":"2025-04-28T10:15:00Z"}]' % name)
        ask(target, '[3,"%s",{"currentTime":"2030-04-28T10:15:00Z"}]' % name)
        return await task

    assert asyncio.run(run()) == (None, {"currentTime": "2025-04-28T10:15:00Z"})
    assert target.app.log.seen["ocpp_unsolicited"] == 4


def test_deep_nesting():
    target = fresh()
    for depth in (90, 500, 5000):
        text = '[2,"d%d","SetChargingProfile",%s%s]' % (depth, '{"a":' * depth, "}" * depth)
        ask(target, text)
        data = "[" * depth + "]" * depth
        payload = {"vendorId": "GridPilot", "messageId": "SetDERControl", "data": data}
        assert call(target, "DataTransfer", payload)
        nested = '[2,"e%d","DataTransfer",{"vendorId":"x","data":%s}]' % (depth, data)
        ask(target, nested)


# What is asked for.


def test_too_much_of_everything():
    target = fresh()
    many = profile(periods=25)
    payload = {"connectorId": 0, "csChargingProfiles": many}
    assert call(target, "SetChargingProfile", payload) == {"status": "Rejected"}
    high = dict(profile(), stackLevel=9)
    payload = {"connectorId": 0, "csChargingProfiles": high}
    assert call(target, "SetChargingProfile", payload) == {"status": "Rejected"}
    accepted = 0
    for i in range(40):
        made = dict(profile(), chargingProfileId=i, stackLevel=i % 9)
        if i >= 9:
            made["chargingProfilePurpose"] = "ChargePointMaxProfile"
        if i >= 18:
            made["chargingProfilePurpose"] = "TxProfile"
            made["chargingProfileKind"] = "Relative"
        payload = {"connectorId": 1 if i >= 18 else 0, "csChargingProfiles": made}
        accepted += call(target, "SetChargingProfile", payload) == {"status": "Accepted"}
    assert target.app.station.smart.profiles.count() == 16 <= accepted
    for i in range(300):
        entries = [{"idTag": "T%d" % (i * 30 + k), "idTagInfo": {"status": "Accepted"}}
                   for k in range(30)]  # fmt: skip
        payload = {
            "listVersion": i + 1, "updateType": "Differential", "localAuthorizationList": entries,
        }  # fmt: skip
        word = call(target, "SendLocalList", payload)
        if word == {"status": "Failed"} or isinstance(word, str):
            break
    assert i < 20, "the local list has no end"
    for i in range(50):
        payload = {
            "connectorId": 1, "expiryDate": "2026-01-01T00:00:00Z", "idTag": "R",
            "reservationId": i,
        }  # fmt: skip
        assert call(target, "ReserveNow", payload)
    ask(target, '[2,"big","GetConfiguration",{"key":[%s]}]' % ",".join(['"k"'] * 400))


def test_absurd_numbers_in_limits():
    target = fresh()
    charger = target.app.charger
    for value in ("1e999", "-1e999", "-1", "NaN", "1e308", "99999999999999999999", "4e-320"):
        text = json.dumps([2, "n" + value, "SetChargingProfile",
                           {"connectorId": 0, "csChargingProfiles": profile()}])  # fmt: skip
        before = charger.limits.of(limits.OCPP)
        answer = ask(target, text.replace("16.0", value))
        if answer is None or answer[0] == 4 or answer[2]["status"] != "Accepted":
            assert charger.limits.of(limits.OCPP) == before, value
        assert charger.limits.resolve(target.app.now_ms()) <= LOCAL_MA


def test_a_limit_above_the_hardware():
    target = fresh()
    charger = target.app.charger
    made = profile(periods=1)
    made["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = 500.0
    del made["chargingSchedule"]["duration"]
    payload = {"connectorId": 0, "csChargingProfiles": made}
    assert call(target, "SetChargingProfile", payload) == {"status": "Accepted"}
    assert charger.limits.resolve(target.app.now_ms()) == LOCAL_MA
    charger.limits.offer(limits.USER, 7000, target.app.now_ms())
    assert charger.limits.resolve(target.app.now_ms()) == 7000  # local ones always apply below
    answer = call(target, "GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    assert answer["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] <= 16


def test_time_that_jumps():
    target = fresh()
    app = target.app
    made = profile("TxProfile", "Relative")
    payload = {"connectorId": 1, "csChargingProfiles": made}
    assert call(target, "SetChargingProfile", payload) == {"status": "Accepted"}
    made = app.charger.limits.of(limits.OCPP)
    record = app.transactions.open
    for jump in (-86400 * 365, 86400 * 30, -5):
        app.clock.set(app.clock.now() + jump)
        app.ms += 1000
        app.transactions.poll(app.now_ms())
        app.station.smart.poll()
        # Not valid at that date, or the same as before: never something else.
        assert app.charger.limits.of(limits.OCPP) in (made, limits.NO_LIMIT)
        assert app.transactions.open is record
    app.transactions.close("Local")
    assert record.stop_wh >= record.start_wh


def counted_writes(target):
    """List that grows by a name whenever a file is opened for writing, by way of os.rename."""
    from firmware import journal
    from firmware.ledger import Ledger

    written = []
    original = journal.os.rename
    saved = Ledger.save

    class Os:
        """os, counting."""

        def __getattr__(self, name):
            return getattr(os, name)

        def rename(self, old, new):
            written.append(new)
            original(old, new)

    def save(self, record):
        written.append("tx")
        saved(self, record)

    journal.os = Os()
    Ledger.save = save

    def undo():
        journal.os = os
        Ledger.save = saved

    return written, undo


def test_no_loop_wears_the_flash_out():
    """2,000 of each in 1,000 s: no more than the ration of each, whatever is repeated."""
    target = fresh()
    written, undo = counted_writes(target)
    try:
        for i in range(2000):
            made = dict(profile(), chargingProfileId=i)
            payload = {"connectorId": 0, "csChargingProfiles": made}
            value = str(100 + i % 2)
            change = {"key": "HeartbeatInterval", "value": value}
            kind = "Operative" if i % 2 else "Inoperative"
            call(target, "SetChargingProfile", payload)
            call(target, "ClearChargingProfile", {})
            call(target, "ClearCache", {})
            target.text("nonsense")
            target.text('[3,"nobody",{}]')
            target.text('[2,"again","ClearCache",{}]')
            call(target, "ChangeConfiguration", change)
            call(target, "ChangeAvailability", {"connectorId": 0, "type": kind})
            if target.app.transactions.open:
                target.app.transactions.open.number = 5
            call(target, "RemoteStopTransaction", {"transactionId": 5})
            call(target, "RemoteStartTransaction", {"idTag": "W"})
            if i % 2 == 0:
                target.app.run(1000)
                target.app.station.clockwork.tick()
    finally:
        undo()
    by_name = {}
    for name in written:
        by_name[name] = by_name.get(name, 0) + 1
    assert len(written) < 300, by_name


def test_security_profile_only_goes_up():
    target = fresh()
    config = target.app.station.config
    config.put("SecurityProfile", 2)
    for value in ("0", "1", "-1", "4", "x"):
        answer = call(target, "ChangeConfiguration", {"key": "SecurityProfile", "value": value})
        assert answer == {"status": "Rejected"}, value
    assert config.number("SecurityProfile") == 2


def test_strings_reach_nothing_that_interprets_them():
    target = fresh()
    before = sorted(os.listdir())

    async def run():
        for text in ("$(reboot)", "../../../settings.json", "%s%s%n", "file:///settings.json",
                     "ftp://x/y", "http://user:word@host/", "javascript:1", "//host"):  # fmt: skip
            late = "2026-01-01T00:00:00Z"
            call(target, "UpdateFirmware", {"location": text, "retrieveDate": late})
            call(target, "GetDiagnostics", {"location": text})
            call(target, "RemoteStartTransaction", {"idTag": text[:20]})
            call(target, "ChangeConfiguration", {"key": text, "value": text})
            call(target, "DataTransfer", {"vendorId": text, "messageId": text, "data": text})
            await asyncio.sleep(0)

    asyncio.run(run())
    assert not [name for name in os.listdir() if name not in before and "." not in name]
    assert "ocpp_handler_failed" not in " ".join(target.app.log.seen)


def test_nothing_over_ocpp_acknowledges_a_weld():
    """Contacts that are welded need somebody who looks at them (docs/ocpp-security.md)."""
    target = fresh()
    charger = target.app.charger
    acknowledged = []
    charger.acknowledge = lambda: acknowledged.append(1)
    charger.fault = protection.WELD
    requests = [("ChangeAvailability", {"connectorId": n, "type": "Operative"}) for n in (0, 1)]
    requests += [("Reset", {"type": kind}) for kind in ("Soft", "Hard")]
    requests += [("DataTransfer", {"vendorId": "GridPilot", "messageId": "Acknowledge"})]

    async def run():
        for action, payload in requests + REQUESTS:
            call(target, action, payload)
            target.app.station.clockwork.tick()
            await asyncio.sleep(0)
            assert charger.fault == protection.WELD and not acknowledged, action

    asyncio.run(run())
    answer = call(target, "RemoteStartTransaction", {"idTag": "A"})
    assert answer == {"status": "Rejected"}
