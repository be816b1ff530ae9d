# SPDX-License-Identifier: MIT
"""Touches. One thin file per part of the board; no decisions."""
