# SPDX-License-Identifier: MIT
"""A MicroPython board's REPL and flash on the unix port: GRIDPILOT_DESK='{"flash": ...}'

The unix port has no raw REPL, so this program speaks it on stdin and stdout: raw mode, raw paste,
soft reset; everything sent is compiled and run by the real interpreter. The flash is a littlefs
image (real free space, real power cuts) or a folder. Boots like a board: boot.py, main.py, REPL.
Started by cable.py. Exit status 42: start me again (machine.reset), 43: the same by Ctrl-D.

Keys: flash (image or folder), machine, mpy, version, cuts (number of block writes that still
reach the flash; the next one is torn in the middle and the power fails), soft (woken by Ctrl-D),
rom (a ROMFS image, mounted at /rom).
"""

import io
import json
import os
import sys
import time

import vfs

BLOCK = 4096
# Not an argument: the unix port takes none above 255 bytes.
OPTIONS = json.loads(os.getenv("GRIDPILOT_DESK"))


class Image:
    """Block device in a file; erases nothing, writes what it is told, dies when told."""

    def __init__(self, path, cuts):
        self.file = open(path, "r+b")  # noqa: SIM115
        self.blocks = self.file.seek(0, 2) // BLOCK
        self.cuts = cuts

    def readblocks(self, number, buffer, offset=0):
        """Read at a byte offset in a block."""
        self.file.seek(number * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=0):
        """Write; the last one before the cut stops half-way."""
        self.file.seek(number * BLOCK + offset)
        if self.cuts == 0:
            self.file.write(bytes(buffer)[: len(buffer) // 2])
            os.system("kill -9 $PPID")  # noqa: S605 - no `finally` may write any more
        self.cuts -= 1
        self.file.write(buffer)

    def ioctl(self, request, argument):
        """Number and size of blocks; erasing costs nothing."""
        if request == 4:
            return self.blocks
        if request == 5:
            return BLOCK
        return 0


class Machine:
    """The little that a plain program asks of `machine`."""

    PWRON_RESET = 1
    WDT_RESET = 3

    def reset(self):
        """Restart the board."""
        raise Restart(42)

    def reset_cause(self):
        """As after a power-up."""
        return self.PWRON_RESET

    def unique_id(self):
        """Always the same."""
        return b"\xde\xad\xbe\xef"

    def freq(self):
        """As a Pico."""
        return 125000000

    def WDT(self, timeout):  # noqa: N802
        """A watchdog that never bites: its owner is itself."""
        return self

    def feed(self):
        """Of the watchdog."""


class Restart(BaseException):
    """machine.reset(): ends whatever runs."""


class Sys:
    """`sys` of the board that is imitated."""

    implementation = (
        "micropython",
        tuple(OPTIONS.get("version", (1, 29, 0))) + ("",),
        OPTIONS["machine"],
        OPTIONS["mpy"],
    )
    platform = "rp2"

    def __getattr__(self, name):
        return getattr(_sys, name)


_sys = sys
_in = sys.stdin.buffer
_out = sys.stdout.buffer


def mount():
    """Put the flash at the root; a virgin image is formatted as a new board does it."""
    path = OPTIONS["flash"]
    rom = None
    if OPTIONS.get("rom"):
        with open(OPTIONS["rom"], "rb") as file:
            rom = vfs.VfsRom(file.read())
    if path.endswith(".img"):
        image = Image(path, OPTIONS.get("cuts", -1))
        vfs.umount("/")
        try:
            vfs.mount(image, "/")
        except OSError:
            vfs.VfsLfs2.mkfs(image)
            vfs.mount(vfs.VfsLfs2(image), "/")
    else:
        folder = vfs.VfsPosix(path)
        vfs.umount("/")
        vfs.mount(folder, "/")
    if rom:
        vfs.mount(rom, "/rom")
    os.chdir("/")
    _sys.path[:] = ["", ".frozen", "/lib"]


def program(name, namespace):
    """Run boot.py or main.py, as a board does: what is raised is printed."""
    try:
        with open(name) as file:
            source = file.read()
    except OSError:
        return
    run(source, name, namespace, _sys.stdout)


def run(source, name, namespace, errors):
    """Compile and run; print the traceback to `errors`. Restart passes through."""
    try:
        exec(compile(source, name, "exec"), namespace)  # noqa: S102
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if not isinstance(error, SystemExit):
            _sys.print_exception(error, errors)


def byte():
    """One byte from the cable; the end of the cable is the end of the board."""
    data = _in.read(1)
    if not data:
        _sys.exit(0)
    return data[0]


def raw_paste():
    """Take a program with flow control; windows of 128 bytes as the real boards have."""
    _out.write(b"R\x01\x80\x00\x01")
    text = bytearray()
    while True:
        key = byte()
        if key == 4:
            _out.write(b"\x04")
            return text
        if key == 3:
            return None
        text.append(key)
        if len(text) % 128 == 0:
            _out.write(b"\x01")


def raw(namespace):
    """Raw REPL until Ctrl-B."""
    _out.write(b"raw REPL; CTRL-B to exit\r\n>")
    text = bytearray()
    while True:
        key = byte()
        if key == 1:
            _out.write(b"raw REPL; CTRL-B to exit\r\n>")
            text = bytearray()
        elif key == 2:
            return
        elif key == 3:
            text = bytearray()
        elif key == 4:
            if not text:
                raise Restart(43)
            _out.write(b"OK")
            execute(text, namespace)
            text = bytearray()
        elif key == 5 and not text:
            if byte() == ord("A") and byte() == 1 and OPTIONS.get("raw_paste", True):
                pasted = raw_paste()
                if pasted is not None:
                    execute(pasted, namespace)
                    continue
            _out.write(b"R\x00")
        else:
            text.append(key)


def execute(text, namespace):
    """Run what was sent and frame its output as the raw REPL does."""
    errors = io.StringIO()
    run(bytes(text).decode(), "<stdin>", namespace, errors)
    _out.write(b"\x04" + errors.getvalue().encode() + b"\x04>")


def prompt(namespace):
    """The friendly REPL as far as tools use it: Ctrl-A, Ctrl-D."""
    _out.write(b"\r\nMicroPython on the desk\r\n>>> ")
    while True:
        key = byte()
        if key == 1:
            raw(namespace)
            _out.write(b"\r\n>>> ")
        elif key == 3:
            _out.write(b"\r\n>>> ")
        elif key == 4:
            raise Restart(43)


def main():
    """Boot, then serve until a reset or the end of the cable."""
    mount()
    _sys.modules["sys"] = Sys()
    _sys.modules["machine"] = Machine()
    namespace = {"__name__": "__main__"}
    soft = OPTIONS.get("soft")
    if soft:
        _out.write(b"MPY: soft reboot\r\n")
    _out.write(b"\x06")  # cable.py: from now on Ctrl-C is understood
    try:
        program("boot.py", namespace)
        if not soft:
            program("main.py", namespace)
    except KeyboardInterrupt:
        pass
    while True:
        try:
            if soft:
                soft = False
                raw(namespace)
            prompt(namespace)
        except KeyboardInterrupt:
            _out.write(b"\r\n>>> ")


try:
    main()
except Restart as restart:
    time.sleep_ms(1)
    _sys.exit(restart.args[0])
