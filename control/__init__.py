# SPDX-License-Identifier: MIT
"""Decides. Integers in, integers out: no machine, no socket, no clock, no file."""
