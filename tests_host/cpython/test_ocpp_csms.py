# SPDX-License-Identifier: MIT
"""The station on MicroPython against the embedded central system, over a real socket.

Every frame of both sides passes the JSON schemas of OCPP 1.6; nothing here may be a finding.
"""

import asyncio

from tests_host.cpython.ocpp_station import Station, do, raw
from tools.bench.csms import EmbeddedCsms


def test_a_day_of_charging(tmp_path):
    """Boot, card, profiles, meter values, remote stop, refused card, reset."""

    async def run():
        csms = EmbeddedCsms(blocked=["thief"], paced=False)
        url = await csms.start()
        async with Station(tmp_path, url) as station:
            await station.until(lambda: station.statuses() == ["Available"])
            assert station.lines[0] == {"event": "ocpp_connected", "id": "GP 1"}
            assert csms.links[0].socket.request.path == "/ocpp/GP%201"
            changed = {
                "do": "change_configuration",
                "key": "metervaluesampleinterval",
                "value": "1",
            }
            assert await do(csms, station, changed) == {"status": "Accepted"}

            station.say("tap thief")
            await station.until(lambda: station.events("authorise"))
            assert station.events("authorise")[0]["accepted"] is False

            station.say("tap good")
            station.say("plug")
            await station.until(lambda: station.statuses()[-1] == "Charging")
            assert csms.transactions[1]["id_tag"] == "good"
            profile = {"do": "set_profile", "periods": [[0, 10.1], [60, 5]], "unit": "A"}
            assert await do(csms, station, profile) == {"status": "Accepted"}
            composite = await do(csms, station, {"do": "composite", "duration": 90})
            periods = composite["chargingSchedule"]["chargingSchedulePeriod"]
            assert [p["limit"] for p in periods][-2:] == [10.1, 5.0]  # the clocks differ by 1 s
            await station.until(lambda: station.calls("MeterValues"))
            values = station.calls("MeterValues")[0]
            assert values["transactionId"] == 1
            named = {v["measurand"]: v["value"] for v in values["meterValue"][0]["sampledValue"]}
            assert "Frequency" not in named and named["Current.Offered"] == "10.100"

            station.say("wh 6234")
            assert await do(csms, station, {"do": "remote_stop"}) == {"status": "Accepted"}
            await station.until(lambda: station.statuses()[-1] == "Finishing")
            await station.until(lambda: station.calls("StopTransaction"))
            station.say("unplug")
            await station.until(lambda: station.statuses()[-1] == "Available")
            assert csms.transactions[1] == {
                "id_tag": "good", "start_wh": 5000, "stop_wh": 6234, "reason": "Remote",
            }  # fmt: skip

            station.say("fault 1")
            await station.until(lambda: station.statuses()[-1] == "Faulted")
            assert await do(csms, station, {"do": "reset"}) == {"status": "Accepted"}
            await station.until(lambda: station.events("restarted"))
            station.say("end")
            await station.process.wait()
        await csms.stop()
        assert csms.findings == []
        ids = [
            x["frame"][1] for x in station.lines if x.get("dir") == "out" and x["frame"][0] == 2
        ]
        assert len(ids) == len(set(ids))

    asyncio.run(run())


