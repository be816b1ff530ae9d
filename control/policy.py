# SPDX-License-Identifier: MIT
"""How cars want to be treated: a small table, chosen by settings or by what was learnt.

| name      | for                                                                             |
|-----------|---------------------------------------------------------------------------------|
| standard  | a car that keeps to IEC 61851-1                                                  |
| sleepy    | falls asleep in a pause: confirm charge, mini-charge each half hour (Zoe, Smart)|
| gentle    | refuses fast steps: rises 2 A at a time                                          |
| no_switch | must stay on its phases (bZ4X, cars that a switch has left without charge)      |
| no_wake   | refuses after wake pulses (Ioniq 5; evcc feature "wakeupdisabled")              |
| blinking  | shows B for half a second after a duty change (BMW plug-in hybrids)             |
"""

from micropython import const

# Columns.
MAY_SWITCH = const(0)  # 1 if its phases may be switched while it is plugged in
CONFIRM_S = const(1)  # confirm charge after plug-in (control/pause.py), 0: none
KEEP_AWAKE_S = const(2)  # interval of mini-charges in a pause, 0: none
WAKE = const(3)  # 1 if it may be woken by pulses
RISE_MA = const(4)  # largest rise of the offer at once, 0: any
BLINK = const(5)  # 1: B within 550 ms of a duty change is not believed (departs from the 100 ms)

ROWS = (
    (1, 0, 0, 1, 0, 0),
    (1, 60, 1800, 1, 0, 0),
    (1, 0, 0, 1, 2000, 0),
    (0, 0, 0, 1, 0, 0),
    (1, 0, 0, 0, 0, 0),
    (1, 0, 0, 1, 0, 1),
)
NAMES = ("standard", "sleepy", "gentle", "no_switch", "no_wake", "blinking")

# With one name more for settings: standard, and what the car has shown.
AUTO = "auto"


def row(name):
    """The row of a name; "auto" is the standard row. Raises ValueError for an unknown name."""
    if name == AUTO:
        return ROWS[0]
    if name not in NAMES:
        raise ValueError("car policy %r: expected auto or one of %s" % (name, ", ".join(NAMES)))
    return ROWS[NAMES.index(name)]
