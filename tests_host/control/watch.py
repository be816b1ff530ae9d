# SPDX-License-Identifier: MIT
"""What a charger may never do, judged from contacts, car and readings, not from what it believes.

Call `check` after each step of a rig. The car of the watch bridges its inputs as soon as it is
supplied on one phase, and lets go only after 19 s without a pilot.
"""

from control.readings import PILOT_F, PILOT_PWM

CLEARING_MS = 19000
LEFT_C_MS = 60  # to the opening command; the contacts have 40 ms more
IGNORED_MS = 6050


class Watch:
    """`what` is told with every complaint."""

    def __init__(self, rig, bridged=False):
        self.rig = rig
        self.what = ""
        self.bridged = bridged
        self.no_pilot_ms = 0
        self.not_c_ms = 0
        self.c_ms = 0
        self.x1_ms = 0
        self.contactor = rig.charger.command.contactor
        self.relay = rig.readings.phase_closed
        self.coil = rig.charger.command.three_phase

    def check(self):
        """Judge the step that was just taken."""
        rig = self.rig
        command = rig.charger.command
        step_ms = rig.step_ms
        in_c = rig.car == "C" and not rig.short
        self.not_c_ms = 0 if in_c else self.not_c_ms + step_ms
        self.c_ms = self.c_ms + step_ms if in_c else 0
        pwm = command.pilot_mode == PILOT_PWM and command.cp_connect
        self.x1_ms = 0 if pwm or not command.contactor else self.x1_ms + step_ms
        if command.contactor:
            self._closed(rig, command, step_ms)
        elif command.three_phase != self.coil or rig.readings.phase_closed != self.relay:
            assert not rig.readings.contactor_closed or rig.phase_drops, (
                "L2/L3 moved under voltage",
                self.what,
            )
        self._bridge(rig, command, step_ms)
        self.contactor = command.contactor
        self.coil = command.three_phase
        self.relay = rig.readings.phase_closed
        charger = rig.charger
        assert charger.offer_ma <= max(charger.limits.limit_ma, 0), ("offer", self.what)
        assert charger.offer_ma == 0 or charger.offer_ma >= 6000, ("offer", self.what)

    def _closed(self, rig, command, step_ms):
        charger = rig.charger
        assert self.not_c_ms <= LEFT_C_MS + step_ms, ("closed though C was left", self.what)
        assert self.x1_ms <= IGNORED_MS + step_ms, ("more than 6 s of x1", self.what)
        assert charger.fault == 0, ("closed with a fault", charger.fault, self.what)
        assert not rig.residual, ("closed with residual current", self.what)
        assert command.three_phase == self.coil or not self.contactor, ("L2/L3", self.what)
        if not self.contactor:
            assert pwm_shown(command) and command.duty_ppm >= 100000, ("no offer", self.what)
            assert self.c_ms >= 500 - step_ms, ("closed on a pulse of C", self.what)
            assert charger.authorised, ("not authorised", self.what)
            assert rig.diode, ("no diode", self.what)
            assert not rig.readings.contactor_closed, ("welded", self.what)
            assert charger.rcd_test.ready, ("monitor not tested", self.what)

    def _bridge(self, rig, command, step_ms):
        absent = not command.cp_connect or command.pilot_mode == PILOT_F
        self.no_pilot_ms = self.no_pilot_ms + step_ms if absent else 0
        if self.no_pilot_ms >= CLEARING_MS or rig.car == "A":
            self.bridged = False
        if command.contactor and rig.readings.contactor_closed:
            if rig.readings.phase_closed:
                assert not self.bridged, ("L2/L3 on a bridged car", self.what)
            else:
                self.bridged = True


def pwm_shown(command):
    """The car sees the 1 kHz signal."""
    return command.pilot_mode == PILOT_PWM and command.cp_connect
