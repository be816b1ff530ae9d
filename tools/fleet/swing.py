# SPDX-License-Identifier: MIT
"""A power system as one swinging mass: a low-inertia Nordic night.

    df/dt = f0 / (2 E_k) * (P_hydro - P_loss + P_fleet - k_load * (f - f0))

E_k is the kinetic energy of what turns. FCR comes from hydro power: droop, a first-order gate
servo, and the water column, which first moves the wrong way: (1 - Tw s) / (1 + Tw s / 2).
Everything is in MW, Hz and seconds. PARAMETERS says where each number comes from.
"""

import math

# name: (value, unit, certainty, where from). V read in a source, K from memory, D chosen here.
PARAMETERS = {
    "kinetic_gws": (90.0, "GWs", "K", "lower than seen so far (lows 100 to 130): a near future"),
    "load_gw": (25.0, "GW", "K", "a summer night of the Nordic synchronous area"),
    "load_per_hz": (0.01, "1/Hz", "K", "self-regulation of load, textbooks: 0.5 to 2 %/Hz"),
    "loss_mw": (1400.0, "MW", "V", "the dimensioning loss of this study (a large unit or link)"),
    "fcr_n_mw": (600.0, "MW", "V", "total Nordic need of FCR-N, digest of the 2023 document"),
    "fcr_d_mw": (1450.0, "MW", "V", "total Nordic need of FCR-D up, the same digest"),
    "servo_d_s": (2.2, "s", "D", "gate servo of FCR-D: passes the 2023 ramp test with 0.93 C"),
    "servo_n_s": (15.0, "s", "D", "gate servo of FCR-N: 63 % well within the legacy 60 s"),
    "water_s": (0.5, "s", "K", "water time constant of hydro units: 0.5 to 2 s"),
}


def values(**changed):
    """{name: value} of PARAMETERS, some of them changed. KeyError names an unknown one."""
    found = {name: entry[0] for name, entry in PARAMETERS.items()}
    for name, value in changed.items():
        if name not in found:
            raise KeyError("%s: no such parameter of the grid" % name)
        found[name] = value
    return found


class Swing:
    """The grid. `hz` is its frequency now; `step` moves it on by `dt_s`."""

    def __init__(self, hz=50.0, **changed):
        self.p = values(**changed)
        self.hz = hz
        self.loss_mw = 0.0
        self.n_mw, self.d_mw = self.wanted_mw(hz)
        self._water_mw = self.gate_mw
        # At rest at `hz`, whatever the governors give there.
        self._rest_mw = self.gate_mw - self._load_mw(hz)

    def wanted_mw(self, hz):
        """What all governors together ask for at `hz`: (FCR-N, FCR-D)."""
        p = self.p
        n = max(-1.0, min(1.0, (50.0 - hz) / 0.1)) * p["fcr_n_mw"]
        up = max(0.0, min(1.0, (49.9 - hz) / 0.4))
        down = max(0.0, min(1.0, (hz - 50.1) / 0.4))
        return n, (up - down) * p["fcr_d_mw"]

    def _load_mw(self, hz):
        return self.p["load_gw"] * 1000 * self.p["load_per_hz"] * (hz - 50.0)

    @property
    def gate_mw(self):
        """What the gates let through on top of their schedule."""
        return self.n_mw + self.d_mw

    @property
    def hydro_mw(self):
        """What the turbines really give on top of their schedule."""
        return 3 * self._water_mw - 2 * self.gate_mw

    def govern(self, dt_s):
        """Move gates and water towards what the governors want at the present frequency."""
        p = self.p
        n_mw, d_mw = self.wanted_mw(self.hz)
        self.n_mw += (n_mw - self.n_mw) * (1 - math.exp(-dt_s / p["servo_n_s"]))
        self.d_mw += (d_mw - self.d_mw) * (1 - math.exp(-dt_s / p["servo_d_s"]))
        lag = 1 - math.exp(-2 * dt_s / p["water_s"])
        self._water_mw += (self.gate_mw - self._water_mw) * lag

    def step(self, dt_s, fleet_mw=0.0):
        """`fleet_mw`: what the fleet takes less than at rest. Returns the new frequency."""
        self.govern(dt_s)
        power = self.hydro_mw - self._rest_mw - self._load_mw(self.hz) - self.loss_mw + fleet_mw
        self.hz += 50.0 / (2 * self.p["kinetic_gws"] * 1000) * power * dt_s
        return self.hz
