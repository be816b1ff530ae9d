# SPDX-License-Identifier: MIT
"""TLS for security profiles 2 and 3: the context, and the time of day that mbedTLS goes by.

Certificates are checked against the roots in the flash and against the host name of the URL;
without a root there is no connection at all, never an unverified one. The validity of a
certificate needs the time of day before the central system can tell it, so the last known time is
kept (config.py): it can only be too early, by as long as the power was off.
"""

from micropython import const

from firmware.clock import civil_from_days
from firmware.ocpp import store

_FIRMWARE_BUILT_S = const(1764028800)  # 2025-11-25: no certificate can be checked before that


def context(with_certificate):
    """SSLContext that checks the server. Raises ValueError, saying what is missing."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    found = False
    for slot, data in store.roots(store.CSMS):
        try:
            context.load_verify_locations(cadata=data)
            found = True
        except ValueError:
            raise ValueError("csms_%d: not a certificate that TLS can read" % slot)
    if not found:
        raise ValueError("wss needs a root certificate: csms_0.der or csms_0.pem is missing")
    if with_certificate:
        certificate = store.read(store.STATION)
        key = store.read(store.KEY)
        if not certificate or not key:
            raise ValueError("profile 3 needs station.der and station_key.der (or .pem)")
        context.load_cert_chain(certificate, key)
    return context


def set_chip_clock(unix_s):
    """Set the chip's own clock, which mbedTLS reads, unless it is later already."""
    try:
        from machine import RTC
    except ImportError:
        return  # the host keeps its own time
    unix_s = max(unix_s, _FIRMWARE_BUILT_S)
    days = unix_s // 86400
    rest = unix_s % 86400
    year, month, day = civil_from_days(days)
    clock = RTC()
    now = clock.datetime()
    then = (year, month, day, (days + 3) % 7, rest // 3600, rest // 60 % 60, rest % 60, 0)
    if now and tuple(now[:3]) + tuple(now[4:7]) < then[:3] + then[4:7]:
        clock.datetime(then)
