# SPDX-License-Identifier: MIT
"""Changing settings: texts become values, everything is checked before anything is written.

Used by `make settings` on the host and by the set-up page on the board. Secrets are shown as
dots; who sends the dots back leaves the secret as it is.
"""

import json
import os

from firmware import settings

SECRETS = settings.SECRETS
DOTS = "********"


def masked(values):
    """A copy that may be shown to everybody."""
    shown = dict(values)
    for key in SECRETS:
        if shown.get(key):
            shown[key] = DOTS
    return shown


def value_of(key, text):
    """The value that `text` means for this key. ValueError says what was expected."""
    rule = settings.TABLE.get(key, "")
    default = rule[0] if isinstance(rule, tuple) else rule
    if isinstance(default, bool):
        if text.lower() in ("true", "yes", "on", "1"):
            return True
        if text.lower() in ("false", "no", "off", "0"):
            return False
        raise ValueError("%s: %r: expected true or false" % (key, text))
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError("%s: %r: expected a whole number" % (key, text))
    if isinstance(default, dict):
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError("%s: expected an object in JSON" % key)
    return text


def change(values, changes):
    """(`values` with `changes`, list of errors). An error never contains a secret."""
    changed = dict(values)
    for key, value in changes.items():
        if key in SECRETS and value == DOTS:
            continue
        changed[key] = value
    _, errors = settings.validate(changed)
    return changed, errors


def load(path=settings.FILE):
    """What the file says, {} when there is none. ValueError when it is not an object in JSON."""
    try:
        with open(path) as file:
            values = json.load(file)
    except OSError:
        return {}
    if not isinstance(values, dict):
        raise ValueError("expected an object with keys and values")
    return values


def store(values, path=settings.FILE):
    """Replace the file in one step: a power cut leaves the old one or the new one."""
    with open(path + ".new", "w") as file:
        file.write(json.dumps(values))
    os.rename(path + ".new", path)
