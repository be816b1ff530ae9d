# SPDX-License-Identifier: MIT
"""Small things kept through a power cut: one JSON object in a file that is replaced as a whole.

The new text goes to FILE.new first and is then renamed; a cut leaves the old one, the new one, or
the new one still under its first name, and `load` finds either.
"""

import json
import os


def load(path):
    """The kept object, or {} when there is none or none that can be read."""
    for name in (path, path + ".new"):
        try:
            with open(name) as file:
                value = json.load(file)
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            return value
    return {}


def save(path, value):
    """Write it; raises OSError when the flash is full or broken."""
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


def number(value, lowest, highest, otherwise=0):
    """`value` if it is a whole number in the range, else `otherwise`: files can be edited."""
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
        return value
    return otherwise
