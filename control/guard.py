# SPDX-License-Identifier: MIT
"""The guard: the layer that can only open the contactor.

It runs from a hard timer where the port has one, beside everything else, and allocates
nothing. Control holds the contactor closed only by renewing a permit that expires; the guard
also looks at the pilot and at the residual-current input by itself, so a control loop that
hangs with the permit fresh still cannot keep a car live that has opened S2.
"""

from micropython import const

# Longer than a flash write (up to 108 ms measured on an RP2040) and a garbage collection
# together, much shorter than the 3 s that a fault may last (Table A.6 sequence 12).
PERMIT_MS = const(250)
# The same while a TLS connection is made: mbedTLS works through the server's answer in one call,
# 2.3 s with P-256 on an emulated RP2040. Still within those 3 s; for so long at most in one go:
PATIENT_MS = const(3000)
PATIENT_FOR_MS = const(30000)

# Out of the C and D plateaus for this long opens. Later than control's own 50 ms, so that a
# healthy control layer is first, and with the contactor's drop-out still inside 100 ms.
LEFT_MS = const(60)
# The same while a car that is known to blink may show B after a duty change; A still opens.
BLINK_MS = const(600)

_AWAY_MV = const(10750)  # between B and A
_HIGH_MV = const(7750)  # between C and B, on the far side of control's hysteresis
_LOW_MV = const(1250)  # between D and E

NONE = const(0)
PERMIT = const(1)
PILOT = const(2)
RCD = const(3)
NAMES = ("none", "permit expired", "pilot left C", "residual current")


class Guard:
    """`tripped` is 1 from the moment it opened until control has let go of the contactor."""

    def __init__(self):
        self.tripped = 1  # nothing is allowed before control has said so
        self.reason = NONE
        self.trips = 0
        self._closed = 0
        self._permit_ms = 0
        self._out_ms = 0
        self._blink = 0
        self._patient_ms = 0

    def renew(self, contactor, blink=0):
        """Called by control after each finished step: `contactor` is what it wants, 0 or 1.

        blink: 1 while B is to be believed later than usual (Command.blink).

        Asking for an open contactor acknowledges a trip; asking for a closed one while
        tripped changes nothing.
        """
        if not contactor:
            self.tripped = 0
            self._closed = 0
            self._out_ms = 0
        elif not self.tripped:
            self._closed = 1
        self._permit_ms = PATIENT_MS if self._patient_ms > 0 else PERMIT_MS
        self._blink = blink

    def be_patient(self, on):
        """1: control may soon be late, by no fault of its own; 0: that is over.

        The permit then lasts PATIENT_MS, for PATIENT_FOR_MS with a closed contactor at most.
        Pilot and residual current are watched as ever.
        """
        self._patient_ms = PATIENT_FOR_MS if on else 0

    def tick(self, dt_ms, cp_high_mv, rcd_ok):
        """Called from the timer every `dt_ms`; returns 1 if the contactor may stay closed."""
        if not self._closed or self.tripped:
            return 0
        permit_ms = self._permit_ms - dt_ms
        self._permit_ms = permit_ms
        if self._patient_ms > 0:
            self._patient_ms -= dt_ms
        if cp_high_mv > _HIGH_MV or cp_high_mv < _LOW_MV:
            self._out_ms += dt_ms
        elif self._out_ms:
            self._out_ms = 0
        if not rcd_ok:
            self._trip(RCD)
        elif permit_ms <= 0:
            self._trip(PERMIT)
        elif self._out_ms >= LEFT_MS and (
            self._out_ms >= BLINK_MS or not self._blink or not _LOW_MV < cp_high_mv < _AWAY_MV
        ):
            self._trip(PILOT)
        else:
            return 1
        return 0

    def fail(self):
        """The tick itself failed, with whatever error: that is no permit."""
        self._trip(PERMIT)

    def _trip(self, reason):
        self.tripped = 1
        self._closed = 0
        self.reason = reason
        self.trips += 1
