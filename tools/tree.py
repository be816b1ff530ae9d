# SPDX-License-Identifier: MIT
"""Which files make up the firmware: the one list that tests, size and flash tools share."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEVICE_FOLDERS = ("control", "drivers", "firmware")
DEVICE_FILES = ("boot.py", "main.py")


def device_files():
    """Return the Python files that go on the device, as sorted paths relative to ROOT."""
    files = [Path(name) for name in DEVICE_FILES if (ROOT / name).is_file()]
    for folder in DEVICE_FOLDERS:
        files += [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py")]
    return sorted(files)


def module_name(path):
    """Return the dotted name of a device file ("control/pilot.py" is control.pilot)."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def repository_files():
    """Return all files that git has or would take, as sorted paths relative to ROOT."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    files = {Path(name) for name in done.stdout.decode().split("\0") if name}
    return sorted(path for path in files if (ROOT / path).is_file())
