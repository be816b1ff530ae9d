# SPDX-License-Identifier: MIT
"""Runs first after power-up: coils off, crash count; nothing else."""


def _boot():
    # Names of this file stay for ever; those in a function do not keep a module in memory.
    import machine

    from firmware import boards, coils, crashes

    coils.let_go(boards.configured().COILS)
    crashes.note_boot(machine)


_boot()