def test_every_request_is_answered_within_the_schema(tmp_path):
    """One of each, right and wrong; the connection outlives them all."""

    async def run():
        csms = EmbeddedCsms(paced=False)
        url = await csms.start()
        async with Station(tmp_path, url) as station:
            await station.until(station.statuses)
            for action, expected in (
                ({"do": "get_configuration", "keys": ["nope"]}, {"unknownKey": ["nope"]}),
                ({"do": "get_configuration", "keys": ["NumberOfConnectors"]}, None),
                ({"do": "get_configuration"}, None),
                ({"do": "change_configuration", "key": "nope", "value": "1"}, "NotSupported"),
                (
                    {"do": "change_configuration", "key": "NumberOfConnectors", "value": "2"},
                    "Rejected",
                ),
                (
                    {"do": "change_configuration", "key": "HeartbeatInterval", "value": "-1"},
                    "Rejected",
                ),
                ({"do": "change_availability", "type": "Inoperative"}, "Accepted"),
                ({"do": "remote_start", "id_tag": "x"}, "Rejected"),
                ({"do": "change_availability", "type": "Operative"}, "Accepted"),
                ({"do": "remote_start", "id_tag": "x"}, "Accepted"),
                ({"do": "remote_stop", "transaction_id": 99}, "Rejected"),
                ({"do": "trigger", "message": "Heartbeat"}, "Accepted"),
                ({"do": "trigger", "message": "MeterValues", "connector": 1}, "Accepted"),
                ({"do": "trigger", "message": "StatusNotification"}, "Accepted"),
                ({"do": "trigger", "message": "BootNotification"}, "Rejected"),
                ({"do": "trigger", "message": "FirmwareStatusNotification"}, "Accepted"),
                ({"do": "clear_profile"}, "Unknown"),
                ({"do": "set_profile", "periods": [[0, 8]], "kind": "Recurring"}, "Rejected"),
                ({"do": "set_profile", "periods": [[i, 8] for i in range(24)]}, "Accepted"),
                ({"do": "composite", "duration": 60, "unit": "W"}, "Accepted"),
                (raw("ClearCache"), "Accepted"),
                (raw("UnlockConnector", connectorId=1), "NotSupported"),
                (raw("DataTransfer", vendorId="x"), "UnknownVendorId"),
                (raw("GetLocalListVersion"), {"listVersion": 0}),
                (raw("Reset", type="Warm"), {"error": "PropertyConstraintViolation"}),
                (raw("Reset"), {"error": "OccurenceConstraintViolation"}),
                (
                    raw("RemoteStopTransaction", transactionId="1"),
                    {"error": "TypeConstraintViolation"},
                ),
                (raw("GetConfiguration", key=[1]), {"error": "TypeConstraintViolation"}),
                (raw("X" * 5000), {"error": "NotImplemented"}),
            ):
                answer = await do(csms, station, action)
                wanted = {"status": expected} if isinstance(expected, str) else expected
                for key, value in (wanted or {}).items():
                    assert answer[key] == value, (action, answer)
            await station.until(lambda: station.calls("Heartbeat"))
            await station.until(lambda: station.calls("MeterValues"))
            assert len(csms.links) == 1 and csms.findings == []
        await csms.stop()

    asyncio.run(run())


def test_lost_connection_and_power(tmp_path):
    """Offline the transaction goes on; after a power cut it is stopped before a new one."""

    async def run():
        csms = EmbeddedCsms(paced=False)
        url = await csms.start()
        port = int(url.split(":")[2].split("/")[0])
        async with Station(tmp_path, url) as station:
            await station.until(station.statuses)
            station.say("plug")
            station.say("tap abc")
            await station.until(lambda: station.statuses()[-1] == "Charging")
            await csms.stop()
            await station.until(lambda: station.events("ocpp_lost"))
            station.say("wh 5500")
            station.say("unplug")
            await station.until(lambda: station.events("transaction_stop"))
            await csms.start(port)
            await station.until(lambda: station.calls("StopTransaction"))
            assert len(station.calls("BootNotification")) == 1  # nothing new to say
            await station.until(lambda: station.statuses()[-1] == "Available")
            station.say("plug")
            station.say("tap def")
            await station.until(lambda: len(station.calls("StartTransaction")) == 2)
            await station.until(lambda: station.statuses()[-1] == "Charging")
        async with Station(tmp_path, url) as station:  # killed in the middle: the power was cut
            await station.until(lambda: station.calls("StopTransaction"))
            station.say("end")
            await station.process.wait()
        await csms.stop()
        assert csms.findings == [] and csms.boots == 2
        assert [(t["stop_wh"], t["reason"]) for t in csms.transactions.values()] == [
            (5500, "EVDisconnected"),
            (5500, "PowerLoss"),
        ]

    asyncio.run(run())
