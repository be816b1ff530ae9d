# SPDX-License-Identifier: MIT
"""Ten thousand chargers at once on a grid that reacts: what a fleet of this firmware does."""

from tools import on_cpython

on_cpython.prepare()
