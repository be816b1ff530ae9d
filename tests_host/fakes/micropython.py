# SPDX-License-Identifier: MIT
"""Stand-in for MicroPython's `micropython` module, so that device code imports on CPython.

Only what device code uses at import time or in tests: the compiler hints do nothing, the heap is
never locked. What it cannot show (allocation, 31-bit integers) is proven by running the same test
files on MicroPython.
"""


def const(value):
    """Return the value unchanged (MicroPython's compiler folds it into the code)."""
    return value


def native(function):
    """Return the function unchanged (MicroPython compiles it to machine code)."""
    return function


viper = native
bytecode = native


def opt_level(level=None):
    """Report level 0; setting a level does nothing."""
    return 0 if level is None else None


def heap_lock():
    """Do nothing: CPython cannot forbid allocation."""
    return 0


def heap_unlock():
    """Do nothing; the lock depth is always 0."""
    return 0


def alloc_emergency_exception_buf(size):
    """Do nothing: CPython needs no reserve to raise from an interrupt."""


def schedule(function, argument):
    """Call the function at once; on the device it runs soon, between two bytecodes."""
    function(argument)


def kbd_intr(character):
    """Do nothing: Ctrl-C keeps its meaning."""
