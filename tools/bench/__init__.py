# SPDX-License-Identifier: MIT
"""The bench: the shipped firmware on MicroPython against a simulated car, grid and central system.

This package runs on CPython; only the folder `sim` inside it runs on MicroPython.
"""
