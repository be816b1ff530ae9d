# SPDX-License-Identifier: MIT
"""Certificates and keys in the flash: which files they are, read as DER.

csms_0 ... csms_3     roots that a central system's certificate may lead to
maker_0 ... maker_3   roots for the signers of firmware
station               our own certificate (profile 3); station_key its private key
Each ends in .der, or in .pem when somebody has put it there by hand.
"""

import os

from micropython import const

from firmware import lazy

SLOTS = const(4)
CSMS = "csms"
MAKER = "maker"
STATION = "station"
KEY = "station_key"
_DER = "firmware.ocpp.der"


def read(name):
    """DER of "csms_0", "station", ... or None when it is missing or no certificate."""
    for ending in (".der", ".pem"):
        try:
            with open(name + ending, "rb") as file:
                data = file.read(8192)
        except OSError:
            continue
        if ending == ".pem":
            try:
                text = data.decode()
                found = [block for block in lazy.load(_DER).blocks(text) if block]
            except (ValueError, UnicodeError):
                continue
            finally:
                lazy.drop(_DER)
            data = found[-1] if found else None  # openssl writes EC parameters before a key
        return data
    return None


def roots(kind):
    """Yield (slot, DER) of every root of a kind."""
    for slot in range(SLOTS):
        data = read("%s_%d" % (kind, slot))
        if data:
            yield slot, data


def has(name):
    """True when there is such a file."""
    names = os.listdir()
    return name + ".der" in names or name + ".pem" in names


def write(name, data):
    """Keep a certificate; raises OSError."""
    with open(name + ".new", "wb") as file:
        file.write(data)
    os.rename(name + ".new", name + ".der")
    if name + ".pem" in os.listdir():
        os.remove(name + ".pem")


def remove(name):
    """Forget a certificate."""
    for ending in (".der", ".pem"):
        if name + ending in os.listdir():
            os.remove(name + ending)
