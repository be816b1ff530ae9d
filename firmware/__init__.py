# SPDX-License-Identifier: MIT
"""Joins. The application around control and drivers: board, tasks, settings, log, OCPP."""


class Settings:
    """One attribute for each key of settings.TABLE, made and filled by firmware/settings.py.

    It stands here so that those who hold settings do not hold their table, too.
    """
