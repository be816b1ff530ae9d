# SPDX-License-Identifier: MIT
"""The one error of the flash tools; its text is the line a person reads."""

import sys


class FlashError(Exception):
    """Something a person can put right: port, board, version, space, cable."""


def status_of(work):
    """Do `work()`; return exit status 0, or 1 with one line that says why not."""
    try:
        work()
    except FlashError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    return 0
