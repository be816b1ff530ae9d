# SPDX-License-Identifier: MIT
"""The grid report: every grid service against its operator's test input and envelope."""

from tools import on_cpython

on_cpython.prepare()
