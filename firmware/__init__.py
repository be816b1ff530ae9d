# SPDX-License-Identifier: MIT
"""Joins. The application around control and drivers: board, tasks, settings, log, OCPP."""

import sys

_OURS = ("firmware.", "control.", "drivers.")


class Settings:
    """One attribute for each key of settings.TABLE, made and filled by firmware/settings.py.

    It stands here so that those who hold settings do not hold their table, too.
    """


def forget(*names):
    """Forget these modules, for those that are needed once; objects in use live on."""
    for name in names:
        if name.startswith(_OURS) and name in sys.modules:
            del sys.modules[name]
            package, _, leaf = name.rpartition(".")
            if hasattr(sys.modules.get(package), leaf):
                delattr(sys.modules[package], leaf)
