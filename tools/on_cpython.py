# SPDX-License-Identifier: MIT
"""Makes the firmware's control code importable on CPython: it needs one name of `micropython`."""

import sys


def prepare():
    """Give CPython a `micropython` module with `const`, unless there is one already."""
    try:
        import micropython  # noqa: F401
    except ImportError:
        import types

        stand_in = types.ModuleType("micropython")
        stand_in.const = lambda value: value
        sys.modules["micropython"] = stand_in
