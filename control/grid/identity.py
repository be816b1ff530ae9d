# SPDX-License-Identifier: MIT
"""Numbers that differ from device to device but never for one device: stagger and delays.

Discrete steps in unison cause a reserve error and can excite an oscillation; shifting the
droop of each car a little ends it (power-hardware-in-the-loop tests of SINTEF and DTU). The
offset must be the same after every boot, so it comes from the device's name and not from
chance.
"""

from micropython import const

_PRIME = const(1000003)


def device_hash(device_id):
    """0 to 1000002 from the text of the device id."""
    value = len(device_id)
    for letter in device_id:
        value = (value * 257 + ord(letter)) % _PRIME
    # Neighbours in a row of devices shall not be neighbours in the result.
    return (value % 1000 * 1009 + value) * 31 % _PRIME


def spread(number, counter, most):
    """0 to `most` (whole, both included), another one for each counter and device hash."""
    value = (number + counter % 1000 * 1013) % _PRIME
    value = (value % 1000 * 907 + value // 1000 * 13) % _PRIME
    return value % (most + 1)


def stagger_mhz(number, step_mhz):
    """Offset of a droop curve: within half a step (the mHz that move a car by 1 A)."""
    return spread(number, 0, step_mhz) - step_mhz // 2
