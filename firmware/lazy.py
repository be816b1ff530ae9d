# SPDX-License-Identifier: MIT
"""Modules that are loaded when they are first needed, and dropped when nothing needs them.

On a stock interpreter bytecode lies on the heap, so what is not needed should not be there.
Loading reads the flash for some tens of milliseconds and nothing else runs meanwhile: only
services may load (OCPP, network, cards), never the control step, and one module at a time while a
car may be charging (firmware/ocpp/calls.py). What was loaded together is dropped together; names
stay in the interpreter's table for ever, bytecode and tables go.
"""

import gc
import sys

from firmware import forget

# With less than this a load collects garbage so often that control would be held up too long.
_RESERVE = 16384
_came_with = {}  # module: all modules that its loading has brought


def load(name):
    """The module; imported if it is not there. If that fails, nothing half made is left."""
    if name not in sys.modules:
        before = set(sys.modules)
        _make_room(name)
        try:
            __import__(name)
        except BaseException:
            forget(*[other for other in sys.modules if other not in before])
            raise
        _came_with[name] = [other for other in sys.modules if other not in before]
    return sys.modules[name]


def _make_room(name):
    """MemoryError before there is no room at all: every collection would hold up control then."""
    if hasattr(gc, "mem_free") and gc.mem_free() < _RESERVE:
        gc.collect()
        if gc.mem_free() < _RESERVE:
            raise MemoryError("no room for " + name)


def drop(name):
    """Forget a module that was loaded here, and what came with it; objects in use live on."""
    forget(*_came_with.pop(name, ()))
