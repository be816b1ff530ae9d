# SPDX-License-Identifier: MIT
"""Control pilot output: 1 kHz PWM, or a static level, through a +-12 V driver stage.

Pin high is +12 V, pin low is -12 V, each through 1 kohm (IEC 61851-1 annex A).

    pilot = PilotPwm(2)
    pilot.drive(PILOT_PWM, 266666)   # 16 A
"""

from machine import PWM, Pin

_HZ = 1000
_X1, _PWM, _F = 0, 1, 2  # as in control.readings


class PilotPwm:
    """Set the frequency once, then only the duty: on both ports that is free of glitches."""

    def __init__(self, pin):
        self._pwm = PWM(Pin(pin), freq=_HZ, duty_u16=65535)
        self.mode = _X1
        self.duty_ppm = 0

    def drive(self, mode, duty_ppm):
        """Show x1 (0), PWM (1) with `duty_ppm` of the period, or F (2)."""
        if mode == self.mode and duty_ppm == self.duty_ppm:
            return
        self.mode = mode
        self.duty_ppm = duty_ppm
        if mode == _PWM:
            self._pwm.duty_ns(duty_ppm)  # one ppm of 1 ms is one nanosecond
        elif mode == _F:
            self._pwm.duty_u16(0)
        else:
            self._pwm.duty_u16(65535)
