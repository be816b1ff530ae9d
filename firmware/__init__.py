# SPDX-License-Identifier: MIT
"""Joins. The application around control and drivers: board, tasks, settings, log, OCPP."""
