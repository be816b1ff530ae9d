# SPDX-License-Identifier: MIT
"""make romfs: the firmware as a ROMFS image (build/romfs/<board>.romfs), and mip.json for mip.

A ROMFS image is run from where it lies in the flash: its bytecode takes no heap. The partition
must be there (MicroPython built with one); `mpremote romfs deploy` writes it.
mip.json stands beside npm's package.json, which mip would otherwise look for.
"""

import argparse
import json
import shutil
import subprocess
import sys

from tools.flash import boards, build
from tools.flash.errors import FlashError
from tools.tree import ROOT, device_files

MIP = ROOT / "mip.json"
OUT = ROOT / "build" / "romfs"


def version():
    """The version that manifest.py states."""
    words = (ROOT / "manifest.py").read_text("utf-8").split('version="')
    return words[1].split('"')[0]


def mip_text():
    """mip.json: every file of the firmware, by a path relative to mip.json itself."""
    urls = [[path.as_posix(), path.as_posix()] for path in device_files()]
    lines = ",\n".join("    " + json.dumps(url) for url in urls)
    return '{\n  "urls": [\n%s\n  ],\n  "deps": [],\n  "version": "%s"\n}\n' % (lines, version())


def romfs(board, out=OUT):
    """Build the image by mpremote; return its path."""
    stage = out / board
    shutil.rmtree(stage, ignore_errors=True)
    files = build.application(board, stage)
    record = {"version": build.version(), "board": board}
    record["files"] = {path: build.sha256(data) for path, data in files.items()}
    (stage / "files.json").write_text(json.dumps(record), "utf-8")
    image = out / (board + ".romfs")
    command = [sys.executable, "-m", "mpremote", "romfs", "--output", str(image)]
    # Everything is compiled already, for the right chip.
    command += ["--no-mpy", "build", str(stage)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not image.is_file():
        raise FlashError("mpremote romfs build failed: " + (done.stderr or done.stdout).strip())
    return image


def main(arguments=None):
    """Build the images of all boards, write mip.json."""
    parser = argparse.ArgumentParser(prog="python -m tools.flash.images", description=__doc__)
    parser.add_argument("boards", nargs="*", default=boards.names(), help="default: all")
    options = parser.parse_args(arguments)
    try:
        for board in options.boards:
            image = romfs(board)
            size = image.stat().st_size
            print("%-40s %7d bytes" % (image.relative_to(ROOT), size))
    except FlashError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    MIP.write_text(mip_text(), "utf-8")
    print("mip.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
