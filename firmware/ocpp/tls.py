# SPDX-License-Identifier: MIT
"""TLS for security profiles 2 and 3: the context, the memory kept for it, and a clock to start on.

Certificates are checked against the roots in the flash and against the host name of the URL;
without a root there is no connection at all, never an unverified one. The validity of a
certificate needs the time of day before the central system can tell it, so the last known time is
kept (config.py) and set as the chip's clock at start: it can only be too early, by as long as the
power was off.
"""

import gc
import sys

from micropython import const

from firmware.clock import civil_from_days
from firmware.ocpp import store

# Measured on mbedTLS as MicroPython builds it: 29 KB at the peak of a handshake, of which one
# block of 16.7 KB. On the RP2040 they come out of the same heap as everything else.
_HEAP = const(29 * 1024)
FIRMWARE_BUILT_S = const(1764028800)  # 2025-11-25: no certificate can be checked before that


class Tls:
    """`context` for one connection attempt; `reserve` while there is none."""

    def __init__(self, size=None):
        if size is None:
            size = _HEAP if sys.platform == "rp2" else 0
        self._size = size
        self._kept = None

    def reserve(self):
        """Keep a hole in the heap for the next handshake; False when there is none big enough."""
        if self._kept is None and self._size:
            gc.collect()
            try:
                self._kept = bytearray(self._size)
            except MemoryError:
                return False
        return True

    def release(self):
        """Give the hole back, right before the handshake."""
        self._kept = None
        gc.collect()

    def context(self, with_certificate):
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
        self.release()
        return context


def set_chip_clock(unix_s):
    """Set the chip's own clock, which mbedTLS reads, unless it is later already."""
    try:
        from machine import RTC
    except ImportError:
        return  # the host keeps its own time
    days = unix_s // 86400
    rest = unix_s % 86400
    year, month, day = civil_from_days(days)
    clock = RTC()
    now = clock.datetime()
    if now and tuple(now[:3]) < (year, month, day):
        clock.datetime(
            (year, month, day, (days + 3) % 7, rest // 3600, rest // 60 % 60, rest % 60, 0)
        )
