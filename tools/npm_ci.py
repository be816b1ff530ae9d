# SPDX-License-Identifier: MIT
"""Installs what package-lock.json pins: MicroPython for WebAssembly. Exit 1 when there is no npm.

Usage: python -m tools.npm_ci
"""

import subprocess
import sys

from tools.runtimes import npm
from tools.tree import ROOT

ARGUMENTS = "ci --ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier"


def main():
    """Run `npm ci` in the root of the repository and return its exit status."""
    command = npm()
    if command is None:
        print("npm is not installed", file=sys.stderr)
        return 1
    return subprocess.run([*command, *ARGUMENTS.split()], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
