# SPDX-License-Identifier: MIT
"""Says which functions of the sources a traceback of a charger means.

`make flash` gives private names short ones and merges modules (build.py); this reads a traceback,
or any text, and writes behind each line like `File "control.charger", line 1, in _c` what `_c` may
be there. It must be the commit that the charger runs: `files.json` in its folder tells. A short
name may stand for methods of several classes; `make flash LINES=1` has no short names.

Usage: python -m tools.flash.names < traceback.txt
"""

import re
import sys

from tools.flash import build

_LINE = re.compile(r'File "([\w.]+)", line \d+, in (\w+)')


def explained(lines, table):
    """Yield the lines with what they may mean."""
    for line in lines:
        found = _LINE.search(line)
        origins = table.get(found[1], {}).get(found[2]) if found else None
        yield line.rstrip("\n") + ("  = " + " or ".join(sorted(origins)) if origins else "")


def main():
    """Explain standard input."""
    _, table = build.sources()
    for line in explained(sys.stdin, table):
        print(line)


if __name__ == "__main__":
    main()
