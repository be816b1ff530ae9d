# SPDX-License-Identifier: MIT
"""The board at the other end of the cable: a few questions and orders through mpremote.

Every order is a small program that the board runs in its raw REPL. A charger that was running
has its contactor opened by its own `finally`; its watchdog goes on and is fed with every order.
"""

import contextlib
import json
import time
from base64 import b64encode

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from tools.flash.errors import FlashError

CHUNK = 768  # bytes of a file in one order; four thirds of it on the cable
ANSWER_S = 3

PRELUDE = """
import sys, os, json, gc
gc.collect()
def _feed(): pass
if "firmware.app" in sys.modules:
    import machine
    _feed = machine.WDT(timeout=8000).feed
from binascii import a2b_base64 as _b64
def _sha(p):
    import hashlib, binascii
    h = hashlib.sha256()
    b = bytearray(1024)
    v = memoryview(b)
    with open(p, "rb") as f:
        while True:
            n = f.readinto(b)
            if not n: break
            h.update(v[:n])
    return binascii.hexlify(h.digest()).decode()
def _walk(d, do):
    try: names = list(os.ilistdir(d or "/"))
    except OSError: return
    for e in names:
        p = d + "/" + e[0]
        if e[1] & 0x4000: _walk(p, do)
        else: do(p)
def _say(p):
    _feed()
    print(json.dumps([p, os.stat(p)[6], _sha(p)]))
def _dirs(p):
    parts = p.split("/")[1:-1]
    for i in range(len(parts)):
        try: os.mkdir("/" + "/".join(parts[:i + 1]))
        except OSError: pass
def _load(p):
    try:
        with open(p) as f: return f.read()
    except OSError: return None
def _rm(p):
    _feed()
    try: names = [e[0] for e in os.ilistdir(p)] if os.stat(p)[0] & 0x4000 else None
    except OSError: return
    if names is None: os.remove(p)
    else:
        for n in names: _rm(p + "/" + n)
        os.rmdir(p)
def _cp(a, b):
    _feed(); _dirs(b)
    with open(a, "rb") as f, open(b, "wb") as g:
        while True:
            d = f.read(512)
            if not d: break
            g.write(d)
"""

ABOUT = """
_i = sys.implementation
_s = os.statvfs("/")
try:
    import vfs
    _v = [type(m[0]).__name__ for m in vfs.mount() if m[1] == "/"]
except Exception: _v = []
_a = sys.modules.get("firmware.app")
_a = getattr(_a, "current", None)
print(json.dumps({"running": _a is not None, "plugged": bool(_a and _a.charger.plugged),
 "version": list(_i[1][:3]), "machine": _i[2],
 "mpy": getattr(sys.implementation, "_mpy", _i[3] if len(_i) > 3 else 0),
 "free": _s[0] * _s[3], "block": _s[0], "vfs": _v[0] if _v else "",
 "pointer": _load("/app.json"), "settings": _load("/settings.json"), "root": os.listdir("/")}))
"""


class Device:
    """A connection. Leaves the board at its prompt; `close` lets go of the port."""

    def __init__(self, port):
        self.port = port
        self.step = "connecting"
        if not port:
            raise FlashError("PORT is not set: expected a port like PORT=/dev/ttyACM0")
        self._open()
        self.run(PRELUDE)

    def _open(self):
        try:
            self._link = SerialTransport(self.port, timeout=ANSWER_S)
        except (TransportError, OSError, ValueError) as error:
            raise FlashError("PORT=%s cannot be opened: %s" % (self.port, error)) from None
        try:
            with contextlib.redirect_stdout(None):  # mpremote prints what it does not understand
                self._link.enter_raw_repl(soft_reset=False, timeout_overall=30)
        except (TransportError, OSError, TypeError):
            self.close()
            raise FlashError("no MicroPython answers on PORT=%s" % self.port) from None

    def close(self):
        """Let go of the port (it may be gone already)."""
        with contextlib.suppress(OSError, TransportError):
            if self._link.in_raw_repl:
                self._link.exit_raw_repl()
        with contextlib.suppress(OSError):
            self._link.close()

    def run(self, program, quiet_s=10):
        """Run a program on the board; return what it printed. quiet_s: longest silence."""
        try:
            printed, trouble = self._link.exec_raw(program, timeout=quiet_s)
        except Exception as error:
            # mpremote raises many kinds when the cable goes: struct.error, OSError, its own.
            text = "the board stopped answering while %s (%s): connect it and run this again"
            raise FlashError(text % (self.step, type(error).__name__)) from None
        if trouble:
            last = trouble.decode().strip().splitlines()[-1]
            raise FlashError("the board failed while %s: %s" % (self.step, last))
        return printed.decode()

    def about(self):
        """Version, machine, free space, pointer, settings."""
        return json.loads(self.run(ABOUT))

    def hashes(self, folder):
        """{path below `folder`: (size, sha256)} of all files there."""
        lines = self.run("_walk(%r, _say)" % folder).splitlines()
        found = [json.loads(line) for line in lines]
        return {path[len(folder) + 1 :]: (size, digest) for path, size, digest in found}

    def hash_of(self, path):
        """sha256 of one file, None when it is not there."""
        text = self.run("try: print(_sha(%r))\nexcept OSError: print('-')" % path).strip()
        return None if text == "-" else text

    def write(self, path, data):
        """Write a file where a half-written one does no harm."""
        self.run("_feed(); _dirs(%r); _f = open(%r, 'wb')" % (path, path))
        for at in range(0, len(data), CHUNK):
            part = b64encode(data[at : at + CHUNK]).decode()
            self.run("_feed(); _f.write(_b64('%s')); None" % part)
        self.run("_f.close()")

    def replace(self, path, data):
        """Replace a file in one step: write beside it, check, rename over it."""
        self.write(path + ".new", data)
        self.run("os.rename(%r, %r)" % (path + ".new", path))

    def copy(self, source, target):
        """Copy on the board itself."""
        self.run("_cp(%r, %r)" % (source, target))

    def remove(self, *paths):
        """Remove files and folders; what is not there is fine."""
        for path in paths:
            self.run("_rm(%r)" % path)

    def reset(self):
        """Hard reset; the port may vanish.

        The count of crashes goes: the chip cannot tell this reset from one (firmware/crashes.py),
        and what crashed before may not keep a new application from starting.
        """
        self.step = "resetting"
        with contextlib.suppress(Exception):
            self._link.exec_raw_no_follow("_rm('/crashes')\nimport machine\nmachine.reset()")
        self._link.in_raw_repl = False
        time.sleep(0.2)  # what is sent before it goes down is lost

    def watch(self, seconds, until):
        """Yield the lines the board prints for so long, or till `until(line)`; survives USB."""
        end = time.monotonic() + seconds
        line = b""
        while time.monotonic() < end:
            try:
                byte = self._link.serial.read(1) if self._ready() else b""
            except (OSError, TypeError, serial.SerialException):
                self._again()
                continue
            if not byte:
                time.sleep(0.005)
            elif byte == b"\n":
                text = line.decode(errors="replace").strip("\r\x04>")
                line = b""
                yield text
                if until(text):
                    return
            else:
                line += byte

    def _ready(self):
        return self._link.serial.in_waiting

    def _again(self):
        """Open the port anew, as soon as the board is there again."""
        with contextlib.suppress(OSError):
            self._link.serial.close()
        time.sleep(0.3)
        with contextlib.suppress(OSError, serial.SerialException):
            self._link.serial.open()
