# SPDX-License-Identifier: MIT
"""The test board on a pseudo-terminal, with a cable that can be pulled at any byte.

    with Desk(flash, machine="Raspberry Pi Pico W with RP2040") as desk:
        SerialTransport(desk.port)      # or: mpremote connect PORT exec "print(1)"

Power and data come through the same cable: when it is pulled the board dies at once, as it is.
"""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import threading
import tty
from pathlib import Path

from tools.runtimes import micropython

REPL = Path(__file__).with_name("repl.py")
RESTARTS = (42, 43)
SOFT = 43
READY = b"\x06"
BLOCK = 4096
RP2040_MPY = 0x1306  # .mpy version 6.3, armv6m


def new_flash(path, kilobytes=848):
    """Make an empty flash image of the size a Pico W has."""
    Path(path).write_bytes(b"\xff" * (kilobytes * 1024 // BLOCK * BLOCK))
    return Path(path)


class Desk:
    """One board; `pull_after` bytes towards the board the cable is pulled (None: never).

    `cuts`: block writes that reach the flash before the power fails in the middle of one.
    """

    def __init__(self, flash, pull_after=None, cuts=-1, **options):
        self.options = {
            "flash": str(flash),
            "machine": "Raspberry Pi Pico W with RP2040",
            "mpy": RP2040_MPY,
            "cuts": cuts,
            **options,
        }
        self.pull_after = pull_after
        self.sent = 0  # bytes towards the board
        self.waits = []  # values of `sent` at which the board answered: ends of commands
        self.console = b""
        self.pulled = False
        self.boots = 0
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        self._child = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._start(soft=False)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.pull()
        self._thread.join(5)
        for end in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)

    def pull(self):
        """Pull the cable now."""
        self.pulled = True
        self._child.kill()

    def _start(self, soft):
        self.boots += 1
        self._ready = False  # what is sent before that waits, as in the buffer of a serial port
        self._child = subprocess.Popen(
            [micropython(), str(REPL)],
            env={**os.environ, "GRIDPILOT_DESK": json.dumps({**self.options, "soft": soft})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )

    def _run(self):
        while not self.pulled:
            sources = [self._child.stdout, self._master][: 1 + self._ready]
            readable, _, _ = select.select(sources, [], [], 0.2)
            if self._child.stdout in readable:
                self._from_board()
            elif self._master in readable:
                self._to_board()
        self._child.kill()
        self._child.wait()
        self._child.stdout.close()
        self._child.stdin.close()
        # Closing our end makes the port fail for whoever still has it open.
        os.close(self._master)

    def _from_board(self):
        data = os.read(self._child.stdout.fileno(), 4096)
        if data:
            if not self._ready:
                self._ready = READY in data
                data = data.replace(READY, b"", 1)
            if not self.waits or self.waits[-1] != self.sent:
                self.waits.append(self.sent)
            self.console += data
            os.write(self._master, data)
            return
        status = self._child.wait()
        interrupted = status in (-signal.SIGINT, 130)  # Ctrl-C met a board that was going down
        if (status in RESTARTS or interrupted) and not self.pulled:
            self._child.stdin.close()
            self._start(status == SOFT)
        else:
            self.pulled = True

    def _to_board(self):
        data = os.read(self._master, 4096)
        if self.pull_after is not None:
            data = data[: self.pull_after - self.sent]
        if b"\x03" in data:
            self._child.send_signal(signal.SIGINT)
            data = data.replace(b"\x03", b"")
            # The rest follows when the board has seen it, or it would be lost with it.
            select.select([self._child.stdout], [], [], 1)
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(data)
        self.sent += len(data)
        if self.pull_after is not None and self.sent >= self.pull_after:
            self.pulled = True


def boot(flash, seconds=10, until=b">>> ", **options):
    """Power up, wait for the prompt (or other text), pull; return what was printed."""
    with Desk(flash, **options) as desk:
        pause = threading.Event()
        for _ in range(int(seconds * 200)):
            if until in desk.console or desk.pulled:
                break
            pause.wait(0.005)
        return desk.console.decode(errors="replace")
