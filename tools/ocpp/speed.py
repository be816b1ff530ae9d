# SPDX-License-Identifier: MIT
"""Round trips per second and heap of the station over ws and wss, on MicroPython (64 bit)."""

import asyncio
import json
import tempfile
from pathlib import Path

from tools.bench.csms import EmbeddedCsms
from tools.ocpp.corpus import profile
from tools.runtimes import micropython
from tools.tree import ROOT

DEVICE = ROOT / "tools" / "ocpp" / "speed_device.py"
HEAP = "1M"
LIMIT_S = 90
BUDGET_BYTES = 65536  # what the station may add to the loaded program on a 64-bit heap


async def _until(condition):
    """Wait for something that other tasks make true."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110 - nobody there tells
            await asyncio.sleep(0.02)


async def _worst(csms):
    """24 periods, then a frame of 12 kB; each is answered before the next goes out."""
    payload = {"connectorId": 0, "csChargingProfiles": profile(periods=24)}
    large = {"vendorId": "com.example", "data": "x" * 12000}
    for action, body in (("SetChargingProfile", payload), ("DataTransfer", large)):
        wanted = len(csms.answers) + 1
        await csms.action({"do": "raw", "action": action, "payload": body})
        await _until(lambda wanted=wanted: len(csms.answers) >= wanted)


async def _measure(folder, seconds, secure):
    csms = EmbeddedCsms(paced=False)
    if secure:
        from tests_host.cpython.certs import Signed

        root = Signed("root")
        server = Signed("localhost", root, host="localhost")
        (folder / "csms_0.der").write_bytes(root.der())
        url = await csms.start(ssl=server.server_context(folder))
    else:
        url = await csms.start()
    process = await asyncio.create_subprocess_exec(
        micropython(), "-X", f"heapsize={HEAP}", DEVICE, ROOT, url, str(seconds),
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = asyncio.create_task(process.communicate())

    async def attack():
        await _until(
            lambda: csms.links and any("StatusNotification" in t for t in csms.links[-1].inbox)
        )
        await _worst(csms)

    task = asyncio.create_task(attack())
    try:
        text, _ = await asyncio.wait_for(output, LIMIT_S)
    except TimeoutError:
        process.kill()
        return {"error": "no end"}
    finally:
        task.cancel()
        await csms.stop()
    try:
        result = json.loads(text)
    except ValueError:
        return {"error": text.decode(errors="replace")[-300:]}
    result["findings"] = [finding["text"] for finding in csms.findings]
    return result


def measure(seconds=3, secure=False):
    """Figures of one transport as a dict; "error" when there are none."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-speed-") as folder:
        return asyncio.run(_measure(Path(folder), seconds, secure))


def section(progress):
    """The part of the report."""
    rows, faults = [], []
    for name, secure in (("ws", False), ("wss", True)):
        progress(f"round trips and heap over {name} ...")
        try:
            got = measure(secure=secure)
        except ImportError as error:
            got = {"error": f"not measured: {error}"}
        if "error" in got:
            faults.append(f"{name}: {got['error']}")
            rows.append([name, got["error"], "", "", "", ""])
            continue
        added = got["highest"] - got["loaded"]
        if added > BUDGET_BYTES:
            faults.append(f"{name}: the station adds {added} bytes, expected {BUDGET_BYTES}")
        faults += [f"{name}: {text}" for text in got["findings"]]
        rows.append([
            name, got["round_trips_per_s"], got["loaded"], added, got["settled"] - got["loaded"],
            got["after"] - got["settled"],
        ])  # fmt: skip
    return {
        "title": "Round trips and heap",
        "about": "MicroPython for unix, 64 bit: a chip has half the heap per object. Heap lives "
        "after a collection, looked at with every frame, a 24-period profile and a frame of 12 kB "
        "among them. TLS itself takes C memory beside it: 23 KB steady, 29 KB in the handshake, "
        "on a chip out of the same heap.",
        "columns": ["transport", "round trips/s", "program B", "station adds at most B",
                    "settled B", "growth over the round trips B"],
        "rows": rows,
        "faults": faults,
        "summary": ", ".join(f"{row[0]} {row[1]}/s, +{row[3]} B" for row in rows),
    }  # fmt: skip
