# SPDX-License-Identifier: MIT
"""The firmware, looked at from outside: what it claims goes to the edges and into the trace."""

import sys

SOURCES = ("phases", "wake", "pause")  # parts of the charger whose state has a name


class Watch:
    """`firmware` is the module firmware.app while the firmware runs. `world` is the World.

    triggers: sim.triggers.Triggers of this run, or None.
    """

    def __init__(self, world):
        self.world = world
        self.firmware = None
        self.triggers = None
        self._authorised = None
        self._fault = None
        self._tripped = None

    def app(self):
        """The running App, or None."""
        firmware = self.firmware
        return None if firmware is None else firmware.current

    def gone(self):
        """The firmware no longer runs: what it claimed is void."""
        self.firmware = None
        self._authorised = self._fault = self._tripped = None
        edge = self.world.recorder.edge
        edge("authorised", 0)
        edge("guard", 0)
        edge("fault", "none")

    def step(self):
        """Every 10 ms: what has changed?"""
        firmware = self.firmware
        app = None if firmware is None else firmware.current
        if app is None:
            return
        charger = app.charger
        recorder = self.world.recorder
        if charger.authorised != self._authorised:
            self._authorised = charger.authorised
            recorder.edge("authorised", 1 if charger.authorised else 0)
        fault = charger.protection.fault
        if fault != self._fault:
            self._fault = fault
            recorder.edge("fault", fault_name(fault))
        tripped = app.guard.tripped
        if tripped != self._tripped:
            self._tripped = tripped
            recorder.edge("guard", 1 if tripped else 0)
        if self.triggers is not None:
            self.triggers.step(charger)

    def row(self, now_us):
        """One row of the trace, values as in Recorder.row."""
        world = self.world
        pilot = world.pilot
        mains = world.mains
        i = world.car.i_ma
        v = mains.v_mv
        measured = offer = limit = 0
        state = "-"
        reason = "off"
        app = self.app()
        if app is not None:
            charger = app.charger
            state = charger.state_name
            offer = charger.offer_ma
            limit = charger.limits.limit_ma
            reason = reason_name(charger.offer.reason)
            if charger.frequency and charger.frequency.valid:
                measured = charger.frequency.slow_mhz
        watts = (v[0] * i[0] + v[1] * i[1] + v[2] * i[2] + 500000) // 1000000
        # Rows carry round times: the tick itself runs 3 ms past a multiple of 10 ms.
        world.recorder.row(
            (
                now_us // 10000 * 10,
                mains.mhz,
                measured,
                pilot.high_mv,
                pilot.low_mv,
                state,
                world.recorder.duty(pilot.duty_ppm),
                offer,
                1 if world.main.closed else 0,
                3 if world.phase.closed else 1,
                i[0],
                i[1],
                i[2],
                watts,
                world.meter.energy_wh(),
                limit,
                reason,
            )
        )


def firmware(name):
    """A module of the firmware, None before that is loaded.

    In a compiled firmware it may be part of another one; a source beside it then tells the names.
    """
    if name not in sys.modules and "control.charger" in sys.modules:
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = None
    return sys.modules.get(name)


def fault_name(fault):
    """Name of a firmware fault number."""
    module = firmware("control.protection")
    return str(fault) if module is None else module.NAMES[fault]


def reason_name(reason):
    """Name of the limit that won."""
    module = firmware("control.limits")
    return str(reason) if module is None else module.REASONS[reason]


def state_of(charger, source):
    """State of a part of the firmware, for comparing: as state_name, but found in less time."""
    if source == "state":
        return charger.state_name
    part = getattr(charger, "phase_switch" if source == "phases" else source, None)
    return -1 if part is None else part.state


def state_name(charger, source):
    """Name of the state that a part of the firmware is in, "" when it has no such part."""
    if source == "state":
        return charger.state_name
    part = getattr(charger, "phase_switch" if source == "phases" else source, None)
    module = firmware("control." + source)
    return "" if part is None or module is None else module.NAMES[part.state]
