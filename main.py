# SPDX-License-Identifier: MIT
"""Picks the board, builds the charger, runs it; whatever happens, the contactor ends open."""

import asyncio
import gc
import sys

import machine

from firmware import coils

# Bytes between collections while modules are loaded. Loading leaves garbage between what stays;
# without this a Pico is out of memory with 140 KB free, in pieces of less than 5 KB.
_LOADING = 4096


def build(board_data):
    """The application as the settings describe it, not yet running."""
    gc.threshold(_LOADING)
    from firmware import settings
    from firmware.app import App

    values, errors = settings.load()
    app = App(values, errors, board_data)
    gc.collect()
    gc.threshold(-1)  # from here on the control step collects in its slack
    return app


def _board():
    from firmware import boards

    return boards.configured()


def _may_start():
    from firmware import crashes

    if crashes.too_many():
        print("stopped: %d crashes in a row; see the log, then power up again" % crashes.MOST)
        return False
    return True


def main():
    """Run the charger until it fails or somebody presses Ctrl-C."""
    pins = _board().COILS  # all that is kept of the board's data
    app = None
    try:
        if not _may_start():
            return
        app = build(_board())
        asyncio.run(app.run())
    except Exception as error:
        # Open first: printing may fail as well.
        coils.let_go(pins)
        sys.print_exception(error)
        machine.reset()
    finally:
        # Ctrl-C and SystemExit come this way, too. Synchronous and without the heap: other
        # tasks' own `finally` do not run when the main task ends.
        coils.let_go(pins)
        if app:
            app.board.close()


if __name__ == "__main__":
    main()
