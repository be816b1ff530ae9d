# SPDX-License-Identifier: MIT
"""Control pilot output by the ESP32's LEDC: what differs from drivers.pilot_pwm.

The duty is set in 1/65536 of the period (15 ns on an ESP32; S3 and C3 round to 122 ns, one tenth
of an ampere at most), since `duty_ns` there is derived from a rounded resolution. 65535 is a
static high level and 0 a static low one. A new channel can start with another duty than the one
asked for, so the pin is driven high by itself first, and the PWM is never made twice. A soft reset
stops LEDC with the pin low, which is -12 V: "not available", the state in which a car opens S2.

    pilot = PilotPwm(25)
    pilot.drive(1, 266666)      # 16 A
"""

from machine import PWM, Pin

_HZ = 1000
_X1, _PWM, _F = 0, 1, 2  # as in control.readings


class PilotPwm:
    """Frequency once, then only the duty: LEDC takes a new duty at the next period."""

    def __init__(self, pin):
        output = Pin(pin, Pin.OUT, value=1)
        self._pwm = PWM(output, freq=_HZ, duty_u16=65535)
        self.mode = _X1
        self.duty_ppm = 0

    def drive(self, mode, duty_ppm):
        """Show x1 (0), PWM (1) with `duty_ppm` of the period, or F (2)."""
        if mode == self.mode and duty_ppm == self.duty_ppm:
            return
        self.mode = mode
        self.duty_ppm = duty_ppm
        if mode == _PWM:
            self._pwm.duty_u16(duty_u16(duty_ppm))
        elif mode == _F:
            self._pwm.duty_u16(0)
        else:
            self._pwm.duty_u16(65535)


def duty_u16(duty_ppm):
    """The nearest of 65535 steps, 1 to 65534; every intermediate stays below 2**30."""
    thousandths = duty_ppm // 1000
    steps = (thousandths * 65535 + (duty_ppm - thousandths * 1000) * 65535 // 1000 + 500) // 1000
    return min(max(steps, 1), 65534)
