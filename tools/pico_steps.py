# SPDX-License-Identifier: MIT
"""The control step inside the whole application on an emulated Pico, while its car charges."""

import json
import threading

from tools.flash.device import Device
from tools.flash.errors import FlashError
from tools.tree import ROOT

PROGRAM = ROOT / "tools" / "pico_desk" / "steps.py"
QUIET_S = 600  # of the wall's seconds: nothing is printed while the steps are timed
# Settings to charge with, and what the rows say of them.
KINDS = (("charging", {}), ("with FCR", {"fcr_enabled": True}))
MEDIAN_US, WORST_US = 2000, 5000


def rows(kind, found):
    """Rows as the self-test's, of what steps.py has found."""
    _, median_us, most_us, worst_us = found["step"]
    numbers = (("median", median_us, MEDIAN_US), ("99 %", most_us, WORST_US))
    return [
        [
            "%s: step %s" % (kind, name),
            us,
            "us",
            "0 to %d" % limit,
            "ok" if us <= limit else "FAIL",
        ]
        for name, us, limit in (*numbers, ("worst", worst_us, WORST_US))
    ]


def timed(url, car, settings):
    """What steps.py prints when it runs with these settings and a car comes."""
    device = Device(url)
    trouble = []

    def come():
        try:
            car.wait("all three phases", lambda seen: seen["phases"] == 3)
            car.order("plug")
            car.wait("the contactor", lambda seen: seen["contactor"])
        except FlashError as error:
            trouble.append(error)

    try:
        device.step = "timing its control step"
        before = device.run("print(open('/settings.json').read())")
        device.replace("/settings.json", json.dumps({**json.loads(before), **settings}).encode())
        guest = threading.Thread(target=come)
        guest.start()
        text = device.run(PROGRAM.read_text("utf-8"), quiet_s=QUIET_S)
        guest.join()
        car.order("unplug")
        device.replace("/settings.json", before.strip().encode())
        device.reset()
    finally:
        device.close()
    if trouble:
        raise trouble[0]
    return json.loads(text.splitlines()[-1])


def all_rows(url, car):
    """The rows of every kind of KINDS."""
    found = []
    for kind, settings in KINDS:
        found += rows(kind, timed(url, car, settings))
    return found
