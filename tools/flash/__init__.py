# SPDX-License-Identifier: MIT
"""Puts the firmware on a board: compiled, checked by hash, into one of two folders."""
