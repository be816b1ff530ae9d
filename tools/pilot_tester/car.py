# SPDX-License-Identifier: MIT
"""The car of the pilot tester: MicroPython on a Pico with a diode, resistors and relays.

Copy it to a Pico as main.py. It reads one JSON command per line on USB and answers each with one
line (README.md of this folder has the wiring and the commands). Times are measured here and not
on the host, so that USB adds nothing to them. Nothing is connected to the pilot while the pins
float: the Pico without program is no car.
"""

import json
import sys
import time

from machine import ADC, Pin, time_pulse_us

# Relays or MOSFETs: 1 connects.
R_B, R_C, R_D, R_E, DIODE, SHORT_HARD, SHORT_DIODE, LEAK, EARTH = 2, 3, 4, 5, 6, 7, 8, 9, 10
# Inputs: the pilot as a square wave from a comparator at 0 V; voltage on L1 at the socket.
SQUARE, LIVE = 14, 15
PILOT = 26  # adc_mv = 1650 + cp_mv / 8
CAN = ("leak", "earth")

STATES = {"A": (), "B": (R_B,), "C": (R_B, R_C), "D": (R_B, R_D), "E": (R_B, R_C, R_E)}
_READS = 400
_EDGE_US = 3000


class Hardware:
    """Switches and measurements; durations in ms, levels in mV."""

    name = "pico"
    can = CAN

    def __init__(self):
        relays = (R_B, R_C, R_D, R_E, DIODE, SHORT_HARD, SHORT_DIODE, LEAK, EARTH)
        self.pins = {number: Pin(number, Pin.OUT, value=0) for number in relays}
        self.square = Pin(SQUARE, Pin.IN)
        self.live_pin = Pin(LIVE, Pin.IN, Pin.PULL_DOWN)
        self.adc = ADC(Pin(PILOT))
        self.reads = [0] * _READS
        self.pins[EARTH].value(1)

    def car(self, state):
        """Show state A to E; ValueError for another letter."""
        if state not in STATES:
            raise ValueError("car: state %r: expected A, B, C, D or E" % state)
        closed = STATES[state]
        # Open first: never a lower resistance than either state has.
        for number in (R_E, R_D, R_C, R_B):
            if number not in closed:
                self.pins[number].value(0)
        for number in closed:
            self.pins[number].value(1)

    def switch(self, name, on):
        """diode (bridged), short_hard, short_diode, leak, earth (lost)."""
        number = {
            "diode": DIODE,
            "short_hard": SHORT_HARD,
            "short_diode": SHORT_DIODE,
            "leak": LEAK,
            "earth": EARTH,
        }[name]
        self.pins[number].value(not on if name == "earth" else on)

    def live(self):
        """1 while the socket has voltage."""
        return self.live_pin.value()

    def mode(self):
        """One of "pwm", "x1", "f", "off": an edge within 3 ms, or which static level."""
        level = self.square.value()
        begun = time.ticks_us()
        while time.ticks_diff(time.ticks_us(), begun) < _EDGE_US:
            if self.square.value() != level:
                return "pwm"
        mv = self._mv(self.adc.read_u16())
        return "x1" if mv > 1000 else "f" if mv < -1000 else "off"

    def measure(self):
        """Frequency, duty and both plateaus as the car sees them."""
        found = {"mode": self.mode(), "live": self.live(), "hz": 0, "duty_ppm": 0}
        if found["mode"] == "pwm":
            high = low = 0
            for _ in range(20):
                high += time_pulse_us(self.square, 1, 5000)
                low += time_pulse_us(self.square, 0, 5000)
            found["hz"] = 20000000 / (high + low)
            found["duty_ppm"] = high * 1000000 // (high + low)
        for i in range(_READS):
            self.reads[i] = self.adc.read_u16()
        self.reads.sort()
        found["high_mv"] = self._mv(self.reads[_READS * 98 // 100])
        found["low_mv"] = self._mv(self.reads[_READS * 2 // 100])
        return found

    def _mv(self, code):
        return code * 26400 // 65535 - 13200

    def now_us(self):
        """Ticks for elapsed_us."""
        return time.ticks_us()

    def elapsed_us(self, since):
        """Microseconds since now_us()."""
        return time.ticks_diff(time.ticks_us(), since)


def wait(car, command):
    """Do `act`, if any, then wait until `what` (live or mode) has `value`; ms, or -1."""
    begun = car.now_us()
    if "act" in command:
        carry_out(car, command["act"])
    while True:
        now = car.live() if command["what"] == "live" else car.mode()
        passed_us = car.elapsed_us(begun)
        if now == command["value"]:
            return {"ms": passed_us / 1000}
        if passed_us > command["timeout_ms"] * 1000:
            return {"ms": -1}


def carry_out(car, command):
    """Reply to one command; KeyError or ValueError when it is not one."""
    do = command["do"]
    if do == "info":
        return {"rig": car.name, "can": list(car.can)}
    if do == "car":
        car.car(command["state"])
    elif do == "switch":
        car.switch(command["name"], command["on"])
    elif do == "pass":
        time.sleep_ms(command["ms"])
    elif do == "measure":
        return car.measure()
    elif do == "wait":
        return wait(car, command)
    elif do == "pulse":  # a state for a time, then another
        car.car(command["state"])
        time.sleep_ms(command["ms"])
        car.car(command["then"])
    else:
        raise ValueError("unknown command %r" % do)
    return {}


def answer(car, line):
    """The reply line for one command line."""
    try:
        reply = carry_out(car, json.loads(line))
        reply["ok"] = True
    except (KeyError, ValueError, TypeError) as error:
        reply = {"ok": False, "error": repr(error)}
    return json.dumps(reply)


def main():
    """Serve for ever."""
    car = Hardware()
    while True:
        line = sys.stdin.readline()
        if line.strip():
            print(answer(car, line))


if __name__ == "__main__":
    main()
