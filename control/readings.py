# SPDX-License-Identifier: MIT
"""What the board tells control, and what control tells the board: two objects, made once."""

from array import array

from micropython import const

# Pilot modes. x1 is a static +12 V source, x2 is the 1 kHz PWM (IEC 61851-1 annex A).
PILOT_X1 = const(0)
PILOT_PWM = const(1)
PILOT_F = const(2)

EDGES = const(16)


class Readings:
    """One picture of the hardware, overwritten before every step.

    cp_high_mv, cp_low_mv: plateaus of the control pilot at the charger's output.
    pp_ohm: proximity resistance, large when open. meter_age_ms: since the meter last answered.
    edge_us[0:edge_count]: ticks (us) of the rising mains zero crossings since the last step.
    """

    def __init__(self):
        self.cp_high_mv = 12000
        self.cp_low_mv = 12000
        self.pp_ohm = 1 << 20
        self.contactor_closed = 0
        self.phase_closed = 0
        self.rcd_ok = 0  # a broken wire reads like a trip
        self.pe_ok = 1  # stays 1 on a board without an earth monitor
        self.pilot_ok = 1  # 0: the duty on the pilot is not the one asked for
        self.temperature_dc = 200  # tenths of a degree Celsius
        self.temperature_age_ms = 1 << 28  # never
        self.l1_ma = 0
        self.l2_ma = 0
        self.l3_ma = 0
        self.l1_mv = 0
        self.l2_mv = 0
        self.l3_mv = 0
        self.power_w = 0
        self.energy_wh = 0
        self.meter_age_ms = 1 << 28  # never
        self.edge_us = array("i", bytes(4 * EDGES))
        self.edge_count = 0
        self.guard_tripped = 0  # the guard's reason, 0 while it has not tripped


class Command:
    """What the board shall do until the next step. The default is the safe state."""

    def __init__(self):
        self.pilot_mode = PILOT_X1
        self.duty_ppm = 0
        self.cp_connect = 1
        self.contactor = 0
        self.three_phase = 0  # coil of L2/L3
        self.rcd_test = 0  # test input of the residual-current monitor
        self.blink = 0  # 1: B is not believed for now (control/policy.py), nor by the guard
