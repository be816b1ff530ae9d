# SPDX-License-Identifier: MIT
"""make settings PORT=/dev/ttyACM0 max_current_ma=10000 wifi_ssid=home

Without keys the settings of the board are shown, secrets as dots. Everything is checked as a
whole before anything is written; the board is restarted and says so. FILE=settings.json takes
whole settings from a file: a password then stays out of the shell's history.
An empty value (key=) takes the key out of the file, so that its default holds.
"""

import argparse
import json
import sys
from pathlib import Path

from firmware import provisioning
from tools.flash.device import Device
from tools.flash.errors import FlashError, status_of

PATH = "/settings.json"


def pairs(words):
    """{key: text} of "key=value" words; capitals are variables of make and not for us."""
    found = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise FlashError("%s: expected key=value" % word)
        if not key.isupper():
            found[key] = text
    return found


def from_file(path):
    """The settings of a file, all of them."""
    try:
        values = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FlashError("FILE=%s: %s" % (path, error)) from None
    if not isinstance(values, dict):
        raise FlashError("FILE=%s: expected an object with keys and values" % path)
    return values


def current(device):
    """What the board's file says now."""
    device.step = "reading its settings"
    text = device.about()["settings"]
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}  # it will be replaced by one that can be read


def wanted(before, path, texts):
    """The new settings and what is wrong with them."""
    values, errors = (from_file(path) if path else dict(before)), []
    changes = {}
    for key, text in texts.items():
        if text == "":
            values.pop(key, None)
            continue
        try:
            changes[key] = provisioning.value_of(key, text)
        except ValueError as error:
            errors.append(str(error))
    for key in provisioning.SECRETS:  # a file that was made from what we show keeps the secret
        if values.get(key) == provisioning.DOTS and key in before:
            values[key] = before[key]
    values, more = provisioning.change(values, changes)
    return values, errors + more


def settings(port, path="", texts=(), tell=print):
    """Show, or check and write. FlashError names every key that is wrong."""
    texts = pairs(texts)
    device = Device(port)
    try:
        before = current(device)
        if not path and not texts:
            for key, value in sorted(provisioning.masked(before).items()):
                tell("%-20s %s" % (key, json.dumps(value)))
            return
        values, errors = wanted(before, path, texts)
        if errors:
            raise FlashError("nothing was written: " + "; ".join(errors))
        shown, was = provisioning.masked(values), provisioning.masked(before)
        for key in sorted(shown.keys() | was.keys()):
            if values.get(key) != before.get(key):
                tell(
                    "%-20s %s -> %s" % (key, json.dumps(was.get(key)), json.dumps(shown.get(key)))
                )
        if values == before:
            tell("nothing changed")
            return
        device.step = "writing its settings"
        device.replace(PATH, json.dumps(values).encode())
        device.reset()
        tell("written; the board restarts")
    finally:
        device.close()


def main(arguments=None):
    """Exit status 0: done; 1: one line says why not."""
    parser = argparse.ArgumentParser(prog="python -m tools.settings", description=__doc__)
    parser.add_argument("--port", default="", help="serial port, or socket://host:port")
    parser.add_argument("--file", default="", help="a JSON file with all settings")
    parser.add_argument("pairs", nargs="*", metavar="key=value")
    options = parser.parse_args(arguments)
    return status_of(lambda: settings(options.port, options.file, options.pairs))


if __name__ == "__main__":
    sys.exit(main())
