# SPDX-License-Identifier: MIT
"""make frozen BOARD=pico_w: the sources that `make flash` compiles, for freezing into MicroPython.

The manifest.py at the top freezes the repository as it is. What this writes to build/frozen/ is
folded, shortened and merged (build.py), without the parts of other boards: a fifth less heap,
33 KB less flash, and fewer look-ups in every step.
"""

import argparse
import shutil
import sys

from tools.flash import boards, build
from tools.flash.errors import status_of
from tools.tree import ROOT

OUT = ROOT / "build" / "frozen"


def write(board, out=OUT):
    """Write sources and manifest.py for a board; return the manifest's path."""
    texts, _ = build.sources()
    stage = out / board
    shutil.rmtree(stage, ignore_errors=True)
    for path in build.paths(board):
        if path in texts:
            target = stage / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(texts[path], "utf-8")
    shutil.copyfile(ROOT / "manifest.py", stage / "manifest.py")
    return stage / "manifest.py"


def main(arguments=None):
    """Exit status 0, or 1 with one line that says why."""
    parser = argparse.ArgumentParser(prog="python -m tools.flash.frozen", description=__doc__)
    parser.add_argument("board", nargs="*", help="default: all")
    options = parser.parse_args(arguments)

    def work():
        for board in options.board or boards.names():
            print(write(board).relative_to(ROOT))

    return status_of(work)


if __name__ == "__main__":
    sys.exit(main())
