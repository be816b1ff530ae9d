# SPDX-License-Identifier: MIT
"""The one error of the flash tools; its text is the line a person reads."""


class FlashError(Exception):
    """Something a person can put right: port, board, version, space, cable."""
