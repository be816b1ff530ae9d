# SPDX-License-Identifier: MIT
"""Runs on MicroPython: the firmware's own frequency and decision code, fed edge by edge."""
