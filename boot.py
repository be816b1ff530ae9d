# SPDX-License-Identifier: MIT
"""Runs first after power-up: coils off, crash count; nothing else."""

import machine

from firmware import boards, crashes

boards.make_safe(boards.configured())
crashes.note_boot(machine)
