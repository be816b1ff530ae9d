# SPDX-License-Identifier: MIT
"""gc as the firmware sees it: on this heap, sixteen times a chip's, loading needs less care.

A chip collects for every 4 KB while modules are loaded. Here that would be half of the start of
a run; all the same the modules must end up close together, see GARBAGE_BYTES in main.py.
"""

import gc
from gc import collect, disable, enable, isenabled, mem_alloc, mem_free  # noqa: F401

LEAST_BYTES = 32768


def threshold(amount):
    """Collect after so many bytes, but not for a few; -1: never for that reason."""
    gc.threshold(amount if amount < 0 else max(amount, LEAST_BYTES))
