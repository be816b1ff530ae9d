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

_OURS = ("firmware.", "control.", "drivers.")
_came_with = {}  # module: all modules that its loading has brought


def load(name):
    """The module; imported if it is not there. If that fails, nothing half made is left."""
    if name not in sys.modules:
        before = set(sys.modules)
        gc.collect()  # so that there is room in one piece
        try:
            __import__(name)
        except BaseException:
            forget(*[other for other in sys.modules if other not in before])
            raise
        _came_with[name] = [other for other in sys.modules if other not in before]
    return sys.modules[name]


def drop(name):
    """Forget a module that was loaded here, and what came with it; objects in use live on."""
    forget(*_came_with.pop(name, ()))


def forget(*names):
    """Forget just these modules, for those that are needed once while the charger is built."""
    for name in names:
        if name.startswith(_OURS) and name in sys.modules:
            del sys.modules[name]
            package, _, leaf = name.rpartition(".")
            if hasattr(sys.modules.get(package), leaf):
                delattr(sys.modules[package], leaf)
