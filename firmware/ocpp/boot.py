# SPDX-License-Identifier: MIT
"""BootNotification: who we are, and what its answer sets: our status, the clock, the interval."""

from firmware.ocpp.rpc import LOST, TIMEOUT
from firmware.ocpp.session import BROKEN, SENT, VENDOR, VERSION, is_integer

_RETRY_S = 60  # when the central system leaves the interval to us
_DAY_S = 86400


async def boot(app, station, rpc):
    """Send it; SENT or BROKEN."""
    session = station.session
    error, answer = await rpc.call(
        "BootNotification",
        {
            "chargePointVendor": VENDOR,
            "chargePointModel": app.settings.board[:20],
            "chargePointSerialNumber": app.settings.device_id[:25],
            "firmwareVersion": VERSION,
        },
    )
    if error in (TIMEOUT, LOST):
        return BROKEN  # still due on the next connection
    session.boot_s = app.clock.uptime_s() + _RETRY_S
    if error is not None:
        return SENT
    status = answer.get("status")
    if status not in ("Accepted", "Pending", "Rejected"):
        status = None  # asked again
    session.boot_status = status
    interval_s = answer.get("interval")
    if not is_integer(interval_s) or not 0 < interval_s <= _DAY_S:
        interval_s = 0
    session.set_clock(answer)
    if status == "Accepted":
        session.heartbeat_s = app.clock.uptime_s()
        if interval_s:
            app.settings.heartbeat_s = interval_s
        station.accepted()
    elif interval_s:
        session.boot_s = app.clock.uptime_s() + interval_s
    app.log.event("ocpp_boot", status=status, interval_s=interval_s)
    return SENT
